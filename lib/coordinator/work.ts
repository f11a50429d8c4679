/**
 * A batch of task messages: each on its own, side by side, suspects last and alone.
 *
 * A message is acknowledged when everything it stands for is recorded and handed on; anything else brings it back (S13).
 * Nothing one record does changes what becomes of another (S12).
 */
import { InvalidRequestError } from "../errors.ts";
import { nodesOf, type TaskMessage, taskMessageSchema, tokenOf } from "../model/message.ts";
import { parseMessage } from "../plan/parse-message.ts";
import type { PlanFragment, PlanNode } from "../plan/types.ts";
import type { ReceivedMessage } from "../ports/index.ts";
import { type PlanCache, UnknownUnitError } from "../records/plans.ts";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import { handleCarried } from "./attempt.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { CoordinatorDeps, Disposition } from "./deps.ts";
import { endRests } from "./end-rest.ts";
import { handleOwn } from "./own.ts";
import { recordRejected } from "./rejected.ts";
import { type HeadCache, openRun, StaleGeneration } from "./run.ts";
import { createTurns, type Turns } from "./turns.ts";

/** SQS refuses to hide a message until later than 12 h after its receive, and a function may have had it for 15 minutes. */
const maxReturnSeconds = 43_200 - 900;
/** Receives after which the pause between two deliveries grows no further (2⁹ s). */
const backoffReceives = 9;

export interface Batch {
  readonly messages: readonly ReceivedMessage[];
  /** Name of the task queue they came from. */
  readonly queue: string;
  /** When this process must be done with them. */
  readonly deadlineAtMs: number;
}

/** Handles a batch; the dispositions are in its order. Never throws. */
export async function work(deps: CoordinatorDeps, plans: PlanCache, batch: Batch): Promise<Disposition[]> {
  const startedAtMs = deps.clock.now();
  const heads: HeadCache = new Map();
  const arrivals = createArrivals();
  const turns = createTurns(deps.settings.tasksPerInvocation);
  const dispositions: Disposition[] = new Array(batch.messages.length);
  const suspects: number[] = [];
  const handle = async (at: number, suspect: boolean) => {
    const message = batch.messages[at] as ReceivedMessage;
    const sharing = { plans, heads, turns, suspects: suspect ? "run" : "defer" } as const;
    const disposition = await workOne(deps, { ...batch, startedAtMs, arrivals }, message, sharing);
    if (disposition === "suspect") suspects.push(at);
    else dispositions[at] = disposition;
  };
  await Promise.all(batch.messages.map((_, at) => handle(at, false)));
  for (const at of suspects.sort((a, b) => a - b)) await handle(at, true);
  return dispositions;
}

/** Where a delivery comes from, and the time there is for it. */
type Started = Pick<Batch, "queue" | "deadlineAtMs"> & { readonly startedAtMs: number; readonly arrivals?: Arrivals };
/** The same of one that runs no task and carries none. */
type Unstarted = { readonly [Key in keyof Started]?: never };

/** What the records of a batch share. */
interface Sharing {
  readonly plans: PlanCache;
  readonly heads: HeadCache;
  readonly turns: Turns;
  readonly suspects: Delivery["suspects"];
}

async function workOne(
  deps: CoordinatorDeps,
  batch: Started,
  message: ReceivedMessage,
  { plans, heads, turns, suspects }: Sharing,
): Promise<Disposition | "suspect"> {
  try {
    const task = parseTaskMessage(message.body);
    const delivery = deliveryOf(deps, plans, heads, batch, task);
    delivery.suspects = suspects;
    const nodes = await namedNodes(delivery, task);
    delivery.fairnessKey = nodes[0]?.fairnessKey;
    const copyOf = task.type === "task" ? task.copyOf : undefined;
    await handleOwn(delivery, { nodes, dispatch: task.dispatch, copyOf, turns });
    if (delivery.deferred) return "suspect";
    await endRests(delivery);
    while (delivery.carry !== undefined) {
      const carried = delivery.carry;
      delivery.carry = undefined;
      await inTurn(turns, () => handleCarried(delivery, carried));
    }
    return delivery.returnAtMs === undefined ? { kind: "acknowledge" } : returnAt(deps, message, delivery.returnAtMs);
  } catch (error) {
    return afterError(deps, message, error);
  }
}

async function inTurn(turns: Turns, job: () => Promise<void>): Promise<void> {
  await turns.take(1);
  try {
    await job();
  } finally {
    turns.free(1);
  }
}

/** A task message, parsed at the border. @throws InvalidRequestError when it is none. */
export const parseTaskMessage = (body: string): TaskMessage => parseMessage(taskMessageSchema, body);

/** The nodes a message names. @throws InvalidRequestError for one that its run does not have: it never will. */
export async function namedNodes({ run }: Delivery, task: TaskMessage): Promise<PlanNode[]> {
  try {
    return await Promise.all(nodesOf(task).map((node) => run.plan.node(node)));
  } catch (error) {
    if (!(error instanceof UnknownUnitError)) throw error;
    throw new InvalidRequestError("message", undefined, `must name tasks of its run: ${error.message}`);
  }
}

/** A delivery of a task message. */
export function deliveryOf(
  deps: CoordinatorDeps,
  plans: PlanCache,
  heads: HeadCache,
  started: Started | Unstarted,
  task: TaskMessage,
): Delivery {
  const fragment = task.fragment as PlanFragment | undefined;
  const opened = { id: task.run, generation: task.generation, plan: task.plan, ...(fragment ? { fragment } : {}) };
  return createDelivery(deps, openRun(deps, plans, heads, opened), { token: tokenOf(task), ofUnit: true, ...started });
}

/** What an error makes of a message: poison is recorded and acknowledged, staleness acknowledged, everything else returned. */
export async function afterError(
  deps: CoordinatorDeps,
  message: ReceivedMessage,
  error: unknown,
): Promise<Disposition> {
  if (error instanceof StaleGeneration) return { kind: "acknowledge" };
  if (error instanceof InvalidRequestError) {
    try {
      await recordRejected(deps, { requestId: `message-${message.messageId}`, error, kind: "message" });
      return { kind: "acknowledge" };
    } catch (failure) {
      deps.log.write("error", "a bad message could not be recorded", {
        messageId: message.messageId,
        error: String(failure),
      });
      return returnAt(deps, message, 0);
    }
  }
  deps.log.write("warn", "delivery returned", {
    messageId: message.messageId,
    receives: message.receiveCount,
    error: String(error),
  });
  return returnAt(deps, message, 0);
}

/** Back to the queue: until the time asked for, or 2^receives seconds, whichever is later. */
export function returnAt(deps: CoordinatorDeps, message: ReceivedMessage, untilMs: number): Disposition {
  const askedSeconds = Math.ceil((untilMs - deps.clock.now()) / 1000);
  const backoffSeconds = 2 ** Math.min(message.receiveCount, backoffReceives);
  return { kind: "return", delaySeconds: Math.min(maxReturnSeconds, Math.max(askedSeconds, backoffSeconds)) };
}
