/**
 * The functions: control, a worker for each task queue, dead letters, and the sweeper with its schedule. Each has a role
 * of its own that can do what its handler does, and nothing else.
 */
import { Duration, type RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  type EventSourceMappingOptions,
  type FunctionOptions,
  type ILayerVersion,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ConfigurationError } from "../../lib/index.ts";
import { acknowledge } from "./acknowledge.ts";
import { codeOf } from "./bundle.ts";
import { scheduleOf } from "./function-schedule.ts";
import type { QueueLayout } from "./layout.ts";
import { grantConsume, type QueuePair, type TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

/** What is logged. */
export type TuttiLogLevel = "debug" | "info" | "warn" | "error";

export interface TuttiFunctionsProps {
  readonly table: TuttiTable;
  readonly queues: TuttiQueues;
  /** Absolute path of the tasks module. */
  readonly tasksFile: string;
  /** The task queues of `queues`. */
  readonly layout: readonly QueueLayout[];
  readonly logLevel: TuttiLogLevel;
  readonly logRetention: RetentionDays;
  /** What becomes of the log groups when their stack goes. */
  readonly logRemovalPolicy: RemovalPolicy;
}

/** A request is compiled, stored and its first tasks sent: a document of 256 KiB holds some 20,000 tasks, 10 a call of 10 ms. */
export const controlTimeout = Duration.minutes(1);
/** A letter is a few reads and writes, as a delivery that runs no code. */
export const deadLetterTimeout = Duration.minutes(1);
/** Room for many due runs. Sweeps that overlap do no harm, and what one leaves the next one finds (S16). */
const sweepTimeout = Duration.minutes(5);
/** Period of the sweeper: `TUTTI_SWEEP_SECONDS` is as much by default. */
const sweepRate = "rate(1 minute)";
/** A minute later comes another: an invocation that could not be delivered until then is not worth one. */
const sweepMaxAge = Duration.minutes(1);
/** Messages a function is handed at once: SQS's most in one receive, so that Lambda need not wait for more. */
const maxBatchSize = 10;
/** Node with the SDK clients takes about 100 MB; a plan of 20,000 tasks some more. */
const memoryMb = 512;
/** All variables of a function together: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const environmentBytes = 4096;
const lambdaLogLevels: Readonly<Record<TuttiLogLevel, ApplicationLogLevel>> = {
  debug: ApplicationLogLevel.DEBUG,
  info: ApplicationLogLevel.INFO,
  warn: ApplicationLogLevel.WARN,
  error: ApplicationLogLevel.ERROR,
};
/** What Lambda does as the role of a function in a VPC; its network interfaces have no name before: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html */
const networkActions = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];
/** A queue's URL without its name: `https://sqs.<region>.amazonaws.com[.cn]/<account>/`. */
const urlBytes = "https://sqs.ap-southeast-1.amazonaws.com.cn/123456789012/".length;
/** CloudFormation's names of queues. */
const queueNameBytes = 80;

/** What tells one function from another. */
export interface FunctionSpec {
  readonly id: string;
  readonly description: string;
  readonly code: Code;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** True behind a queue: a workflow is a loop of functions and queues, and Lambda would stop one after 16 rounds. */
  readonly inLoop: boolean;
  readonly layers?: readonly ILayerVersion[];
  readonly network?: NonNullable<QueueLayout["network"]>;
}

