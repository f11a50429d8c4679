import { describe, expect, it } from "vitest";
import type { Value } from "../../../lib/ports/store.ts";
import { asSeen, countsOf, decodeSlot, encodeSlot, isBad, leasedBy, type Slot } from "../../../lib/protocol/slot.ts";
import { absent, failedSlot, leased, queued, succeeded, waiting } from "./support.ts";

const second = { attempt: 2, owner: "copy", carrier: "token 2", untilMs: 40_000, startedAtMs: 10_000 };

const stored: [name: string, slot: Exclude<Slot, { state: "absent" }>, value: Value][] = [
  ["queued", queued(), { a: 0, s: "Q", d: 1, n: 1, t: 5000 }],
  ["queued, with lost attempts", queued({ attempt: 2, lost: 1 }), { a: 2, l: 1, s: "Q", d: 1, n: 1, t: 5000 }],
  ["leased", leased(), { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0 }],
  [
    "leased, with what its body has said at its last heartbeat",
    leased({ beatAtMs: 8000, details: '{"rows":3}' }),
    { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0, k: 8000, m: '{"rows":3}' },
  ],
  [
    "leased, with a heartbeat",
    leased({ beatAtMs: 8000 }),
    { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0, k: 8000 },
  ],
  [
    "leased, with a copy beside it",
    leased({ second: { attempt: 2, owner: "copy", carrier: "token 2", untilMs: 40_000, startedAtMs: 10_000 } }),
    { a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0, A: 2, O: "copy", C: "token 2", U: 40_000, B: 10_000 },
  ],
  [
    "leased, with a copy beside it that says how far it is",
    leased({
      second: {
        attempt: 2,
        owner: "copy",
        carrier: "token 2",
        untilMs: 50_000,
        startedAtMs: 10_000,
        beatAtMs: 20_000,
        details: "1",
      },
    }),
    {
      ...{ a: 1, s: "L", d: 1, o: "me", c: "token", u: 30_000, b: 0 },
      ...{ A: 2, O: "copy", C: "token 2", U: 50_000, B: 10_000, K: 20_000, M: "1" },
    },
  ],
  ["waiting for a message", waiting(), { a: 1, s: "W", d: 2, t: 5000 }],
  ["waiting for a timer", waiting({ timer: true }), { a: 1, w: 1, s: "W", d: 2, t: 5000 }],
  [
    "waiting after an error",
    waiting({ error: { name: "Error", message: "broken" } }),
    { a: 1, e: { n: "Error", m: "broken" }, s: "W", d: 2, t: 5000 },
  ],
  ["succeeded, value inline", succeeded(), { a: 1, s: "SUCCEEDED", o: "me", f: 9000, b: 0, v: "7" }],
  [
    "succeeded, value in several items",
    succeeded({ value: { kind: "item", hash: "abc", bytes: 2_000_000, parts: 6 } }),
    { a: 1, s: "SUCCEEDED", o: "me", f: 9000, b: 0, h: "abc", z: 2_000_000, p: 6 },
  ],
  [
    "succeeded, value in an item",
    succeeded({ value: { kind: "item", hash: "abc", bytes: 2000 } }),
    { a: 1, s: "SUCCEEDED", o: "me", f: 9000, b: 0, h: "abc", z: 2000 },
  ],
  [
    "succeeded, value taken over",
    succeeded({ value: { kind: "reference" } }),
    { a: 1, s: "SUCCEEDED", o: "me", f: 9000, b: 0 },
  ],
  ["failed", failedSlot, { a: 3, s: "FAILED", o: "me", f: 9000, b: 0, e: { n: "Error", m: "broken" } }],
  [
    "failed by another task, never started",
    {
      state: "settled",
      status: "FAILED",
      attempt: 0,
      lost: 0,
      owner: "me",
      settledAtMs: 9000,
      error: { name: "Error", message: "broken", taskId: "r/x" },
    },
    { a: 0, s: "FAILED", o: "me", f: 9000, e: { n: "Error", m: "broken", t: "r/x" } },
  ],
  [
    "timed out, with what its worker reported later",
    { ...failedSlot, status: "TIMED_OUT", late: "SUCCEEDED" },
    { a: 3, s: "TIMED_OUT", o: "me", f: 9000, b: 0, e: { n: "Error", m: "broken" }, x: "SUCCEEDED" },
  ],
  ...(
    [
      ["without a reason", {}, {}],
      ["with a reason", { reason: "nothing to do" }, { m: "nothing to do" }],
      ["since another task was", { taskId: "r/x" }, { t: "r/x" }],
      ["since another task was, with its reason", { reason: "none", taskId: "r/x" }, { m: "none", t: "r/x" }],
    ] as const
  ).map(([name, skip, k]): (typeof stored)[number] => [
    `skipped by choice, ${name}`,
    { state: "settled", status: "SKIPPED", attempt: 1, lost: 0, owner: "me", startedAtMs: 0, settledAtMs: 9000, skip },
    { a: 1, s: "SKIPPED", o: "me", f: 9000, b: 0, k },
  ]),
];

