/**
 * Message move tasks: the redrive of a dead-letter queue.
 *
 * A moved message is a new one, as on AWS: new id, new time of sending, no receives. Without a rate a task is finished
 * when it is started; with one it moves its first message at once and goes on as `run` is called. Messages in flight
 * stay where they are.
 *
 * | status | enters | leaves |
 * |---|---|---|
 * | `RUNNING` | start | any of the others |
 * | `COMPLETED` | nothing visible is left, or all counted at the start are moved | never |
 * | `FAILED` | the destination is unknown or gone | never |
 * | `CANCELLED` | a cancel | never |
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
 */
import type { Broker, Queue } from "./broker.ts";
import { SqsError } from "./errors.ts";
import { sqsLimits } from "./limits.ts";

export type MoveTaskStatus = "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";

/** One task. */
export interface MoveTask {
  readonly handle: string;
  readonly sourceArn: string;
  /** `undefined`: each message back to where it came from. */
  readonly destinationArn: string | undefined;
  /** `undefined`: all at once. */
  readonly ratePerSecond: number | undefined;
  readonly startedAtMs: number;
  readonly toMove: number;
  moved: number;
  status: MoveTaskStatus;
  failureReason: string | undefined;
}

export interface MoveTasksOptions {
  readonly now: () => number;
  readonly newId: () => string;
  readonly broker: Pick<Broker, "byArn" | "sourcesOf">;
  /** Called after a message came into a queue. */
  readonly onArrival: (queue: Queue) => void;
}

export interface MoveRequest {
  readonly sourceArn: string;
  readonly destinationArn?: string | undefined;
  readonly ratePerSecond?: number | undefined;
}

export interface MoveTasks {
  start(request: MoveRequest): MoveTask;
  /** The latest first, at most ten. */
  list(sourceArn: string): readonly MoveTask[];
  cancel(handle: string): MoveTask;
  /** Moves what the rates allow by now. */
  run(): void;
  /** When `run` has something to do; `undefined` when no task runs. */
  nextEventAt(): number | undefined;
}

function notFound(parameter: string): SqsError {
  return new SqsError(
    "ResourceNotFoundException",
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
  );
}

/** How many messages a task may have moved at a time. */
function allowance(task: MoveTask, nowMs: number): number {
  if (task.ratePerSecond === undefined) {
    return task.toMove;
  }
  return Math.min(task.toMove, 1 + Math.floor(((nowMs - task.startedAtMs) / 1000) * task.ratePerSecond));
}

function fail(task: MoveTask, reason: string): void {
  task.status = "FAILED";
  task.failureReason = reason;
}

/** Moves one message. What cannot be moved goes back and fails the task. */
function moveOne(task: MoveTask, source: Queue, { broker, onArrival }: MoveTasksOptions): void {
  const message = source.core.takeVisible();
  if (message === undefined) {
    task.status = "COMPLETED";
    return;
  }
  const destinationArn = task.destinationArn ?? message.history.deadLetterSourceArn;
  const destination = destinationArn === undefined ? undefined : broker.byArn(destinationArn);
  if (destination === undefined) {
    source.core.accept(message);
    fail(
      task,
      destinationArn === undefined ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue",
    );
    return;
  }
  destination.core.send(message.content, 0);
  task.moved += 1;
  onArrival(destination);
}

function advanceTask(task: MoveTask, options: MoveTasksOptions): void {
  const source = options.broker.byArn(task.sourceArn);
  if (source === undefined) {
    fail(task, "AWS.SimpleQueueService.NonExistentQueue");
    return;
  }
  const allowed = allowance(task, options.now());
  while (task.status === "RUNNING" && task.moved < allowed) {
    moveOne(task, source, options);
  }
  if (task.status === "RUNNING" && task.moved >= task.toMove) {
    task.status = "COMPLETED";
  }
}

function checkRequest(request: MoveRequest, broker: MoveTasksOptions["broker"]): Queue {
  const source = broker.byArn(request.sourceArn);
  if (source === undefined) {
    throw notFound("SourceArn");
  }
  if (broker.sourcesOf(source.arn).length === 0) {
    throw new SqsError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.");
  }
  if (request.destinationArn !== undefined && broker.byArn(request.destinationArn) === undefined) {
    throw notFound("DestinationArn");
  }
  return source;
}

/** A handle names its source, so that an unknown task is told from an unknown queue. */
function writeHandle(taskId: string, sourceArn: string): string {
  return Buffer.from(JSON.stringify({ taskId, sourceArn })).toString("base64url");
}

function sourceOfHandle(handle: string): string {
  try {
    const { sourceArn } = JSON.parse(Buffer.from(handle, "base64url").toString()) as { sourceArn: unknown };
    return String(sourceArn);
  } catch {
    throw new SqsError("InvalidParameterValue", "Value for parameter TaskHandle is invalid.");
  }
}

/** Finds a running task by its handle. */
function findRunning(tasks: readonly MoveTask[], handle: string, broker: MoveTasksOptions["broker"]): MoveTask {
  if (broker.byArn(sourceOfHandle(handle)) === undefined) {
    throw notFound("SourceArn");
  }
  const task = tasks.find((candidate) => candidate.handle === handle);
  if (task === undefined) {
    throw new SqsError("ResourceNotFoundException", "Task does not exist.");
  }
  if (task.status !== "RUNNING") {
    throw new SqsError("UnsupportedOperation", "Only active tasks can be cancelled.");
  }
  return task;
}

/** Creates the list of tasks, empty. */
export function createMoveTasks(options: MoveTasksOptions): MoveTasks {
  let tasks: readonly MoveTask[] = [];
  const running = (): readonly MoveTask[] => tasks.filter((task) => task.status === "RUNNING");
  const ofSource = (sourceArn: string): readonly MoveTask[] => tasks.filter((task) => task.sourceArn === sourceArn);
  const run = (): void => {
    for (const task of running()) {
      advanceTask(task, options);
    }
  };
  return {
    start(request) {
      run();
      const source = checkRequest(request, options.broker);
      if (ofSource(source.arn).some((task) => task.status === "RUNNING")) {
        const message =
          "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
        throw new SqsError("InvalidParameterValue", message);
      }
      const task: MoveTask = {
        handle: writeHandle(options.newId(), source.arn),
        sourceArn: source.arn,
        destinationArn: request.destinationArn,
        ratePerSecond: request.ratePerSecond,
        startedAtMs: options.now(),
        toMove: source.core.counts().visible,
        moved: 0,
        status: "RUNNING",
        failureReason: undefined,
      };
      const kept = ofSource(source.arn).slice(0, sqsLimits.moveTasksListed - 1);
      tasks = [task, ...kept, ...tasks.filter((other) => other.sourceArn !== source.arn)];
      advanceTask(task, options);
      return task;
    },
    list(sourceArn) {
      run();
      if (options.broker.byArn(sourceArn) === undefined) {
        throw notFound("SourceArn");
      }
      return ofSource(sourceArn);
    },
    cancel(handle) {
      run();
      const task = findRunning(tasks, handle, options.broker);
      task.status = "CANCELLED";
      return task;
    },
    run,
    nextEventAt() {
      const next = running().map(
        (task) => task.startedAtMs + Math.ceil((task.moved * 1000) / (task.ratePerSecond ?? 1)),
      );
      return next.length === 0 ? undefined : Math.min(...next);
    },
  };
}
