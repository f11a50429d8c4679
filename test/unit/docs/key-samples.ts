/**
 * A key of every kind, made by each function that makes keys.
 */
import type { PlanJoin, PlanNode } from "../../../lib/plan/types.ts";
import type { Key } from "../../../lib/ports/index.ts";
import * as keys from "../../../lib/protocol/keys.ts";
import * as tally from "../../../lib/protocol/tally.ts";

/** A join with 4 leaves and 3 levels. */
export const small: PlanJoin = {
  id: "merge@after",
  kind: "dag",
  size: 40,
  leafSize: 10,
  fan: 2,
  buckets: 1,
  when: "all-succeeded",
  next: [],
  onError: null,
  failure: { decide: [], then: { kind: "head" } },
  releasedBy: null,
  afterEnd: false,
};
/** The same, spread over 3 buckets. */
export const large: PlanJoin = { ...small, id: ".", buckets: 3 };
const member = { id: "header[37]", slot: { join: ".", index: 37 } } as PlanNode;
const alone = { id: "callback", slot: null } as PlanNode;

/** A key as a builder makes it, the item of the page it belongs to, and what the placeholders there stand for. */
export interface Sample {
  readonly builder: string;
  readonly item: string;
  readonly key: Key;
  readonly values: Readonly<Record<string, string>>;
}

const run = { run: "run-1" };
const smallLeaf = { ...run, join: "merge@after", leaf: "3" };
const bucketLeaf = { ...run, join: ".", bucket: "0", leaf: "3" };
export const samples: readonly Sample[] = [
  { builder: "headKey", item: "head", key: keys.headKey("run-1"), values: run },
  { builder: "headKey", item: "tombstone", key: keys.headKey("run-1"), values: run },
  {
    builder: "planPageKey",
    item: "plan page",
    key: keys.planPageKey("run-1", "ab12", 7),
    values: { ...run, hash: "ab12", page: "0007" },
  },
  {
    builder: "nodeKey",
    item: "node slot",
    key: keys.nodeKey("run-1", "header[3]/[1]"),
    values: { ...run, node: "header[3]/[1]" },
  },
  {
    builder: "slotPlace",
    item: "node slot",
    key: keys.slotPlace("run-1", alone, undefined).key,
    values: { ...run, node: "callback" },
  },
  { builder: "leafKey", item: "leaf", key: tally.leafKey("run-1", small, 3), values: smallLeaf },
  { builder: "memberPlace", item: "leaf", key: keys.memberPlace("run-1", small, 39).key, values: smallLeaf },
  { builder: "slotPlace", item: "leaf", key: keys.slotPlace("run-1", member, small).key, values: smallLeaf },
  { builder: "leafKey", item: "bucket leaf", key: tally.leafKey("run-1", large, 3), values: bucketLeaf },
  { builder: "memberPlace", item: "bucket leaf", key: keys.memberPlace("run-1", large, 39).key, values: bucketLeaf },
  { builder: "slotPlace", item: "bucket leaf", key: keys.slotPlace("run-1", member, large).key, values: bucketLeaf },
  {
    builder: "tallyKey",
    item: "inner tally",
    key: tally.tallyKey("run-1", small, { level: 1, number: 1 }),
    values: { ...run, join: "merge@after", level: "1", number: "1" },
  },
  {
    builder: "tallyKey",
    item: "inner tally",
    key: tally.tallyKey("run-1", large, { level: 2, number: 0 }),
    values: { ...run, join: ".", level: "2", number: "0" },
  },
  {
    builder: "tallyKey",
    item: "bucket inner tally",
    key: tally.tallyKey("run-1", large, { level: 1, number: 1 }),
    values: { ...run, join: ".", bucket: "1", level: "1", number: "1" },
  },
  {
    builder: "rangePlace",
    item: "range slot",
    key: keys.rangePlace("run-1", "header:.", 12).key,
    values: { ...run, list: "header:.", range: "12" },
  },
  { builder: "budgetKey", item: "budget", key: keys.budgetKey("run-1"), values: run },
  {
    builder: "valueKey",
    item: "value part",
    key: keys.valueKey("run-1", "cd34", 2),
    values: { ...run, hash: "cd34", part: "0002" },
  },
  {
    builder: "documentKey",
    item: "document part",
    key: keys.documentKey("request-1", "ef56", 1),
    values: { requestId: "request-1", sha256: "ef56", part: "0001" },
  },
  {
    builder: "rejectedKey",
    item: "rejected request",
    key: keys.rejectedKey("request-1"),
    values: { requestId: "request-1" },
  },
];
