/**
 * What is left when a test is done: of a workflow that went well, nothing.
 */
import type { MemoryQueue } from "../adapters/memory/queue.ts";
import type { Settings } from "../coordinator/index.ts";
import { taskIdOf } from "../model/ids.ts";
import { diagnose } from "../protocol/diagnose.ts";
import type { Finding } from "../protocol/findings.ts";
import { isTombstone } from "../protocol/head.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import type { Fault } from "./faults.ts";
import type { Places } from "./places.ts";
import { isOver, type Records } from "./report.ts";
import type { BodyCall } from "./workers.ts";

/** A message that nobody has acknowledged. */
export interface LeftMessage {
  /** `request`, `task:<queue>`, or with `dead:` before it. */
  readonly queue: string;
  /** Ids of the tasks that it starts; none of a request. */
  readonly taskIds: readonly string[];
  /** When it can be received, the first time or again; in epoch milliseconds of virtual time. */
  readonly visibleAtMs: number;
}

/** What the sweeper would find: something is due and has not happened. */
export interface LeftFinding {
  readonly runId: string;
  readonly kind: Finding["kind"];
  /** Path of the task, chord or group it is about; empty for the run. */
  readonly path: string;
  readonly explanation: string;
}

/** Everything that is left; compare with {@link nothingLeft}. */
export interface Leftovers {
  /** Ids of runs that have not ended, or whose error callbacks have not. */
  readonly runs: readonly string[];
  readonly stuck: readonly LeftFinding[];
  readonly messages: readonly LeftMessage[];
  /** Bodies at work. */
  readonly bodies: readonly BodyCall[];
  /** Injected faults that have not happened, or not as often as they were to. */
  readonly faults: readonly Fault[];
}

/** What is left of runs that are done with, when every injected fault has happened. */
export const nothingLeft: Leftovers = { runs: [], stuck: [], messages: [], bodies: [], faults: [] };

interface Sources {
  readonly records: Records;
  readonly places: Places;
  readonly queue: MemoryQueue;
  readonly settings: Settings;
  readonly nowMs: number;
}

/** Reads what the table and the queues still hold. */
export async function readLeft(sources: Sources): Promise<Pick<Leftovers, "runs" | "stuck" | "messages">> {
  const { records, places, queue, settings, nowMs } = sources;
  const runs: string[] = [];
  const stuck: LeftFinding[] = [];
  for (const runId of places.runs()) {
    const head = await readHead(records.store, runId);
    if (head === undefined || isTombstone(head)) continue;
    if (!(await isOver(records, head))) runs.push(runId);
    const snapshot = await readSnapshot(records.store, records.plans, head);
    const times = { skewMs: settings.clockSkewSeconds * 1000, visibilityMs: settings.visibilitySeconds * 1000 };
    for (const { kind, node, join, explanation } of diagnose(snapshot, nowMs, times).findings)
      stuck.push({ runId, kind, path: node ?? join ?? "", explanation });
  }
  const messages = queue.list().map(({ queue: from, body, visibleAtMs }) => {
    const taskIds = places.nodesIn(body).map(({ runId, node }) => taskIdOf(runId, node.id));
    return { queue: from, taskIds, visibleAtMs };
  });
  return { runs, stuck, messages };
}
