/**
 * docs/data-model.md: the largest size of each item, held against the limits of the product and of DynamoDB.
 */
import { expect, it } from "vitest";
import { itemBytes } from "../../../lib/model/item-size.ts";
import { defaults, limits } from "../../../lib/model/limits.ts";
import type { PlanJoin } from "../../../lib/plan/types.ts";
import type { Image, Item, Key, Value } from "../../../lib/ports/index.ts";
import { markPlaces } from "../../../lib/protocol/budget.ts";
import * as heads from "../../../lib/protocol/head.ts";
import * as keys from "../../../lib/protocol/keys.ts";
import { encodeSlot } from "../../../lib/protocol/slot.ts";
import { leafKey, tallyKey } from "../../../lib/protocol/tally.ts";
import { small } from "./key-samples.ts";
import { atMs, failed, failure, id, leased, valued } from "./slot-samples.ts";
import { read, tablesUnder } from "./tables.ts";

const run = "r".repeat(128);
const path = "p".repeat(900);
const hash = "0".repeat(32);
const group: PlanJoin = { ...small, id: path, size: limits.membersPerGroup, fan: defaults.fan };
const spread: PlanJoin = { ...group, buckets: 32 };
/** Of a page of the plan (records/plans.ts), and failures that are listed one by one (records/failures.ts). */
const pageBytes = 300 * 1024;
const listedFailures = 100;

const head: heads.Head = {
  runId: run,
  status: "TIMED_OUT",
  generation: 1,
  documentHash: hash,
  planHash: hash,
  planPages: 99,
  requestId: run,
  name: "€".repeat(limits.nameLength),
  taskCount: limits.tasksPerRun,
  callback: path,
  errorBranches: true,
  submittedAtMs: atMs,
  deadlineAtMs: atMs,
  dueMs: atMs,
};
const ended: Image = {
  ...Object.fromEntries(
    heads.createHeadWrite(head, atMs).set.map((action) => [action.path[0], (action as { value: Value }).value]),
  ),
  endedAt: atMs,
  endedBy: id,
  sweptSettled: limits.tasksPerRun,
  sweptInterval: 900_000,
};

const counted: Image = { g: 1, remaining: 0 };

function leafOf(count: number, slot: Value): Image {
  return { ...counted, ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, slot])) };
}

function marked(): Image {
  const marks = Array.from({ length: defaults.fan }, (_, i) => [`m${i}`, limits.membersPerGroup]);
  return { ...counted, ...Object.fromEntries(marks) };
}

/** What an early decision adds that accepted so many failures. */
function decided(count: number): Image {
  const one = { index: limits.membersPerGroup, taskId: failure.taskId, status: "TIMED_OUT", error: failure };
  const accepted = { failed: limits.membersPerGroup, failures: Array.from({ length: count }, () => one) };
  return { lastBy: id, lastAt: atMs, decision: "error", decidedBy: id, decidedAt: atMs, accepted };
}

const of = (key: Key, image: Image): Item => ({ key, image });
const failures = leafOf(limits.packMembers, encodeSlot(failed));
const largest: Readonly<Record<string, readonly Item[]>> = {
  head: [of(keys.headKey(run), { ...ended, error: failure })],
  tombstone: [of(keys.headKey(run), { ...ended, removedAt: atMs, ttl: atMs / 1000 })],
  "plan page": [of(keys.planPageKey(run, hash, 0), { data: new Uint8Array(pageBytes) })],
  "node slot": [encodeSlot(failed), valued(limits.inlineValueBytes)].map((s0) =>
    of(keys.nodeKey(run, path), { g: 1, s0 }),
  ),
  leaf: [of(leafKey(run, group, 0), { ...failures, ...decided(limits.packMembers) })],
  "inner tally": [of(tallyKey(run, group, { level: 2, number: 0 }), { ...marked(), ...decided(listedFailures) })],
  "bucket leaf": [
    failures,
    leafOf(limits.packMembers, valued(limits.packedValueBytes)),
    leafOf(defaults.leafSize, valued(limits.inlineValueBytes)),
  ].map((image) => of(leafKey(run, spread, 9_999), image)),
  "bucket inner tally": [of(tallyKey(run, spread, { level: 1, number: 9 }), marked())],
  "range slot": [of(keys.rangePlace(run, `header:${path}`, 999).key, { g: 1, s0: encodeSlot(leased) })],
  budget: [
    of(keys.budgetKey(run), {
      tasks: limits.budgetCount,
      attempts: limits.budgetCount,
      nanoUsd: limits.budgetUsd * 1e9,
      ...Object.fromEntries(Array.from({ length: markPlaces }, (_, i) => [`k${i}`, 2 ** 48 - 1])),
    }),
  ],
  "value part": [of(keys.valueKey(run, hash), { text: "v".repeat(limits.partBytes) })],
  "document part": [
    of(keys.documentKey(run, `${hash}${hash}`, 0), {
      data: new Uint8Array(limits.partBytes),
      due: atMs,
      dueShard: "due#0",
    }),
  ],
};

const [items = []] = tablesUnder(read("docs/data-model.md"), "## Items");
const sized = items.filter(({ Item }) => Item !== "rejected request");

it.each(sized.map((row) => [row.Item as string, row["Largest, from"] as string]))(
  "says how large a %s can get: %s",
  (name, said) => {
    const bytes = Math.max(...(largest[name] ?? []).map(itemBytes));
    expect(Number(/^(\d+) KB/.exec(said)?.[1])).toBe(Math.ceil(bytes / 1024));
    expect(bytes).toBeLessThan(400 * 1024);
  },
);
