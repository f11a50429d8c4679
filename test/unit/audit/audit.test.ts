/**
 * Each invariant that stored items can show: a dump that breaks it gives that violation, and the sound one none.
 */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/index.ts";
import { auditedInvariants } from "../../../lib/protocol/audit/index.ts";
import { planFaults } from "../../../lib/protocol/audit/plan-faults.ts";
import { auditItems } from "../../../lib/records/audit.ts";
import { read } from "../docs/tables.ts";
import { plan as planOf } from "../plan/support.ts";
import { audited, broken, type Dump, dumpOf, merged, slot, without } from "./dumps.ts";

const dumps = {
  chord: "chord of 5",
  values: "large values in parts",
  quorum: "quorum long before its stragglers",
  failed: "failing member, two levels",
  tolerant: "one failure too many",
  finish: "finish: a chain",
  map: "map over a result",
  retried: "retry of a failing member",
  chain: "retry of a chain",
  removed: "document by reference, removed",
  budget: "budget: maps that just fit",
} as const;
type Name = keyof typeof dumps;
const sound = new Map<Name, Dump>();
for (const [name, scenario] of Object.entries(dumps)) sound.set(name as Name, await dumpOf(scenario));
const dump = (name: Name) => sound.get(name) as Dump;
const head = (name: Name, changes: Parameters<typeof broken>[2]) => broken(dump(name), "head", changes);
const keyWith = (name: Name, prefix: string) =>
  dump(name).items.find(({ key }) => key.sk.startsWith(prefix))?.key.sk as string;
const leaf = "tally#.#0#0";
const later = 1_767_225_999_999;

describe("a sound dump", () => {
  it.each(Object.keys(dumps) as Name[])("has no violation: %s", (name) => {
    expect(audited(dump(name))).toEqual([]);
  });
});

