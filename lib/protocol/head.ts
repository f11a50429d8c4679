/**
 * The head: one item per run with its status and its next visit by the sweeper.
 *
 * END, FAILED, TIMED_OUT and REVOKED race on one condition on this one item (S9, S10). After clean-up it stays as a
 * tombstone, so that the id is refused until no queue can still hold a message of the run.
 */
import type { NodeId, RunId } from "../model/ids.ts";
import { defaults } from "../model/limits.ts";
import type { RunStatus, StoredError } from "../model/outcome.ts";
import type { Condition, Image, SetAction, Value, Write } from "../ports/store.ts";
import { decodeBudget, encodeBudget, type RunBudget } from "./budget.ts";
import { dueShard, headKey, listShard, shardOf } from "./keys.ts";
import { decodeParent, encodeParent, type ParentRef } from "./parent-ref.ts";

export interface Head {
  readonly runId: RunId;
  readonly status: RunStatus;
  readonly generation: number;
  /** Of the document as submitted: the same id with another hash is a conflict. */
  readonly documentHash: string;
  readonly planHash: string;
  readonly planPages: number;
  readonly requestId: string;
  readonly name?: string;
  readonly taskCount: number;
  readonly callback?: NodeId;
  /** True when the plan has error callbacks, or chords that end their other members: both may be owed after the end. */
  readonly errorBranches: boolean;
  /** Set when the plan has maps that expand into runs of their own. */
  readonly maps?: true;
  /** Set for a run that a map of another run has expanded into. */
  readonly parent?: ParentRef;
  /** Set for a run with a budget, and for all that its maps expand into. */
  readonly budget?: RunBudget;
  readonly submittedAtMs: number;
  readonly deadlineAtMs: number;
  readonly endedAtMs?: number;
  readonly endedBy?: string;
  readonly error?: StoredError;
  /** Set while the run is paused: nothing new starts. */
  readonly pausedAtMs?: number;
  /** Request that paused it last; it stays after the resume, so that a late copy does not pause the run again. */
  readonly pausedBy?: string;
  /** When it was last resumed or retried: what was sent before is sent again. */
  readonly restartedAtMs?: number;
  /** When the generation began; absent in the first. Deadlines count from then. */
  readonly raisedAtMs?: number;
  /** Request that raised the generation: its copies go on with it. */
  readonly raisedBy?: string;
  readonly dueMs?: number;
  /** What the last sweep saw: settled nodes, and the interval it chose. */
  readonly sweptSettled?: number;
  readonly sweptIntervalMs?: number;
  /** Set when an operator has asked to remove the run: nothing starts, no retry, and the sweeper removes it. */
  readonly removeAtMs?: number;
  /** Set on a tombstone: the run's items are gone. */
  readonly removedAtMs?: number;
}

export function isTombstone(head: Head): boolean {
  return head.removedAtMs !== undefined;
}

/** A tombstone past its time is as good as absent; DynamoDB deletes it some day (S18). */
export function tombstoneOver(head: Head, nowMs: number): boolean {
  return head.removedAtMs !== undefined && head.removedAtMs + defaults.tombstoneSeconds * 1000 <= nowMs;
}

export function decodeHead(runId: RunId, image: Image): Head {
  const error = image.error as { name: string; message: string; taskId?: string } | undefined;
  return {
    runId,
    status: image.status as RunStatus,
    generation: Number(image.generation),
    documentHash: String(image.documentHash),
    planHash: String(image.planHash),
    planPages: Number(image.planPages),
    requestId: String(image.requestId),
    taskCount: Number(image.taskCount),
    errorBranches: image.errorBranches === true,
    submittedAtMs: Number(image.submittedAt),
    deadlineAtMs: Number(image.deadlineAt),
    ...(image.maps === true ? { maps: true } : {}),
    ...(image.parent === undefined ? {} : { parent: decodeParent(image.parent) }),
    ...(image.budget === undefined ? {} : { budget: decodeBudget(image.budget) }),
    ...(image.name === undefined ? {} : { name: String(image.name) }),
    ...(image.callback === undefined ? {} : { callback: String(image.callback) }),
    ...numbers(image, {
      endedAtMs: "endedAt",
      pausedAtMs: "pausedAt",
      restartedAtMs: "restartedAt",
      raisedAtMs: "raisedAt",
      dueMs: "due",
      sweptSettled: "sweptSettled",
      sweptIntervalMs: "sweptInterval",
      removeAtMs: "removeAt",
      removedAtMs: "removedAt",
    }),
    ...(image.endedBy === undefined ? {} : { endedBy: String(image.endedBy) }),
    ...(image.raisedBy === undefined ? {} : { raisedBy: String(image.raisedBy) }),
    ...(image.pausedBy === undefined ? {} : { pausedBy: String(image.pausedBy) }),
    ...(error === undefined ? {} : { error }),
  };
}