describe("encodeSlot and decodeSlot", () => {
  it.each(stored)("%s: as the table holds it", (_, slot, value) => {
    expect(encodeSlot(slot)).toStrictEqual(value);
  });

  it.each(stored)("%s: as it is read back", (_, slot, value) => {
    expect(decodeSlot(value)).toStrictEqual(slot);
  });

  it.each([undefined, null])("reads no attribute as an absent slot: %s", (value) => {
    expect(decodeSlot(value)).toEqual(absent);
  });

  it("refuses a state it does not know", () => {
    expect(() => decodeSlot({ s: "X", a: 1 })).toThrow('unknown slot state "X"');
  });
});

describe("isBad", () => {
  it.each([
    ["absent", absent, false],
    ["queued", queued(), false],
    ["leased", leased(), false],
    ["waiting", waiting(), false],
    ["SUCCEEDED", succeeded(), false],
    ["FAILED", failedSlot, true],
    ["TIMED_OUT", { ...failedSlot, status: "TIMED_OUT" } as const, true],
    ["REVOKED", { ...failedSlot, status: "REVOKED" } as const, true],
    ["SKIPPED", { ...failedSlot, status: "SKIPPED" } as const, true],
    ["SKIPPED by choice", { ...failedSlot, status: "SKIPPED", error: undefined, skip: {} } as never, false],
  ])("%s: case %#", (_, slot, bad) => {
    expect(isBad(slot)).toBe(bad);
  });
});

describe("countsOf", () => {
  it.each([
    ["absent: the first dispatch comes", absent, { attempt: 0, lost: 0, dispatch: 1 }],
    ["queued", queued({ dispatch: 3, attempt: 2, lost: 1 }), { attempt: 2, lost: 1, dispatch: 3 }],
    ["leased", leased({ dispatch: 2, attempt: 2 }), { attempt: 2, lost: 0, dispatch: 2 }],
    ["leased, with a copy: its attempt is claimed too", leased({ second }), { attempt: 2, lost: 0, dispatch: 1 }],
    ["waiting", waiting(), { attempt: 1, lost: 0, dispatch: 2 }],
    ["settled: no dispatch is left", failedSlot, { attempt: 3, lost: 0, dispatch: 0 }],
  ])("%s", (_, slot, counts) => {
    expect(countsOf(slot)).toEqual(counts);
  });
});

describe("asSeen", () => {
  const entry = (name: string, value: string | number) => ({ is: "equal", path: ["s2", name], value });
  const ofLease = [entry("s", "L"), entry("d", 1), entry("a", 1), entry("o", "me"), entry("u", 30_000)];

  it.each([
    ["absent", absent, { is: "absent", path: ["s2"] }],
    [
      "queued: time and count of the re-send too",
      queued(),
      { is: "all", of: [entry("s", "Q"), entry("d", 1), entry("a", 0), entry("t", 5000), entry("n", 1)] },
    ],
    [
      "leased: owner and end too, since every heartbeat moves that",
      leased(),
      { is: "all", of: [...ofLease, { is: "absent", path: ["s2", "A"] }] },
    ],
    [
      "leased, with a copy: that and its end",
      leased({ second }),
      { is: "all", of: [...ofLease, entry("A", 2), entry("U", 40_000)] },
    ],
    [
      "waiting: its time too",
      waiting(),
      { is: "all", of: [entry("s", "W"), entry("d", 2), entry("a", 1), entry("t", 5000)] },
    ],
  ])("S15: %s", (_, slot, condition) => {
    expect(asSeen("s2", slot)).toEqual(condition);
  });
});

describe("leasedBy", () => {
  it("S15: names state, owner and attempt", () => {
    expect(leasedBy("s2", { owner: "me", attempt: 3 })).toEqual({
      is: "all",
      of: [
        { is: "equal", path: ["s2", "s"], value: "L" },
        { is: "equal", path: ["s2", "o"], value: "me" },
        { is: "equal", path: ["s2", "a"], value: 3 },
      ],
    });
  });
});
