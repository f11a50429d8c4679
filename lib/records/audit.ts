/**
 * Stored items as an audit looks at them: sorted by runs, plans and values unpacked. Reads nothing: the items may come from a
 * table, a dump or an export.
 */
import { gunzipSync } from "node:zlib";
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import { textOfThrown } from "../model/thrown.ts";
import type { Plan } from "../plan/types.ts";
import type { Image, Item } from "../ports/index.ts";
import {
  type AuditedRun,
  auditRun,
  orphanViolations,
  requestViolations,
  soundHead,
  type Unpacked,
  type Violation,
} from "../protocol/audit/index.ts";
import type { Head } from "../protocol/head.ts";
import { headKey, planPageKey, valueKey } from "../protocol/keys.ts";
import { bytesOf } from "./parts.ts";
import { bucketPartitions } from "./snapshots.ts";

/** What is known beside the items of a run. */
export interface AuditContext {
  readonly childHead: AuditedRun["childHead"];
  readonly nowMs: number;
}

/** Audits one run: its items, its head among them, and those of its buckets. */
export function auditRunItems(runId: RunId, items: readonly Item[], context: AuditContext): Violation[] {
  const head = items.find(({ key }) => key.pk === runId && key.sk === headKey(runId).sk)?.image;
  if (head === undefined) return orphanViolations(runId, items);
  const rest = items.filter(({ key }) => key.sk !== headKey(runId).sk);
  const images = new Map(rest.filter(({ key }) => key.pk === runId).map(({ key, image }) => [key.sk, image]));
  const unpack: AuditedRun["unpack"] = (value) => unpacked(runId, images, value);
  try {
    return auditRun({ runId, head, items: rest, plan: planIn(runId, head, images), unpack, ...context });
  } catch (error) {
    // An export may hold anything. Whatever the checks cannot even read, nothing of ours has written; other runs are audited all the same.
    const explanation = `the items of the run cannot be read: ${textOfThrown(error)}`;
    return [{ invariant: "S23", run: runId, explanation, key: headKey(runId) }];
  }
}

function planIn(runId: RunId, head: Image, images: ReadonlyMap<string, Image>): AuditedRun["plan"] {
  const [hash, pages] = [String(head.planHash), Number(head.planPages)];
  const parts: Uint8Array[] = [];
  for (let page = 0; page < pages; page++) {
    const data = images.get(planPageKey(runId, hash, page).sk)?.data;
    if (!(data instanceof Uint8Array)) return { problem: `page ${page} of ${pages} of the run's plan is missing` };
    parts.push(data);
  }
  try {
    const text = gunzipSync(Buffer.concat(parts)).toString("utf8");
    if (contentHash(text) !== hash) return { problem: "the run's plan is not the one that its hash names" };
    return { plan: JSON.parse(text) as Plan };
  } catch (error) {
    return { problem: `the run's plan cannot be unpacked: ${error instanceof Error ? error.message : error}` };
  }
}

function unpacked(
  runId: RunId,
  images: ReadonlyMap<string, Image>,
  { hash, bytes, parts: count = 1 }: Parameters<AuditedRun["unpack"]>[0],
): Unpacked {
  const parts: Uint8Array[] = [];
  for (let part = 0; part < count; part++) {
    const image = images.get(valueKey(runId, hash, part).sk);
    const { text, data } = image ?? {};
    if (count === 1 && typeof text === "string") return checked(text, Buffer.byteLength(text), hash, bytes);
    if (!(data instanceof Uint8Array)) return { problem: `part ${part} of ${count} is missing` };
    parts.push(data);
  }
  const found = bytesOf(parts, bytes);
  if (found === undefined) return { problem: `its parts do not unpack to ${bytes} bytes` };
  return checked(Buffer.from(found).toString("utf8"), found.length, hash, bytes);
}

function checked(text: string, length: number, hash: string, bytes: number): Unpacked {
  if (length !== bytes) return { problem: `it has ${length} bytes, and ${bytes} are recorded` };
  return contentHash(text) === hash ? { text } : { problem: `it is not what its hash ${hash} names` };
}

/** Partitions beside its own in which a run has items, as far as its plan can be read. */
export function bucketsAmong(runId: RunId, items: readonly Item[]): readonly string[] {
  const head = items.find(({ key }) => key.sk === headKey(runId).sk)?.image;
  const found = head && planIn(runId, head, new Map(items.map(({ key, image }) => [key.sk, image])));
  return found !== undefined && "plan" in found ? bucketPartitions(runId, found.plan) : [];
}

/** What an audit has found. */
export interface Audited {
  readonly runs: number;
  readonly violations: readonly Violation[];
}

/**
 * Audits whatever items there are: a whole table, or an export of it.
 *
 * @param nowMs - When the items were so. @default the latest time that one of them holds
 */
export function auditItems(items: Iterable<Item>, nowMs?: number): Audited {
  const byRun = new Map<RunId, Item[]>();
  const violations: Violation[] = [];
  let latestMs = 0;
  for (const item of items) {
    latestMs = Math.max(latestMs, ...timesIn(item));
    const ofRequest = requestViolations(item);
    if (ofRequest) {
      violations.push(...ofRequest);
      continue;
    }
    const run = runOf(item);
    const found = byRun.get(run);
    if (found) found.push(item);
    else byRun.set(run, [item]);
  }
  const childHead = (child: RunId): Head | null | undefined => {
    const image = byRun.get(child)?.find(({ key }) => key.sk === headKey(child).sk)?.image;
    return image === undefined ? null : soundHead(child, image);
  };
  for (const [run, own] of byRun)
    for (const violation of auditRunItems(run, own, { childHead, nowMs: nowMs ?? latestMs }))
      violations.push(violation);
  return { runs: byRun.size, violations };
}

/** A bucket is named after its run, and no id of a run has a `#`. */
function runOf({ key }: Item): RunId {
  return key.pk.split("#", 1)[0] as RunId;
}

/** When something happened to an item, as far as it says so. */
function timesIn({ image }: Item): number[] {
  const named = [image.submittedAt, image.raisedAt, image.endedAt, image.removedAt, image.listAt];
  const slots = Object.entries(image).flatMap(([name, slot]) =>
    /^s\d+$/.test(name) ? [(slot as Image | null)?.b, (slot as Image | null)?.f] : [],
  );
  return [...named, ...slots].filter((value): value is number => typeof value === "number");
}
