/**
 * Steps of a run, told in the log as soon as they are recorded: a closed list, one line each, always with `event`.
 *
 * A line follows the write or the send that it tells of, so that it is never too early. After a crash one may be missing or
 * come twice: the record is what is stored (S23).
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { OutcomeStatus } from "../model/outcome.ts";
import { traceOf } from "../model/traceparent.ts";
import type { PlanNode } from "../plan/types.ts";
import type { LogLevel, SpanAbout } from "../ports/index.ts";
import { isBad, type LeasedSlot, type SettledSlot } from "../protocol/slot.ts";
import type { CoordinatorDeps } from "./deps.ts";

/** What is told of each step, at which level. A task that ends badly is a warning. */
export const eventLines = {
  armed: ["debug", "join armed"],
  dispatched: ["debug", "task dispatched"],
  claimed: ["debug", "task claimed"],
  settled: ["debug", "task settled"],
  late: ["warn", "late outcome kept"],
  joined: ["debug", "join complete"],
  decided: ["info", "join decided"],
  sent: ["debug", "callback sent"],
  retried: ["warn", "attempt failed, task retried"],
  swept: ["info", "swept"],
  rejected: ["warn", "request rejected"],
  ended: ["info", "run ended"],
} as const satisfies Readonly<Record<string, readonly [LogLevel, string]>>;

export type EventKind = keyof typeof eventLines;

/** A step. Its cause is the call that recorded it, or what the sweeper found. */
export interface Step {
  readonly event: EventKind;
  readonly node?: NodeId;
  readonly join?: JoinId;
  /** Position of a member whose outcome is that of a part, not of one task. */
  readonly index?: number;
  readonly attempt?: number;
  readonly dispatch?: number;
  readonly queue?: string;
  /** When it may start. */
  readonly startsAtMs?: number;
  readonly size?: number;
  readonly decision?: string;
  readonly status?: OutcomeStatus | string;
  /** Its name: what it says is with the outcome, and may be nobody's business here. */
  readonly error?: string;
  readonly requestId?: string;
  /** Where a request breaks a rule, and which. */
  readonly path?: string;
  readonly rule?: string;
}

/** Whose step it is. */
export interface Scene {
  readonly id?: string;
  readonly generation?: number;
}

export function tell(
  { log, tracing }: Pick<CoordinatorDeps, "log" | "tracing">,
  { id: run, generation }: Scene,
  cause: string,
  steps: readonly Step[],
): void {
  const scene = { ...(run === undefined ? {} : { run }), ...(generation === undefined ? {} : { generation }) };
  for (const { event, ...step } of steps) {
    const [level, message] = eventLines[event];
    const isFailure = event === "settled" && (step.status === "FAILED" || step.status === "TIMED_OUT");
    log.write(isFailure ? "warn" : level, message, { event, ...scene, ...step, cause });
    if (event === "decided" && run !== undefined) tracing?.mark(joinDecided(run, step), traceOf(run, undefined));
  }
}

function joinDecided(run: string, { join = "", decision = "" }: Omit<Step, "event">): SpanAbout {
  const attributes = { run_id: run, join, decision };
  return { name: `join ${join}`, attributes };
}

export function taskClaimed(node: PlanNode, { attempt, dispatch }: LeasedSlot): Step {
  return { event: "claimed", node: node.id, attempt, dispatch };
}

export function taskSettled(node: PlanNode, slot: SettledSlot): Step {
  return { event: "settled", node: node.id, ...outcomeIn(slot) };
}

export function memberSettled(join: JoinId, index: number, slot: SettledSlot): Step {
  return { event: "settled", join, index, ...outcomeIn(slot) };
}

function outcomeIn(slot: SettledSlot): Pick<Step, "attempt" | "status" | "error"> {
  const { attempt, status, error } = slot;
  return { attempt, status, ...(isBad(slot) && error !== undefined ? { error: error.name } : {}) };
}

/** A message of a node was accepted by its queue; where a join's decision started the node, that is told too. */
export function dispatched(
  { id, input }: PlanNode,
  sent: Pick<Step, "dispatch" | "queue" | "startsAtMs">,
): readonly Step[] {
  const step: Step = { event: "dispatched", node: id, ...sent };
  return sent.dispatch === 1 ? [step, ...callbackSent({ id, input })] : [step];
}

/** Empty for a node that follows no join. */
export function callbackSent({ id, input }: Pick<PlanNode, "id" | "input">): readonly Step[] {
  if (input?.kind !== "join" && input?.kind !== "failures") return [];
  return [{ event: "sent", node: id, join: input.join }];
}
