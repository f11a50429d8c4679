/**
 * What a quorum has accepted, as its decision keeps it.
 */
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { StoreError } from "../../../lib/errors.ts";
import type { PlanJoin } from "../../../lib/plan/types.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { encodeSlot, type LeasedSlot, type SettledSlot } from "../../../lib/protocol/slot.ts";
import { leafKey } from "../../../lib/protocol/tally.ts";
import { acceptedMembers, acceptedOf } from "../../../lib/records/accepted.ts";
import { aJoin } from "../plan/support.ts";

const ended: SettledSlot = { state: "settled", status: "SUCCEEDED", attempt: 1, lost: 0, owner: "o", settledAtMs: 1 };
const success: SettledSlot = { ...ended, value: { kind: "inline", text: "7" } };
const failure: SettledSlot = { ...ended, status: "FAILED", error: { name: "Error", message: "broken" } };
const lease: LeasedSlot = {
  state: "leased",
  dispatch: 1,
  attempt: 1,
  lost: 0,
  owner: "o",
  carrier: "token",
  untilMs: 30_000,
  startedAtMs: 0,
};

function quorumOf(size: number): PlanJoin {
  return aJoin(".", "chord", size, { when: "quorum", count: 1 });
}

/** A table with these slots of a join. */
function stored(join: PlanJoin, slots: Readonly<Record<number, SettledSlot | LeasedSlot>>) {
  const store = createMemoryStore();
  const leaves = new Map<number, Record<string, unknown>>();
  for (const [index, slot] of Object.entries(slots)) {
    const leaf = Math.floor(Number(index) / join.leafSize);
    const image = leaves.get(leaf) ?? { g: 1 };
    leaves.set(leaf, { ...image, [`s${Number(index) % join.leafSize}`]: encodeSlot(slot) });
  }
  store.restore([...leaves].map(([leaf, image]) => ({ key: leafKey("run", join, leaf), image: image as Image })));
  return { store, reader: { deps: { store }, run: { id: "run" } } };
}

describe("acceptedMembers", () => {
  it.each<[name: string, settled: readonly number[], ranges: string]>([
    ["nobody", [], "[]"],
    ["one", [4], "[[4,4]]"],
    ["the first and the last of nine", [0, 8], "[[0,0],[8,8]]"],
    ["neighbours, across leaves too", [2, 3, 4, 5, 8], "[[2,5],[8,8]]"],
    ["all", [0, 1, 2, 3, 4, 5, 6, 7, 8], "[[0,8]]"],
  ])("are kept as ranges: %s", async (_, settled, ranges) => {
    const join = quorumOf(9);
    const { reader } = stored(join, Object.fromEntries(settled.map((index) => [index, success])));
    expect(await acceptedMembers(reader, join)).toEqual({ v: ranges });
  });

  it("are all that is settled, failures too, and nobody who still runs", async () => {
    const join = quorumOf(6);
    const { reader } = stored(join, { 0: failure, 1: success, 2: lease, 5: { ...failure, status: "SKIPPED" } });
    expect(await acceptedMembers(reader, join)).toEqual({ v: "[[0,1],[5,5]]" });
  });

  it("are one range where all of 20,000 are settled, in the decision itself", async () => {
    const join = quorumOf(20_000);
    const { reader } = stored(join, Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, success])));
    expect(await acceptedMembers(reader, join)).toEqual({ v: "[[0,19999]]" });
  });

  it("are stored apart, before the decision, where they are many ranges", async () => {
    const join = quorumOf(4000);
    const { reader, store } = stored(
      join,
      Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [2 * i, success])),
    );
    const accepted = (await acceptedMembers(reader, join)) as Image;
    expect(accepted).toEqual({ h: expect.any(String), z: expect.any(Number) });
    expect(store.dump().map(({ key }) => key.sk)).toContain(`value#${accepted.h}#0000`);
    const isAccepted = await acceptedOf(reader, { accepted });
    expect([0, 1, 2, 3998, 3999, 4000].map(isAccepted)).toEqual([true, false, true, true, false, false]);
  });

  it("are stored in several parts where one item cannot hold them", async () => {
    const join = quorumOf(4000);
    const { reader } = stored(join, Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [2 * i, success])));
    const small = { ...reader, deps: { ...reader.deps, partBytes: 1000 } };
    const accepted = (await acceptedMembers(small, join)) as Image;
    expect(Number(accepted.p)).toBeGreaterThan(1);
    const isAccepted = await acceptedOf(small, { accepted });
    expect([0, 1, 3998, 3999].map(isAccepted)).toEqual([true, false, true, false]);
  });
});

describe("acceptedOf", () => {
  const { reader } = stored(quorumOf(9), {});

  it.each<[text: string, members: readonly number[]]>([
    ["[]", []],
    ["[[0,0]]", [0]],
    ["[[2,5],[8,8]]", [2, 3, 4, 5, 8]],
  ])("%s holds %j", async (v, members) => {
    const isAccepted = await acceptedOf(reader, { accepted: { v } });
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8].filter(isAccepted)).toEqual(members);
  });

  it.each([
    ["no item", undefined],
    ["no accepted set", { decision: "callback" }],
  ])("refuses a top with %s: a callback without its list would get another at its next attempt", async (_, top) => {
    await expect(acceptedOf(reader, top)).rejects.toThrow(StoreError);
  });
});
