/**
 * Keys as they are in tables of today: a key that changes loses what is stored under the old one.
 */
import { describe, expect, it } from "vitest";
import {
  budgetKey,
  documentKey,
  dueShard,
  headKey,
  indexShards,
  listShard,
  memberPlace,
  nodeKey,
  planPageKey,
  rangePlace,
  rejectedKey,
  shardOf,
  slotPlace,
  valueKey,
} from "../../../lib/protocol/keys.ts";
import { joinOfSize, planOf } from "./support.ts";

it.each([
  ["head", headKey("r"), "r", "head"],
  ["a page of a plan", planPageKey("r", "abc", 12), "r", "plan#abc#0012"],
  ["a task", nodeKey("r", "header[3]"), "r", "node#header[3]"],
  ["budget", budgetKey("r"), "r", "budget"],
  ["a value", valueKey("r", "abc"), "r", "value#abc#0000"],
  ["a part of a value", valueKey("r", "abc", 7), "r", "value#abc#0007"],
  ["a rejected request", rejectedKey("q"), "rejected#q", "rejected"],
  ["a part of a document", documentKey("q", "abc", 3), "document#q", "document#abc#0003"],
  ["a range", rangePlace("r", "header:.", 4).key, "r", "range#header:.#4"],
])("key of %s", (_, key, pk, sk) => {
  expect(key).toEqual({ pk, sk });
});

it("a range has its slot in an item of its own", () => {
  expect(rangePlace("r", "start", 0)).toEqual({ key: { pk: "r", sk: "range#start#0" }, attribute: "s0" });
});

describe("the slot of a task", () => {
  const plan = planOf({ chord: { header: [1, 2, 3, 4, 5, 6].map(() => ({ task: "a" })), callback: { task: "c" } } });
  const join = { ...joinOfSize(6, { leafSize: 4 }) };
  const member = plan.nodes["header[5]"];
  const callback = plan.nodes.callback;
  if (member === undefined || callback === undefined) throw new Error("the plan is another");

  it("is in the leaf of the join that it feeds", () => {
    const place = { key: { pk: "r", sk: "tally#.#0#1" }, attribute: "s1", leaf: { join: ".", number: 1, index: 5 } };
    expect(slotPlace("r", member, join)).toEqual(place);
    expect(memberPlace("r", join, 5)).toEqual(place);
  });

  it("is in an item of its own where it feeds none", () => {
    const own = { key: { pk: "r", sk: "node#callback" }, attribute: "s0" };
    expect(slotPlace("r", callback, undefined)).toEqual(own);
    expect(slotPlace("r", callback, join)).toEqual(own);
    expect(slotPlace("r", member, undefined)).toEqual({ key: { pk: "r", sk: "node#header[5]" }, attribute: "s0" });
  });
});

describe("the index partition of a run", () => {
  it("is that of every day", () => {
    const known: [id: string, shard: number][] = [
      ["", 1],
      ["a", 0],
      ["r", 1],
      ["nightly-2026-11-21", 2],
      ["0192f0c1-7e6e-7c3b-9d4a-6f1f2b3c4d5e", 2],
    ];
    for (const [id, shard] of known) expect([id, shardOf(id)]).toEqual([id, shard]);
    expect([dueShard(3), listShard(2)]).toEqual(["due#3", "list#2"]);
  });

  it("takes each of them about as often", () => {
    const counts = new Array(indexShards).fill(0);
    for (let i = 0; i < 4000; i++) counts[shardOf(`run-${i}`)]++;
    expect(indexShards).toBe(4);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
