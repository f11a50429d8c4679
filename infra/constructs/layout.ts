/**
 * From tasks and settings to task queues and their readers, checked: what is wrong is said at synthesis, not by a task
 * that is cut off in production.
 */
import { Duration } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { ILayerVersion } from "aws-cdk-lib/aws-lambda";
import { ConfigurationError } from "../../lib/index.ts";
import type { TaskFacts } from "./tasks.ts";

/** Settings of one task queue and of the function that reads it. */
export interface QueueSettings {
  /**
   * Memory of the function; its share of a processor grows with it (a whole one at 1,769 MB).
   *
   * @default 512
   */
  readonly memoryMb?: number;
  /**
   * Longest run of the function, up to 15 minutes. A task may take 30 s less.
   *
   * @default 15 minutes
   */
  readonly timeout?: Duration;
  /**
   * Most copies of the function at a time, 2–1,000. Not together with `pollers`.
   *
   * @default as many as Lambda starts: 1,250, or what the account allows
   */
  readonly maxConcurrency?: number;
  /**
   * Pollers of the queue's own, 2–200 at least and 2–2,000 at most, for a queue that must be quick after a pause. They cost
   * money while they wait. Not together with `maxConcurrency`.
   *
   * @default Lambda's shared ones, which cost nothing but their SQS requests
   */
  readonly pollers?: { readonly minimum: number; readonly maximum: number };
  /**
   * Tasks one copy runs side by side, 1–100. It is handed at most ten messages at once, and a message may carry several
   * tasks of one group: those that do not fit wait in it. With 1, each is handed over alone and none waits.
   *
   * @default 10
   */
  readonly tasksPerInvocation?: number;
  /**
   * Tasks of one group that travel in one message, 1–64, and no more than `tasksPerInvocation`. More for tasks of milliseconds:
   * they share their writes and requests.
   *
   * @default 10, or `tasksPerInvocation` where that is less
   */
  readonly tasksPerMessage?: number;
  /**
   * What the tasks of this queue may do, on top of what every worker may.
   *
   * @default nothing; `tutti.worker(name)` takes grants too: `bucket.grantRead(tutti.worker("images"))`
   */
  readonly policies?: readonly PolicyStatement[];
  /**
   * Variables of the tasks. Names that begin with TUTTI_ are the function's own.
   *
   * @default none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Layers: native modules, extensions.
   *
   * @default none
   */
  readonly layers?: readonly ILayerVersion[];
  /**
   * Network the function is in. It must reach SQS and DynamoDB from there: through endpoints or a NAT gateway.
   *
   * @default none: the function is in Lambda's own network
   */
  readonly network?: {
    readonly vpc: IVpc;
    /** @default the private ones of the VPC */
    readonly subnets?: SubnetSelection;
    /** @default one of its own */
    readonly securityGroups?: readonly ISecurityGroup[];
  };
}

/** Settings without a default that could be written down. */
type Optional = "maxConcurrency" | "tasksPerMessage" | "pollers" | "network";

/** One task queue. */
export interface QueueLayout
  extends Required<Omit<QueueSettings, Optional>>,
    Readonly<Record<"maxConcurrency" | "tasksPerMessage", number | undefined>>,
    Readonly<Record<"pollers", QueueSettings["pollers"]>>,
    Readonly<Record<"network", QueueSettings["network"]>> {
  readonly name: string;
  /** False when programs in other languages run all of its tasks: then no function reads it. */
  readonly hasWorker: boolean;
}

/** Node with the SDK clients takes about 100 MB; the rest is for ten tasks side by side. */
const defaultMemoryMb = 512;
/** The most that Lambda allows. A short task pays nothing for it: a function is billed for what it runs. */
const longestTimeoutSeconds = 900;
const defaultTasksPerInvocation = 10;
/** Kept back from the time-out: start, claim, reading arguments, recording the outcome and handing on. */
const marginSeconds = 30;

/**
 * Every task queue, in the order of the tasks.
 *
 * @throws ConfigurationError which names each setting that cannot be.
 */
