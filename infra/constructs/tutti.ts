/**
 * Tutti as one construct: table, queues, functions and schedules for the tasks of a module.
 */
import { type Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type Metric, type MetricOptions, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { TableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ConfigurationError } from "../../lib/index.ts";
import { type AlarmSettings, TuttiAlarms } from "./alarms.ts";
import { type CheckSettings, Checks } from "./checks.ts";
import { createDashboard } from "./dashboard.ts";
import { EndedEvents } from "./ended-events.ts";
import { controlTimeout, deadLetterTimeout, TuttiFunctions, type TuttiLogLevel } from "./functions.ts";
import { layOut, type QueueSettings } from "./layout.ts";
import { metricNames, metricOf } from "./metrics.ts";
import { writeOutput } from "./output.ts";
import { TuttiQueues } from "./queues.ts";
import { TuttiSchedules } from "./schedules.ts";
import { TuttiTable } from "./table.ts";
import { readTasks } from "./tasks.ts";

export interface TuttiProps {
  /**
   * Path of the tasks module, from the working directory. It is loaded at synthesis, for the names of its tasks and
   * queues, and bundled into the functions.
   */
  readonly tasks: string;
  /**
   * Settings by queue name. A queue that no task is on is an error.
   *
   * @default the defaults of {@link QueueSettings} for every queue
   */
  readonly queues?: Readonly<Record<string, QueueSettings>>;
  /**
   * What becomes of the table and the logs when the stack goes. RETAIN also protects the table from deletion.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * A table made elsewhere, in a stack that outlives this one: all that must survive is in it.
   *
   * @default one of this construct's own
   */
  readonly table?: TuttiTable;
  /**
   * Alarms. False for none.
   *
   * @default the defaults of {@link AlarmSettings}
   */
  readonly alarms?: AlarmSettings | false;
  /**
   * Whether there is a dashboard: $3 a month, unless it is one of the first three of the account.
   *
   * @default false
   */
  readonly dashboard?: boolean;
  /**
   * What the functions log.
   *
   * @default "info"
   */
  readonly logLevel?: TuttiLogLevel;
  /**
   * How long logs are kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether the schedules of the tasks module fire. False in a stage that is not to run them.
   *
   * @default true
   */
  readonly schedulesEnabled?: boolean;
  /**
   * Where the end of each run is told, at least once: `source` "tutti", `detail-type` "Run Ended" (docs/events.md). The table
   * gets a stream; one made elsewhere must have it (`stream: true`).
   *
   * @default nowhere
   */
  readonly endedEvents?: IEventBus;
  /**
   * A check every 15 minutes that tells a topic what is stuck, why, and which commands mend it; and when nothing is any more.
   *
   * @default none
   */
  readonly checks?: CheckSettings;
}

/**
 * The stack's one part that users make.
 *
 * @throws InvalidTasksError when the tasks module cannot be loaded or exports no task.
 * @throws ConfigurationError when a queue setting or a task's time limit cannot be.
 */
export class Tutti extends Construct {
  private readonly parts: {
    readonly table: TuttiTable;
    readonly queues: TuttiQueues;
    readonly functions: TuttiFunctions;
  };

  /** The alarms; undefined when there are to be none. */
  readonly alarms: TuttiAlarms | undefined;

  private readonly schedules: TuttiSchedules | undefined;

  constructor(scope: Construct, id: string, props: TuttiProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const { file: tasksFile, tasks, schedules } = readTasks(props.tasks);
    const layout = layOut(tasks, props.queues ?? {});
    const table =
      props.table ?? new TuttiTable(this, "Table", { removalPolicy, stream: props.endedEvents !== undefined });
    const taskTimeouts: Record<string, Duration> = Object.fromEntries(
      layout.map(({ name, timeout }) => [name, timeout]),
    );
    const queues = new TuttiQueues(this, "Queues", {
      consumerTimeouts: { requests: controlTimeout, tasks: taskTimeouts, deadLetters: deadLetterTimeout },
    });
    const functions = new TuttiFunctions(this, "Functions", {
      table,
      queues,
      tasksFile,
      layout,
      logLevel: props.logLevel ?? "info",
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
      logRemovalPolicy: removalPolicy,
    });
    this.parts = { table, queues, functions };
    writeOutput(this, { table, queues });
    if (props.endedEvents !== undefined)
      new EndedEvents(this, "EndedEvents", { table, functions, bus: props.endedEvents });
    const { runbookUrl } = props.alarms || {};
    if (props.checks !== undefined)
      new Checks(this, "Checks", {
        ...this.parts,
        ...props.checks,
        ...(runbookUrl === undefined ? {} : { runbookUrl }),
      });
    if (schedules.length > 0) {
      const enabled = props.schedulesEnabled ?? true;
      const requestQueue = queues.requests.queue;
      this.schedules = new TuttiSchedules(this, "Schedules", { schedules, requestQueue, enabled });
    }
    const scheduleDeadLetters = this.schedules?.deadLetters;
    this.alarms =
      props.alarms === false
        ? undefined
        : new TuttiAlarms(this, "Alarms", { ...props.alarms, ...this.parts, scheduleDeadLetters });
    if (props.dashboard) createDashboard(this, { ...this.parts, alarms: this.alarms });
  }

  /** Where runs are kept. `TUTTI_TABLE` of a client. */
  get table(): TableV2 {
    return this.parts.table.table;
  }

  /** Where requests go. `TUTTI_REQUEST_QUEUE_URL` of a client. */
  get requestQueue(): IQueue {
    return this.parts.queues.requests.queue;
  }

  /** Names of the task queues. */
  get queueNames(): readonly string[] {
    return [...this.parts.queues.tasks.keys()];
  }

  /**
   * A task queue, for the program in another language that reads it.
   *
   * @throws ConfigurationError when no task is on it.
   */
  taskQueue(name: string): IQueue {
    return found(this.parts.queues.tasks.get(name)?.queue, `no task is on queue ${name}`);
  }

  /**
   * Fires of schedules that the request queue did not take, for an alarm on its length.
   *
   * @throws ConfigurationError when the tasks module has no schedule.
   */
  get scheduleDeadLetters(): IQueue {
    return found(this.schedules?.deadLetters, "the tasks module has no schedule: export what defineSchedule returns");
  }

  /**
   * The function that runs the tasks of a queue: to let them use what they need, `bucket.grantRead(tutti.worker("images"))`.
   *
   * @throws ConfigurationError when there is none: no task is on the queue, or other programs run those that are.
   */
  worker(queue: string): IFunction {
    return found(this.parts.functions.workers.get(queue), `no function reads a queue ${queue}`);
  }

  /** Lets somebody send requests. To follow a run takes {@link grantRead} too. */
  grantSubmit(grantee: IGrantable): Grant {
    const { table, queues } = this.parts;
    return queues.grantSubmit(grantee).combine(table.grantStoreDocuments(grantee));
  }

  /** Lets somebody read runs, their arguments and results, and the lengths of the queues. */
  grantRead(grantee: IGrantable): Grant {
    const { table, queues } = this.parts;
    const stack = Stack.of(this);
    const resourceName = `${stack.stackName}/*`;
    const look = Grant.addToPrincipal({
      grantee,
      // For `tutti … --stack NAME`, which knows the name alone: a right to the stack's id, which ends in one more part, may not
      // match what is asked for. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
      actions: ["cloudformation:DescribeStacks"],
      resourceArns: [stack.formatArn({ service: "cloudformation", resource: "stack", resourceName })],
    });
    return table.grantRead(grantee).combine(queues.grantRead(grantee)).combine(look);
  }

  /**
   * Lets somebody operate: everything that changes a run, sweeps by hand, clean-up, and dead letters. Read and submit are in
   * it. Who may submit alone can revoke and retry too: these are requests.
   */
  grantOperate(grantee: IGrantable): Grant {
    const { table, queues } = this.parts;
    return this.grantSubmit(grantee)
      .combine(this.grantRead(grantee))
      .combine(table.grantSweep(grantee))
      .combine(queues.grantSend(grantee))
      .combine(queues.grantRedrive(grantee));
  }

  /** Runs that were due and stayed so from one sweep to the next: their chords stand still. Above 0 for minutes is trouble. */
  metricStuckChords(options?: MetricOptions): Metric {
    return this.metric("sweepLeft", { statistic: Stats.MAXIMUM, ...options });
  }

  /** What the sweeper has mended: lost messages and workers that vanished. */
  metricRepairs(options?: MetricOptions): Metric {
    return this.metric("sweepRepaired", options);
  }

  /** Messages that a queue gave up. */
  metricDeadLetters(options?: MetricOptions): Metric {
    return this.metric("deadLetters", options);
  }

  metricRunsSubmitted(options?: MetricOptions): Metric {
    return this.metric("runsSubmitted", options);
  }

  metricRunsSucceeded(options?: MetricOptions): Metric {
    return this.metric("runsSucceeded", options);
  }

  metricRunsFailed(options?: MetricOptions): Metric {
    return this.metric("runsFailed", options);
  }

  /** Any metric that the functions write, added up a minute unless said otherwise. */
  metric(name: keyof typeof metricNames, options?: MetricOptions): Metric {
    return metricOf(this.parts.table, metricNames[name], options);
  }
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new ConfigurationError(otherwise);
  return value;
}