export class TuttiFunctions extends Construct {
  readonly control: LambdaFunction;
  readonly sweep: LambdaFunction;
  readonly deadLetter: LambdaFunction;
  /** Where starts of the sweeper end that could not be delivered. */
  readonly scheduleDeadLetters: Queue;
  /** All there are, with those that a part of the construct adds. */
  readonly created: (readonly [id: string, created: LambdaFunction])[] = [];
  /** By queue name. */
  readonly workers: ReadonlyMap<string, LambdaFunction>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: TuttiFunctionsProps,
  ) {
    super(scope, id);
    checkEnvironment(props.layout);
    this.control = this.createControl();
    this.workers = this.createWorkers();
    this.deadLetter = this.createDeadLetter();
    this.sweep = this.createSweep();
    this.scheduleDeadLetters = this.schedule();
  }

  private createControl(): LambdaFunction {
    const { table, queues, tasksFile } = this.props;
    const control = this.create({
      id: "Control",
      description: "Tutti: takes requests",
      code: codeOf("Control", tasksFile),
      timeout: controlTimeout,
      memoryMb,
      environment: { TUTTI_QUEUES: this.queueTraits() },
      inLoop: true,
    });
    feed(control, "Requests", queues.requests.queue);
    table.grantControl(control);
    queues.grantSend(control);
    return control;
  }

  private createWorkers(): ReadonlyMap<string, LambdaFunction> {
    const code = codeOf("Worker", this.props.tasksFile);
    const read = this.props.layout.filter(({ hasWorker }) => hasWorker);
    return new Map(read.map((layout) => [layout.name, this.createWorker(layout, code)]));
  }

  private createWorker(layout: QueueLayout, code: Code) {
    const { table, queues } = this.props;
    const { name, timeout, maxConcurrency, pollers, tasksPerInvocation } = layout;
    const worker = this.create({
      id: `Worker-${name}`,
      description: `Tutti: runs the tasks of queue ${name}`,
      code,
      timeout,
      memoryMb: layout.memoryMb,
      environment: {
        ...layout.environment,
        TUTTI_QUEUE: name,
        TUTTI_TASKS_PER_INVOCATION: String(tasksPerInvocation),
      },
      inLoop: true,
      layers: layout.layers,
      ...(layout.network === undefined ? {} : { network: layout.network }),
    });
    for (const policy of layout.policies) worker.addToRolePolicy(policy);
    const { queue } = queues.tasks.get(name) as QueuePair;
    const batchSize = Math.min(maxBatchSize, tasksPerInvocation);
    feed(worker, "Tasks", queue, {
      batchSize,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(pollers && {
        provisionedPollerConfig: { minimumPollers: pollers.minimum, maximumPollers: pollers.maximum },
      }),
    });
    table.grantDrive(worker);
    queues.grantSend(worker);
    return worker;
  }

  private createDeadLetter(): LambdaFunction {
    const { table, queues } = this.props;
    const deadLetter = this.create({
      id: "DeadLetter",
      description: "Tutti: mends or settles what a queue gave up",
      code: codeOf("DeadLetter"),
      timeout: deadLetterTimeout,
      memoryMb,
      environment: { TUTTI_DEAD_LETTER_QUEUE_URLS: this.jsonOf(queues.deadLetterUrls) },
      inLoop: true,
    });
    for (const { deadLetters } of queues.pairs) feed(deadLetter, deadLetters.node.id, deadLetters);
    table.grantDrive(deadLetter);
    queues.grantSend(deadLetter);
    return deadLetter;
  }

  private createSweep(): LambdaFunction {
    const { table, queues } = this.props;
    const sweep = this.create({
      id: "Sweep",
      description: "Tutti: mends stuck runs, ends overdue ones, removes old ones",
      code: codeOf("Sweep"),
      timeout: sweepTimeout,
      memoryMb,
      inLoop: false,
    });
    // One that failed is not repeated either: it says so in its metric, and the next one begins where it did.
    sweep.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: sweepMaxAge });
    acknowledge(sweep, "Serverless::Serverless-LambdaAsyncFailureDestination");
    table.grantSweep(sweep);
    queues.grantSend(sweep);
    return sweep;
  }

  private schedule(): Queue {
    // Its heartbeat is what the alarm is on.
    return scheduleOf(this, {
      description: "Tutti: starts the sweeper",
      expression: sweepRate,
      target: this.sweep,
      maxAge: sweepMaxAge,
    });
  }

  /** A function with a role of its own that may log, and nothing else. */
  create(spec: FunctionSpec): LambdaFunction {
    const logGroup = new LogGroup(this, `${spec.id}Logs`, {
      retention: this.props.logRetention,
      removalPolicy: this.props.logRemovalPolicy,
    });
    const role = new Role(this, `${spec.id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    // In place of the managed policy, which allows every log group of the account.
    logGroup.grantWrite(role);
    if (spec.network !== undefined)
      role.addToPolicy(new PolicyStatement({ actions: networkActions, resources: ["*"] }));
    const created = new LambdaFunction(this, spec.id, {
      description: spec.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: spec.code,
      role,
      timeout: spec.timeout,
      memorySize: spec.memoryMb,
      loggingFormat: LoggingFormat.JSON,
      // Lambda drops what is below its own level, which is "info" for logs in JSON, whatever the logger is told.
      applicationLogLevelV2: lambdaLogLevels[this.props.logLevel],
      logGroup,
      environment: { ...this.commonVariables(), ...spec.environment },
      ...(spec.inLoop ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      ...(spec.layers && spec.layers.length > 0 ? { layers: [...spec.layers] } : {}),
      ...networkProps(spec.network),
    });
    acknowledge(created, "Serverless::Serverless-LambdaDLQ", "Serverless::Serverless-LambdaTracing");
    this.created.push([spec.id, created]);
    return created;
  }

  /** The text of an object that holds what is known at the deploy alone. */
  jsonOf(value: object): string {
    return Stack.of(this).toJsonString(value);
  }

  /** What every function is told: see lambdas/environment.ts. */
  private commonVariables(): Record<string, string> {
    const { table, queues, logLevel } = this.props;
    return {
      TUTTI_TABLE: table.table.tableName,
      TUTTI_REQUEST_QUEUE_URL: queues.requests.queue.queueUrl,
      TUTTI_TASK_QUEUE_URLS: this.jsonOf(queues.taskUrls),
      TUTTI_LOG_LEVEL: logLevel,
      NODE_OPTIONS: "--enable-source-maps",
    };
  }

  private queueTraits(): string {
    const { layout } = this.props;
    return JSON.stringify(
      Object.fromEntries(
        layout.map(({ name, tasksPerInvocation, tasksPerMessage }) => [name, { tasksPerInvocation, tasksPerMessage }]),
      ),
    );
  }
}

function networkProps(
  network: FunctionSpec["network"],
): Pick<FunctionOptions, "vpc" | "vpcSubnets" | "securityGroups"> {
  if (network === undefined) return {};
  const { vpc, subnets, securityGroups } = network;
  return {
    vpc,
    ...(subnets === undefined ? {} : { vpcSubnets: subnets }),
    ...(securityGroups === undefined ? {} : { securityGroups: [...securityGroups] }),
  };
}

/** Has Lambda hand the messages of a queue to a function, which says of each by itself whether it failed. */
function feed(
  reader: LambdaFunction,
  id: string,
  queue: Queue,
  options: Pick<EventSourceMappingOptions, "batchSize" | "maxConcurrency" | "provisionedPollerConfig"> = {},
): void {
  grantConsume(queue, reader);
  const mapping = reader.addEventSourceMapping(id, {
    batchSize: maxBatchSize,
    ...options,
    eventSourceArn: queue.queueArn,
    reportBatchItemFailures: true,
  });
  acknowledge(mapping, "Serverless::Serverless-LambdaEventSourceMappingDestination");
}

/**
 * Lambda refuses a function whose variables are too long, half-way through a deploy. The dead-letter function has the
 * longest: both URLs of every queue.
 *
 * @throws ConfigurationError when there are too many queues, by the longest names they can get.
 */
function checkEnvironment(layout: readonly QueueLayout[]): void {
  const entryBytes = urlBytes + queueNameBytes + '"":"",'.length;
  const names = layout.reduce((sum, { name }) => sum + 2 * name.length + "task:".length, 0);
  const rest = 2 * entryBytes + 512;
  const bytes = rest + names + 2 * entryBytes * layout.length;
  if (bytes <= environmentBytes) return;
  throw new ConfigurationError(
    `the tasks are on ${layout.length} queues, whose URLs may take ${bytes} bytes of a function's environment; Lambda allows ${environmentBytes}: put them on fewer queues`,
  );
}