function numbers<K extends string>(image: Image, names: Readonly<Record<K, string>>): { [key in K]?: number } {
  const found: { [key in K]?: number } = {};
  for (const key of Object.keys(names) as K[]) {
    const value = image[names[key]];
    if (typeof value === "number") found[key] = value;
  }
  return found;
}

/** Create: the linearisation point of a submit. Refused by any head but a tombstone past its time (G73). */
export function createHeadWrite(head: Head, nowMs: number): Write {
  const shard = shardOf(head.runId);
  const values: Record<string, Value | undefined> = {
    status: head.status,
    generation: head.generation,
    documentHash: head.documentHash,
    planHash: head.planHash,
    planPages: head.planPages,
    requestId: head.requestId,
    name: head.name,
    taskCount: head.taskCount,
    callback: head.callback,
    errorBranches: head.errorBranches,
    maps: head.maps,
    parent: head.parent && encodeParent(head.parent),
    budget: head.budget && encodeBudget(head.budget),
    submittedAt: head.submittedAtMs,
    deadlineAt: head.deadlineAtMs,
    due: head.dueMs,
    dueShard: dueShard(shard),
    listShard: listShard(shard),
    listAt: head.submittedAtMs,
  };
  return {
    key: headKey(head.runId),
    set: Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [{ path: [name] as const, value }],
    ),
    remove: [
      ...Object.keys(values).filter((name) => values[name] === undefined),
      "removedAt",
      "removeAt",
      "ttl",
      "endedAt",
      "endedBy",
      "error",
      "pausedAt",
      "pausedBy",
      "restartedAt",
      "raisedAt",
      "raisedBy",
      "sweptSettled",
      "sweptInterval",
    ],
    condition: {
      is: "any",
      of: [
        { is: "absent", path: ["status"] },
        { is: "below", path: ["removedAt"], value: nowMs - defaults.tombstoneSeconds * 1000 + 1 },
      ],
    },
  };
}

/** How a run ends. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, "RUNNING">;
  readonly atMs: number;
  readonly by: string;
  readonly error?: StoredError;
  /** Next visit: soon while error branches may be owed, else when the retention is over. */
  readonly dueMs: number;
}

/** End: only while RUNNING, in that generation (G11). */
export function endHeadWrite(run: RunId, generation: number, end: RunEnd): Write {
  const set: SetAction[] = [
    { path: ["status"], value: end.status },
    { path: ["endedAt"], value: end.atMs },
    { path: ["endedBy"], value: end.by },
    { path: ["due"], value: end.dueMs },
  ];
  if (end.error) set.push({ path: ["error"], value: { ...end.error } });
  return {
    key: headKey(run),
    set,
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: generation },
        { is: "equal", path: ["status"], value: "RUNNING" },
      ],
    },
  };
}

/** Who pauses or resumes a run, and what they saw. */
export interface Switch {
  readonly generation: number;
  readonly by: string;
  readonly atMs: number;
  /** Request that paused the run last, as read. */
  readonly seenPausedBy: string | undefined;
}

/** Pause: only a running run that is not paused, and only from the state seen, so that a late copy changes nothing. */
export function pauseWrite(run: RunId, { generation, by, atMs, seenPausedBy }: Switch): Write {
  return {
    key: headKey(run),
    set: [
      { path: ["pausedAt"], value: atMs },
      { path: ["pausedBy"], value: by },
    ],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: generation },
        { is: "equal", path: ["status"], value: "RUNNING" },
        { is: "absent", path: ["pausedAt"] },
        textAsSeen("pausedBy", seenPausedBy),
      ],
    },
  };
}

/** Resume. Messages that came during the pause were dropped: whoever writes this sends what is open again. */
export function resumeWrite(
  run: RunId,
  { generation, atMs, seenPausedBy, dueMs }: Omit<Switch, "by"> & { readonly dueMs: number },
): Write {
  return {
    key: headKey(run),
    set: [
      { path: ["restartedAt"], value: atMs },
      { path: ["due"], value: dueMs },
    ],
    remove: ["pausedAt"],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: generation },
        { is: "present", path: ["pausedAt"] },
        textAsSeen("pausedBy", seenPausedBy),
      ],
    },
  };
}

/** What the next generation of a run begins with. */
export interface NextGeneration {
  readonly generation: number;
  readonly raisedBy: string;
  readonly atMs: number;
  readonly deadlineAtMs: number;
  readonly planHash: string;
  readonly planPages: number;
  readonly dueMs: number;
  /** Of a child run: the generation of its parent that goes on with it. */
  readonly parentGeneration?: number;
  /** New limits, where the retry brings some. */
  readonly budget?: RunBudget;
}