/** What breaks, and what the audit says: exactly that. */
const rows: readonly (readonly [what: string, broken: () => Dump, violations: readonly string[]])[] = [
  ["S1: a head without its document", () => head("chord", { documentHash: undefined }), ["S1 head"]],
  ["S1: a head in no state", () => head("chord", { status: "DONE" }), ["S1 head"]],
  ["S2: a plan page that is gone", () => without(dump("chord"), keyWith("chord", "plan#")), ["S2 head"]],
  [
    "S2: a plan page that is another's",
    () =>
      broken(dump("chord"), keyWith("chord", "plan#"), {
        data: dump("values").items.find(({ key }) => key.sk.startsWith("plan#"))?.image.data,
      }),
    ["S2 head"],
  ],
  ["S2: another number of tasks than the plan has", () => head("chord", { taskCount: 7 }), ["S2 head"]],
  [
    "S2: an item that the plan does not know",
    () => ({
      ...dump("chord"),
      items: [...dump("chord").items, { key: { pk: "run-1", sk: "node#header[0]" }, image: { g: 1 } }],
    }),
    ["S2 node#header[0]"],
  ],
  [
    "S2: a map without its run",
    () => ({ ...dump("map"), items: dump("map").items.filter(({ key }) => key.pk === "run-1") }),
    ["S2 [1]"],
  ],
  [
    "S3: a callback before its members",
    () =>
      broken(broken(dump("chord"), "tally#.#1#0", { m1: undefined, remaining: 1 }), "head", {
        status: "RUNNING",
        endedAt: undefined,
        endedBy: undefined,
      }),
    ["S3 callback"],
  ],
  [
    "S3: a mark of what is not there",
    () => broken(dump("chord"), "tally#.#0#1", { s0: undefined, remaining: 1 }),
    ["S3 .", "S10 head"],
  ],
  ["S3: a quorum without its successes", () => broken(dump("quorum"), "tally#.#1#0", { m1: undefined }), ["S3 ."]],
  [
    "S3: an error that the counts do not call for",
    () =>
      broken(dump("tolerant"), leaf, ({ s2 }) => ({
        s2: { ...merged(s2 as Image, { e: undefined }), s: "SUCCEEDED", v: "3" },
      })),
    ["S3 .", "S8 ."],
  ],
  ["S4: a decision by nobody", () => broken(dump("quorum"), "tally#.#1#0", { decidedBy: undefined }), ["S4 ."]],
  [
    "S4: a callback that was written and is no quorum's",
    () =>
      broken(dump("chord"), "tally#.#1#0", { decision: "callback", decidedBy: "x", decidedAt: later, accepted: {} }),
    ["S4 ."],
  ],
  [
    "S4: more lost attempts than are allowed",
    () => broken(dump("chord"), leaf, slot("s0", { a: 9, l: 8 })),
    ["S4 header[0]"],
  ],
  ["S4: more attempts than are allowed", () => broken(dump("chord"), leaf, slot("s0", { a: 9 })), ["S4 header[0]"]],
  ["S8: a counter that says less", () => broken(dump("chord"), leaf, { remaining: 1 }), ["S8 ."]],
  [
    "S8: a decision on a failure that is not recorded",
    () => broken(dump("failed"), leaf, { s0: { a: 1, s: "SUCCEEDED", o: "x", f: later, b: later, v: "1" } }),
    ["S8 .", "S10 head"],
  ],
  [
    "S8: a quorum that accepts who has no outcome",
    () => broken(dump("quorum"), "tally#.#1#0", { accepted: { v: "[[0,1]]" } }),
    ["S8 ."],
  ],
  ["S8: a member that there is not", () => broken(dump("chord"), "tally#.#1#0", { m7: 0 }), ["S8 ."]],
  ["S10: an end at no time", () => head("chord", { endedAt: undefined }), ["S10 head"]],
  ["S10: a run that goes on and was ended", () => head("chord", { status: "RUNNING" }), ["S10 head", "S10 head"]],
  ["S10: a success without its callback", () => without(dump("chord"), "node#callback"), ["S10 head"]],
  [
    "S10: a failure because of what succeeded",
    () => head("finish", { error: { name: "Error", message: "", taskId: "run-1/[1]" } }),
    ["S10 head"],
  ],
  [
    "S10: a map that is not as its run",
    () =>
      broken(dump("map"), "node#[1]", () => ({
        s0: { a: 1, s: "FAILED", o: keyOfChild(), f: later, e: { n: "E", m: "" } },
      })),
    ["S10 [1]", "S3 [2]"],
  ],
  [
    "S11: a value that is nowhere",
    () => broken(dump("chord"), "node#callback", slot("s0", { v: undefined })),
    ["S11 callback"],
  ],
  [
    "S11: a value that is no JSON",
    () => broken(dump("chord"), "node#callback", slot("s0", { v: "{" })),
    ["S11 callback"],
  ],
  ["S11: a part that is gone", () => without(dump("values"), keyWith("values", "value#59f5")), ["S11 header[0]"]],
  ["S11: a value of another size", () => broken(dump("values"), leaf, slot("s0", { z: 5003 })), ["S11 header[0]"]],
  [
    "S11: a quorum that says nothing of its members",
    () => broken(dump("quorum"), "tally#.#1#0", { accepted: {} }),
    ["S11 ."],
  ],
  [
    "S17: an inline value over its limit",
    () => broken(dump("chord"), "node#callback", slot("s0", { v: `"${"x".repeat(1024)}"` })),
    ["S17 callback"],
  ],
  [
    "S17: an error over its limit",
    () => broken(dump("finish"), "node#[0]", slot("s0", { e: { n: "E", m: "x".repeat(257) } })),
    ["S17 [0]"],
  ],
  ["S17: an item over its limit", () => broken(dump("chord"), leaf, { later: "x".repeat(400 * 1024) }), ["S17 ."]],
  ["S18: an item that expires", () => broken(dump("chord"), leaf, { ttl: 1 }), ["S18 ."]],
  ["S18: a head that expires", () => head("chord", { ttl: 1 }), ["S18 head"]],
  ["S18: a tombstone that does not expire", () => head("removed", { ttl: undefined }), ["S18 head"]],
  [
    "S18: what is left of a removed run",
    () => ({
      ...dump("removed"),
      items: [...dump("removed").items, { key: { pk: "run-1", sk: "node#[0]" }, image: { g: 1 } }],
    }),
    ["S18 node#[0]"],
  ],
  [
    "S18: items of a run that is not there",
    () => without(without(dump("finish"), "head"), "node#[1]"),
    ["S18 node#[0]", "S18 node#[2]"],
  ],
  ["S20: an item of a generation to come", () => broken(dump("chord"), leaf, { g: 2 }), ["S20 ."]],
  ["S20: an item of no generation", () => broken(dump("chord"), leaf, { g: undefined }), ["S20 ."]],
  ["S20: a generation that nobody raised", () => head("retried", { raisedBy: undefined }), ["S20 head"]],
  [
    "S20: what a retry should have opened",
    () =>
      broken(dump("chain"), "node#[0]", { g: 1, s0: { a: 1, s: "FAILED", o: "x", f: later, e: { n: "E", m: "" } } }),
    ["S20 node#[0]"],
  ],
  ["S23: an outcome of nobody", () => broken(dump("chord"), leaf, slot("s0", { o: undefined })), ["S23 ."]],
  ["S23: a slot in no state", () => broken(dump("chord"), leaf, slot("s0", { s: "X" })), ["S23 ."]],
  [
    "S23: an outcome before its attempt",
    () => broken(dump("chord"), leaf, slot("s0", { f: 1_767_000_000_000 })),
    ["S23 ."],
  ],
  ["S23: a last arrival of somebody else", () => broken(dump("tolerant"), leaf, { lastBy: "x" }), ["S23 ."]],
  [
    "L1: more used than the budget allows",
    () =>
      broken(broken(dump("budget"), "budget", { tasks: 1_000_000 }), "head", {
        status: "RUNNING",
        endedAt: undefined,
        endedBy: undefined,
      }),
    ["L1 budget"],
  ],
  ["L3: a run that no sweeper visits", () => head("chord", { due: undefined }), ["L3 head"]],
  ["L3: a run that is not listed", () => head("chord", { listAt: 1 }), ["L3 head"]],
];

