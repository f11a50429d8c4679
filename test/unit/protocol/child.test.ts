/**
 * A child run and its parent: which child a map has, what a slot that waits for one is, and what the two owe each other.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import {
  adoptWrite,
  awaitsResume,
  childId,
  childIn,
  childOf,
  isParent,
  owedToParent,
  parentRef,
  waitsFor,
} from "../../../lib/protocol/child.ts";
import { createHeadWrite, decodeHead, type Head } from "../../../lib/protocol/head.ts";
import { nodeKey } from "../../../lib/protocol/keys.ts";
import { reopenWrites } from "../../../lib/protocol/reopen.ts";
import { decodeSlot, encodeSlot } from "../../../lib/protocol/slot.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { absent, headOf, leased, planOf, queued, succeeded, waiting } from "./support.ts";

const plan = planOf({ chain: [{ task: "a" }, { map: { each: { task: "b" } } }] });
const node = plan.nodes["[1]"] as NonNullable<(typeof plan.nodes)[string]>;
const place = { key: nodeKey("p", "[1]"), attribute: "s0" };
const parent = headOf({ runId: "p", submittedAtMs: 500 });
const child = headOf({ runId: "map-1", parent: parentRef(parent, node, place) });

describe("the id of a child", () => {
  const id = childId(parent, node, "content");

  it("is a run id, the same in every generation of its parent", () => {
    expect(id).toMatch(/^map-[0-9a-f]{32}$/);
    expect(childId({ ...parent, generation: 2 }, node, "content")).toBe(id);
  });

  it.each([
    ["run", childId({ ...parent, runId: "q" }, node, "content")],
    ["run of that id", childId({ ...parent, submittedAtMs: 501 }, node, "content")],
    ["map", childId(parent, { ...node, id: "[2]" }, "content")],
    ["content", childId(parent, node, "other")],
  ])("is another for another %s", (_what, other) => {
    expect(other).not.toBe(id);
  });
});

describe("a slot that waits for a child", () => {
  it.each([
    ["absent", absent, { dispatch: 1, attempt: 1, lost: 0 }],
    ["queued", queued({ attempt: 0 }), { dispatch: 1, attempt: 1, lost: 0 }],
    ["waiting", waiting({ dispatch: 2, attempt: 1, lost: 1 }), { dispatch: 2, attempt: 2, lost: 1 }],
  ])("is the next attempt of one that was %s, leased without an end", (_state, seen, counts) => {
    const slot = waitsFor("map-1", seen, 7000);
    expect(slot).toMatchObject({ state: "leased", owner: "map-1", carrier: "map", startedAtMs: 7000, ...counts });
    expect(new Date(slot.untilMs).getTime()).toBe(8_640_000_000_000_000);
    expect(childOf(decodeSlot(encodeSlot(slot)))).toBe("map-1");
  });

  it("is told from a lease", () => {
    expect(childOf(leased())).toBeUndefined();
    expect(childOf(absent)).toBeUndefined();
  });

  it("says after its end who has settled it", () => {
    const owner = `map-${"0".repeat(32)}`;
    expect(childIn(waitsFor("map-1", absent, 0))).toBe("map-1");
    expect(childIn(succeeded({ owner }))).toBe(owner);
    expect(childIn(succeeded())).toBeUndefined();
    for (const other of [`x${owner}`, `${owner}0`, `map-${"0".repeat(31)}g`])
      expect(childIn(succeeded({ owner: other }))).toBeUndefined();
  });

  it("is opened by a new generation as if nobody held it", () => {
    const slot = encodeSlot(waitsFor("map-1", absent, 0));
    const items = [{ key: place.key, image: { g: 1, s0: slot } }];
    const snapshot = snapshotOf(headOf({ runId: "p", generation: 2 }), plan, items);
    const [write] = reopenWrites(snapshot, { nowMs: 10_000, skewMs: 2000 });
    expect(write?.remove).toEqual(["s0"]);
  });
});

it("a child knows its parent's slot, and whose work its messages are", () => {
  const of = {
    run: "p",
    submittedAtMs: 500,
    node: "[1]",
    generation: 1,
    key: { pk: "p", sk: "node#[1]" },
    attribute: "s0",
  };
  expect(parentRef(parent, node, place)).toStrictEqual(of);
  expect(parentRef(parent, { ...node, fairnessKey: "tenant" }, place)).toStrictEqual({ ...of, fairnessKey: "tenant" });
});

describe("what a child owes its parent", () => {
  const waits = waitsFor("map-1", absent, 0);
  const ended: Partial<Head> = { status: "FAILED", endedAtMs: 9000 };
  const paused = { pausedAtMs: 8000 };
  const owing = { errorBranches: true };
  const slotless = { slot: waits };
  it.each([
    ["nothing while both run", child, { head: parent, ...slotless }, undefined],
    ["nothing of a run that has no parent", headOf(), { head: undefined, ...slotless }, undefined],
    ["its end", { ...child, ...ended }, { head: parent, ...slotless }, "tell"],
    ["its end, before its map waits for it", { ...child, ...ended }, { head: parent, slot: absent }, "tell"],
    [
      "its end, also after that of its parent",
      { ...child, ...ended },
      { head: { ...parent, ...ended }, ...slotless },
      "tell",
    ],
    [
      "no end to a parent that has ended before its map waited for it",
      { ...child, ...ended },
      { head: { ...parent, ...ended }, slot: absent },
      undefined,
    ],
    ["nothing once that is known", { ...child, ...ended }, { head: parent, slot: succeeded() }, undefined],
    [
      "no end to another generation",
      { ...child, ...ended },
      { head: { ...parent, generation: 2 }, ...slotless },
      undefined,
    ],
    ["no end to nobody", { ...child, ...ended }, { head: undefined, slot: absent }, undefined],
    ["to end with it", child, { head: { ...parent, ...ended }, ...slotless }, "revoke"],
    ["to end when its map is settled", child, { head: parent, slot: succeeded() }, "revoke"],
    ["to end in another generation", child, { head: { ...parent, generation: 2 }, ...slotless }, "revoke"],
    ["to end when that is gone", child, { head: undefined, slot: absent }, "revoke"],
    ["to end when that was removed", child, { head: { ...parent, removedAtMs: 1 }, ...slotless }, "revoke"],
    [
      "to end when that is another run by now",
      child,
      { head: { ...parent, submittedAtMs: 501 }, ...slotless },
      "revoke",
    ],
    ["to pause with it", child, { head: { ...parent, ...paused }, ...slotless }, "pause"],
    [
      "nothing more when both are paused",
      { ...child, ...paused },
      { head: { ...parent, ...paused }, ...slotless },
      undefined,
    ],
    ["to go on with it", { ...child, ...paused }, { head: parent, ...slotless }, "resume"],
    [
      "to go on with what its failure asks for, when it has failed during the pause",
      { ...child, ...ended, ...paused, ...owing },
      { head: parent, slot: succeeded() },
      "resume",
    ],
    [
      "the same after the end of its parent",
      { ...child, ...ended, ...paused, ...owing },
      { head: { ...parent, ...ended }, slot: succeeded() },
      "resume",
    ],
    [
      "nothing after a pause in which it was revoked",
      { ...child, ...ended, ...paused, ...owing, status: "REVOKED" },
      { head: { ...parent, ...ended }, slot: succeeded() },
      undefined,
    ],
    [
      "the same when that is gone",
      { ...child, ...ended, ...paused, ...owing },
      { head: undefined, slot: absent },
      "resume",
    ],
    [
      "the same when that was removed, paused as it was",
      { ...child, ...ended, ...paused, ...owing },
      { head: { ...parent, ...ended, ...paused, removedAtMs: 1 }, slot: absent },
      "resume",
    ],
    [
      "nothing after a pause when its failure asks for nothing",
      { ...child, ...ended, ...paused },
      { head: parent, slot: succeeded() },
      undefined,
    ],
    [
      "to let its own maps go on, even when it was revoked",
      { ...child, ...ended, ...paused, status: "REVOKED", maps: true },
      { head: parent, slot: succeeded() },
      "resume",
    ],
    ["to go on, before its end", { ...child, ...ended, ...paused, ...owing }, { head: parent, ...slotless }, "resume"],
    [
      "its end while its parent is paused",
      { ...child, ...ended, ...paused, ...owing },
      { head: { ...parent, ...paused }, ...slotless },
      "tell",
    ],
    [
      "nothing while its parent is paused",
      { ...child, ...ended, ...paused, ...owing },
      { head: { ...parent, ...paused }, slot: succeeded() },
      undefined,
    ],
    ["nothing after it was removed", { ...child, ...ended, removedAtMs: 1 }, { head: parent, ...slotless }, undefined],
  ] as const)("is %s", (_name, head, view, owed) => {
    expect(owedToParent(head as Head, view as Parameters<typeof owedToParent>[1])).toBe(owed);
  });

  it("is waited for by a child alone that has ended, and is paused", () => {
    const held = { ...child, ...ended, ...paused, ...owing };
    expect(awaitsResume(held)).toBe(true);
    for (const name of ["parent", "endedAtMs", "pausedAtMs"])
      expect(awaitsResume({ ...held, [name]: undefined })).toBe(false);
  });

  it("is owed to that run alone", () => {
    const of = parentRef(parent, node, place);
    expect(isParent(of, parent)).toBe(true);
    expect(isParent(of, { ...parent, runId: "q" })).toBe(false);
  });
});

describe("adoption", () => {
  let store: ReturnType<typeof createMemoryStore>;
  const stored = async () => decodeHead("map-1", (await store.get({ pk: "map-1", sk: "head" }, "test")) ?? {});
  const adopt = async (seen: Head, generation: number) =>
    (await store.write(adoptWrite(seen, generation), "test")).applied;

  beforeEach(async () => {
    store = createMemoryStore();
    await store.write(createHeadWrite(child, 0), "test");
  });

  it("makes a child that of a later generation, from the state seen alone", async () => {
    expect((await stored()).parent).toEqual(child.parent);
    expect(await adopt(child, 2)).toBe(true);
    expect((await stored()).parent).toEqual({ ...child.parent, generation: 2 });
    expect(await adopt(child, 3)).toBe(false);
  });

  it.each([
    ["has ended meanwhile", { status: "FAILED" }],
    ["was raised meanwhile", { generation: 2 }],
  ] as const)("is refused when it %s", async (_name, more) => {
    const set = Object.entries(more).map(([name, value]) => ({ path: [name] as const, value }));
    await store.write({ key: { pk: "map-1", sk: "head" }, set }, "test");
    expect(await adopt(child, 2)).toBe(false);
  });
});
