/**
 * One delivery of one message: who it is, and what it has come to so far.
 */
import { sha256 } from "../model/hash.ts";
import type { JoinId, NodeId } from "../model/ids.ts";
import { type Token, tokenText } from "../model/message.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Item } from "../ports/index.ts";
import type { Asker } from "../protocol/rows.ts";
import { type Arrivals, createArrivals } from "./arrivals.ts";
import type { CoordinatorDeps } from "./deps.ts";
import type { RunHandle } from "./run.ts";

/** How a delivery came to where it drives from. */
export interface Wins {
  /** Its own commit settled the slot. */
  readonly commit: boolean;
  /** Its own arrivals filled everything above. Only who wrote everything below may carry (docs/protocol.md#the-one-idea). */
  readonly arrivals: boolean;
  /** Nothing else follows: what is carried runs after everything else is handed on, so only a single successor is. */
  readonly alone: boolean;
}

/** Its own writes all the way. */
export const wonAll: Wins = { commit: true, arrivals: true, alone: true };
/** Somebody else's, or nobody knows. */
export const lostWins: Wins = { commit: false, arrivals: false, alone: true };
/** A recorded outcome that it has not committed itself: it may win arrivals, but it looks before it sends. */
export const asRepair: Wins = { commit: false, arrivals: true, alone: true };

/** Whether it may send at once; whoever may not looks first. */
export function sendsAtOnce({ commit, arrivals }: Wins): boolean {
  return commit && arrivals;
}

export interface Delivery {
  readonly deps: CoordinatorDeps;
  readonly run: RunHandle;
  /** Drawn for this delivery, before any write (S15). */
  readonly owner: string;
  /** Short name of the token in hand, the same for every copy of the message. */
  readonly carrier: string;
  /** Queue the message came from; undefined for control and sweeper, which never carry. */
  readonly queue?: string;
  /** The message is of a unit, or of a range: what it stands for was released. */
  readonly ofUnit: boolean;
  /** Whose work the message is; it carries nobody else's. */
  fairnessKey: string | undefined;
  /** Shared with the other messages of its batch. */
  readonly arrivals: Arrivals;
  /** When the process that handles it took its batch. */
  readonly startedAtMs: number;
  /** When that process must be done. */
  readonly deadlineAtMs: number;
  /** Suspects wait until the rest of the batch is committed. */
  suspects: "defer" | "run";
  deferred: boolean;
  /** Units that it has driven on from. */
  readonly driven: Set<NodeId | JoinId>;
  /** The ready successor to run next under the token in hand. */
  carry: PlanNode | undefined;
  /** Joins it has decided, and whose other members are still to be ended. */
  readonly decidedEarly: Set<JoinId>;
  /** The item of its latest commit, as that left it: what is carried finds its input there, without a read. */
  committed: Item | undefined;
  /** Set when the message must come back: the latest of the times asked for. */
  returnAtMs: number | undefined;
}

export function createDelivery(
  deps: CoordinatorDeps,
  run: RunHandle,
  from: {
    readonly token: Token;
    readonly queue?: string;
    /** @default false */
    readonly ofUnit?: boolean;
    /** @default its own */
    readonly arrivals?: Arrivals;
    readonly startedAtMs?: number;
    readonly deadlineAtMs?: number;
  },
): Delivery {
  return {
    deps,
    run,
    owner: deps.ids.next(),
    carrier: carrierOf(from.token),
    ...(from.queue === undefined ? {} : { queue: from.queue }),
    ofUnit: from.ofUnit ?? false,
    fairnessKey: undefined,
    arrivals: from.arrivals ?? createArrivals(),
    startedAtMs: from.startedAtMs ?? 0,
    deadlineAtMs: from.deadlineAtMs ?? 0,
    suspects: "run",
    deferred: false,
    driven: new Set(),
    carry: undefined,
    decidedEarly: new Set(),
    committed: undefined,
    returnAtMs: undefined,
  };
}

/** Twelve hexadecimal digits: two tokens of one run share them with a chance of about 10⁻¹⁴. */
export function carrierOf(token: Token): string {
  return sha256(tokenText(token)).slice(0, 12);
}

/**
 * Whether what is left of the process is enough for a task.
 *
 * A limit that no process here can give, as that of a callback in a Lambda function, would never be: then its soft limit
 * has to fit.
 */
export function timeRemains({ deps, startedAtMs, deadlineAtMs }: Delivery, node: PlanNode): boolean {
  const hardMs = node.timeoutSeconds * 1000;
  const softMs = (node.softTimeoutSeconds ?? node.timeoutSeconds) * 1000;
  const neededMs = startedAtMs + hardMs <= deadlineAtMs ? hardMs : softMs;
  return deps.clock.now() + neededMs <= deadlineAtMs;
}

export function returnUntil(delivery: Delivery, untilMs: number): void {
  delivery.returnAtMs = Math.max(delivery.returnAtMs ?? 0, untilMs);
}

/** This delivery as the tables of the protocol see it. */
export function askerOf(delivery: Delivery): Asker {
  return {
    owner: delivery.owner,
    carrier: delivery.carrier,
    nowMs: delivery.deps.clock.now(),
    skewMs: delivery.deps.settings.clockSkewSeconds * 1000,
  };
}