function keyOfChild(): string {
  return dump("map").items.find(({ key }) => key.pk.startsWith("map-"))?.key.pk as string;
}

describe("the audit", () => {
  it.each(rows)("tells %s", (_, make, violations) => {
    expect(audited(make())).toEqual(violations);
  });

  it("S21: tells what a plan leads to and does not have, slots filled twice or never, and cycles", () => {
    const plan = planOf({ chord: { header: [{ task: "a" }, { task: "b" }], callback: { task: "c" } } });
    expect(planFaults(plan)).toEqual([]);
    const { "header[0]": first, callback, ...nodes } = plan.nodes;
    const with_ = (changed: object): Plan => ({ ...plan, nodes: { ...plan.nodes, ...changed } as Plan["nodes"] });
    const faults = (changed: Plan) => planFaults(changed).map(([invariant, text]) => `${invariant}: ${text}`);
    expect(faults({ ...plan, nodes: { callback, ...nodes } as Plan["nodes"] })[0]).toContain(
      "leads to task header[0], which is not in the plan",
    );
    expect(faults(with_({ "header[0]": { ...first, slot: { join: ".", index: 1 } } }))).toEqual([
      "S21: member 0 of . is filled by 0 units",
      "S21: member 1 of . is filled by 2 units",
    ]);
    expect(faults(with_({ callback: { ...callback, next: [{ kind: "join", join: "." }] } }))[0]).toContain(
      "leads back to",
    );
  });

  it("says where, and in a sentence what", () => {
    const { runs, violations } = auditItems(broken(dump("chord"), leaf, { remaining: 1 }).items);
    expect(runs).toBe(1);
    expect(violations).toEqual([
      {
        invariant: "S8",
        run: "run-1",
        join: ".",
        explanation: "part 0/0 of . waits for 1 of 4, and 0 have not arrived",
        key: { pk: "run-1", sk: leaf },
      },
    ]);
  });

  it.each([
    ["a hash that is no text", { planHash: { toString: "x" } }],
    ["a count that is no number", { planPages: { valueOf: "x", toString: 1 } }],
  ])("says of a run that cannot be read that it cannot: %s", (_what, attributes) => {
    const [violation, ...more] = auditItems(head("chord", attributes as never).items).violations;
    expect(more).toEqual([]);
    expect(violation).toMatchObject({ invariant: "S23", run: "run-1" });
    expect(violation?.explanation).toMatch(/^the items of the run cannot be read: /);
  });

  it("concludes nothing from what is missing while a run is being removed", () => {
    const due = head("chord", { due: dump("chord").nowMs });
    expect(audited(without(due, leaf))).toEqual([]);
    expect(audited(without(dump("chord"), leaf))).not.toEqual([]);
  });

  it("names invariants that docs/protocol.md has, each shown by a row here", () => {
    const page = read("docs/protocol.md");
    expect(auditedInvariants.filter((id) => !page.includes(`\n### ${id}\n`))).toEqual([]);
    const shown = new Set(rows.flatMap(([, , violations]) => violations.map((text) => text.split(" ", 1)[0])));
    expect(auditedInvariants.filter((id) => id !== "S21" && !shown.has(id))).toEqual([]);
  });
});