export function layOut(
  tasks: readonly TaskFacts[],
  settings: Readonly<Record<string, QueueSettings>>,
): readonly QueueLayout[] {
  const names = [...new Set(tasks.map(({ queue }) => queue))];
  const queues = names.map((name) => layoutOf(name, tasks, settings[name] ?? {}));
  const problems = [
    ...Object.keys(settings).flatMap((name) => unusedQueue(name, names)),
    ...queues.flatMap(outOfRange),
    ...queues.flatMap(contradictory),
    ...tasks.flatMap((task) => tooLong(task, queues)),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems.join("; "));
  return queues;
}

function layoutOf(name: string, tasks: readonly TaskFacts[], settings: QueueSettings): QueueLayout {
  return {
    name,
    hasWorker: tasks.some((task) => task.queue === name && task.hasBody),
    memoryMb: settings.memoryMb ?? defaultMemoryMb,
    timeout: settings.timeout ?? Duration.seconds(longestTimeoutSeconds),
    maxConcurrency: settings.maxConcurrency,
    pollers: settings.pollers,
    network: settings.network,
    policies: settings.policies ?? [],
    environment: settings.environment ?? {},
    layers: settings.layers ?? [],
    tasksPerInvocation: settings.tasksPerInvocation ?? defaultTasksPerInvocation,
    tasksPerMessage: settings.tasksPerMessage,
  };
}

function unusedQueue(name: string, used: readonly string[]): string[] {
  if (used.includes(name)) return [];
  return [`queues.${name}: no task is on a queue ${name}; the tasks are on ${used.join(", ")}`];
}

function contradictory(layout: QueueLayout): string[] {
  const { name, maxConcurrency, pollers, environment, tasksPerInvocation, tasksPerMessage } = layout;
  const reserved = Object.keys(environment).filter((variable) => variable.startsWith("TUTTI_"));
  return [
    ...(maxConcurrency !== undefined && pollers !== undefined
      ? [`queues.${name}: Lambda takes maxConcurrency or pollers, not both`]
      : []),
    ...(pollers !== undefined && pollers.minimum > pollers.maximum
      ? [`queues.${name}.pollers: minimum ${pollers.minimum} is above maximum ${pollers.maximum}`]
      : []),
    ...(tasksPerMessage !== undefined && tasksPerMessage > tasksPerInvocation
      ? [`queues.${name}: tasksPerMessage ${tasksPerMessage} is above tasksPerInvocation ${tasksPerInvocation}`]
      : []),
    ...reserved.map((variable) => `queues.${name}.environment.${variable}: names that begin with TUTTI_ are reserved`),
  ];
}

function outOfRange(layout: QueueLayout): string[] {
  const { name, timeout, maxConcurrency, memoryMb, tasksPerInvocation, tasksPerMessage, pollers } = layout;
  const rules = [
    ["timeout", timeout.toSeconds(), marginSeconds + 1, longestTimeoutSeconds, " seconds"],
    ["memoryMb", memoryMb, 128, 10_240, ""],
    ["maxConcurrency", maxConcurrency ?? 2, 2, 1000, ""],
    ["tasksPerInvocation", tasksPerInvocation, 1, 100, ""],
    ["tasksPerMessage", tasksPerMessage ?? 1, 1, 64, ""],
    ["pollers.minimum", pollers?.minimum ?? 2, 2, 200, ""],
    ["pollers.maximum", pollers?.maximum ?? 2, 2, 2000, ""],
  ] as const;
  return rules.flatMap(([setting, value, min, max, unit]) =>
    Number.isInteger(value) && value >= min && value <= max
      ? []
      : [`queues.${name}.${setting} is ${value}: it must be a whole number from ${min} to ${max}${unit}`],
  );
}

function tooLong({ name, queue, hasBody, timeoutSeconds }: TaskFacts, queues: readonly QueueLayout[]): string[] {
  const functionSeconds = queues.find((layout) => layout.name === queue)?.timeout.toSeconds() ?? 0;
  if (!hasBody || timeoutSeconds <= functionSeconds - marginSeconds) return [];
  return [
    `task ${name} may take ${timeoutSeconds} s, and the function of queue ${queue} runs ${functionSeconds} s, of which ${functionSeconds - marginSeconds} s are for the task: lower the task's timeoutSeconds, or raise queues.${queue}.timeout (at most ${longestTimeoutSeconds} s)`,
  ];
}
