/**
 * The active runs, with what each waits for. Reads the listing index, then each running run whole: never the table.
 */
import { defaults } from "../model/limits.ts";
import type { FactSource, Facts, Image } from "../ports/index.ts";
import { explain } from "../protocol/explain.ts";
import { isUnread } from "../protocol/facts.ts";
import { decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import type { Snapshot } from "../protocol/snapshot.ts";
import type { Wait } from "../protocol/wait.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { listedItems, refreshRunning } from "./runs.ts";
import type { Reading } from "./wait.ts";

/** Times of the deployment, as far as a check needs them. */
export interface CheckTimes {
  readonly clockSkewSeconds: number;
  readonly visibilitySeconds: number;
  readonly sweepSeconds: number;
}

/** What checking takes. */
export interface Checking {
  readonly reading: Reading;
  readonly facts: FactSource | undefined;
  /** @default those of a deployment that sets none */
  readonly times: Partial<CheckTimes> | undefined;
}

/** A run that has not ended, and what it waits for. */
export interface ActiveRun {
  readonly head: Head;
  readonly waits: readonly Wait[];
}

/** What the listing shows beside runs that have ended. */
export interface ActiveListing {
  /** Oldest first: what is stuck is among them. */
  readonly heads: readonly Head[];
  readonly rejected: readonly { readonly requestId: string; readonly image: Image }[];
  readonly partial: boolean;
}

/** Listed items looked at: 100,000 are about 25 MB of index, or 3,000 read units. */
const maxListed = 100_000;
/** Runs read at the same time: enough to hide the latency, too few to crowd out others. */
const readAtOnce = 16;
/** One message that comes and goes is no queue that nobody reads: it is looked at again after that long. */
const secondLookMs = 2_000;

/** Times with their defaults. */
export function timesOf({ times }: Pick<Checking, "times">): CheckTimes {
  const { clockSkewSeconds, visibilitySeconds, sweepSeconds } = { ...defaults, ...times };
  return { clockSkewSeconds, visibilitySeconds, sweepSeconds };
}

export async function readActive({ reading }: Checking): Promise<ActiveListing> {
  const running: Head[] = [];
  const rejected: { readonly requestId: string; readonly image: Image }[] = [];
  let listed = 0;
  let partial = false;
  for await (const { key, image } of listedItems(reading.store)) {
    if (++listed > maxListed) {
      partial = true;
      break;
    }
    if (key.sk !== headKey(key.pk).sk) rejected.push({ requestId: String(image.requestId ?? key.pk), image });
    else if (image.status === "RUNNING") running.push(decodeHead(key.pk, image));
  }
  const heads = (await refreshRunning(reading.store, running)).filter(({ status }) => status === "RUNNING");
  return { heads: heads.sort((a, b) => a.submittedAtMs - b.submittedAtMs), rejected, partial };
}

/** Reads runs whole, some at a time, in their order. */
export async function explainAll(checking: Checking, heads: readonly Head[], facts: Facts): Promise<ActiveRun[]> {
  const runs: ActiveRun[] = [];
  for (let at = 0; at < heads.length; at += readAtOnce) {
    const some = heads.slice(at, at + readAtOnce);
    runs.push(...(await Promise.all(some.map((head) => explainRun(checking, head, facts)))));
  }
  return runs;
}

export async function explainRun(checking: Checking, head: Head, facts: Facts): Promise<ActiveRun> {
  if (isTombstone(head)) return { head, waits: [] };
  const { store, plans, clock } = checking.reading;
  const snapshot: Snapshot = await readSnapshot(store, plans, head);
  const { clockSkewSeconds, visibilitySeconds } = timesOf(checking);
  const settings = { skewMs: clockSkewSeconds * 1000, visibilityMs: visibilitySeconds * 1000, facts };
  return { head, waits: explain(snapshot, clock.now(), settings) };
}

/** Facts, and what could not be obtained of them. */
export interface Obtained {
  readonly facts: Facts;
  readonly unknown: readonly string[];
}

/**
 * Asks for the facts, before any run is read: a message that is seen there and taken afterwards is then shown as taken, and
 * never as lost. Queues that seem unread are looked at twice.
 */
export async function obtainFacts({ facts: source, reading }: Checking): Promise<Obtained> {
  if (source === undefined)
    return { facts: {}, unknown: ["queue depths and readers", "dead letters", "the tasks of the deployed code"] };
  const { tasks } = source;
  let { queues, allQueues } = await source.queues();
  if ([...queues.values()].some(({ depth, dead }) => isUnread(depth) || isUnread(dead))) {
    await new Promise<void>((resolve) => void reading.clock.after(secondLookMs, resolve));
    ({ queues, allQueues } = await source.queues());
  }
  const known = [...queues.values()];
  const unknown = [
    ...(allQueues && known.every(({ exists, depth }) => !exists || depth !== undefined)
      ? []
      : ["queue depths and readers"]),
    ...(known.some(({ exists, dead }) => exists && dead === undefined) ? ["dead letters"] : []),
    ...(tasks === undefined ? ["the tasks of the deployed code"] : []),
  ];
  return { facts: { queues, allQueues, ...(tasks === undefined ? {} : { tasks }) }, unknown };
}