/** Retry: the next generation of a run that has ended and that nobody removes, once (G27, G76). What the old one has left is reopened afterwards (S20). */
export function raiseWrite(run: RunId, next: NextGeneration): Write {
  const values: Record<string, Value> = {
    status: "RUNNING",
    generation: next.generation,
    raisedBy: next.raisedBy,
    raisedAt: next.atMs,
    restartedAt: next.atMs,
    deadlineAt: next.deadlineAtMs,
    planHash: next.planHash,
    planPages: next.planPages,
    due: next.dueMs,
    dueShard: dueShard(shardOf(run)),
  };
  return {
    key: headKey(run),
    set: [
      ...Object.entries(values).map(([name, value]) => ({ path: [name] as const, value })),
      ...(next.parentGeneration === undefined
        ? []
        : [{ path: ["parent", "g"] as const, value: next.parentGeneration }]),
      ...(next.budget === undefined ? [] : [{ path: ["budget"] as const, value: encodeBudget(next.budget) }]),
    ],
    remove: ["endedAt", "endedBy", "error", "pausedAt", "sweptSettled", "sweptInterval"],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: next.generation - 1 },
        { is: "present", path: ["endedAt"] },
        { is: "absent", path: ["removedAt"] },
        { is: "absent", path: ["removeAt"] },
      ],
    },
  };
}

/**
 * To be removed: from now on nothing of an ended run starts, no retry goes on with it, and the sweeper is due to remove it. It
 * comes before anything is deleted, so that nobody takes what is half gone for something that has not begun (G75).
 */
export function removeAtWrite(run: RunId, generation: number, nowMs: number): Write {
  return {
    key: headKey(run),
    set: [
      { path: ["removeAt"], value: nowMs },
      { path: ["due"], value: nowMs },
    ],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: generation },
        { is: "present", path: ["endedAt"] },
        { is: "absent", path: ["removeAt"] },
        { is: "absent", path: ["removedAt"] },
      ],
    },
  };
}

function textAsSeen(attribute: string, seen: string | undefined): Condition {
  return seen === undefined ? { is: "absent", path: [attribute] } : { is: "equal", path: [attribute], value: seen };
}

/**
 * Due, lowered: whoever starts an earlier timer makes sure of its visit (G70). Never that of a tombstone: its second look is for
 * what comes after this, and nobody looks a third time.
 *
 * @param passedMs - The stored time, when it has come: a visit may be under way that has read the run before. It is moved, so
 *   that this visit cannot choose the next one.
 */
export function lowerDueWrite(run: RunId, dueMs: number, passedMs?: number): Write {
  return {
    key: headKey(run),
    set: [{ path: ["due"], value: dueMs }],
    condition: {
      is: "all",
      of: [
        { is: "absent", path: ["removedAt"] },
        passedMs === undefined
          ? { is: "above", path: ["due"], value: dueMs }
          : { is: "equal", path: ["due"], value: passedMs },
      ],
    },
  };
}

/** Due, advanced: claims a visit. Only from the time seen, so a timer started meanwhile is not lost (L3, G71). */
export function advanceDueWrite(
  run: RunId,
  seen: { readonly dueMs: number; readonly generation: number },
  next: { readonly dueMs: number; readonly settled: number; readonly intervalMs: number },
): Write {
  return {
    key: headKey(run),
    set: [
      { path: ["due"], value: next.dueMs },
      { path: ["sweptSettled"], value: next.settled },
      { path: ["sweptInterval"], value: next.intervalMs },
    ],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["due"], value: seen.dueMs },
        { is: "equal", path: ["generation"], value: seen.generation },
      ],
    },
  };
}

/** Tombstone: written after a run's items are deleted. The only item that ever has a TTL (S18, G72). */
export function tombstoneWrite(head: Head, nowMs: number, secondLookMs: number): Write {
  return {
    key: headKey(head.runId),
    set: [
      { path: ["removedAt"], value: nowMs },
      { path: ["ttl"], value: Math.ceil(nowMs / 1000) + defaults.tombstoneSeconds },
      { path: ["due"], value: secondLookMs },
    ],
    remove: ["listShard", "error"],
    condition: {
      is: "all",
      of: [
        { is: "equal", path: ["generation"], value: head.generation },
        { is: "equal", path: ["status"], value: head.status },
        { is: "absent", path: ["removedAt"] },
      ],
    },
  };
}

/** After the second look nothing is owed any more: the tombstone leaves the due index (G74). */
export function forgetDueWrite(run: RunId, seenDueMs: number): Write {
  return {
    key: headKey(run),
    set: [],
    remove: ["due", "dueShard"],
    condition: { is: "equal", path: ["due"], value: seenDueMs },
  };
}
