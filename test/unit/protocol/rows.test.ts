/**
 * docs/protocol.md#what-a-message-may-end-in, row by row: what a message ends in, by the slot it meets.
 */
import { describe, expect, it } from "vitest";
import {
  type Asker,
  type CarryCase,
  driverRow,
  leaseOver,
  mayCarry,
  ownRow,
  type WakeRow,
  wakeRow,
} from "../../../lib/protocol/rows.ts";
import type { LeasedSlot, Slot } from "../../../lib/protocol/slot.ts";
import { absent, failedSlot, leased, queued, retry, succeeded, waiting } from "./support.ts";

/** A lease until 30,000 is over at 32,001. */
const asker = (nowMs: number): Asker => ({ owner: "me", carrier: "token", nowMs, skewMs: 2000 });
const foreign = (more: Partial<LeasedSlot> = {}) => leased({ owner: "other", carrier: "other token", ...more });

describe("leaseOver", () => {
  it.each([
    [29_999, false],
    [30_000, false],
    [31_999, false],
    [32_000, false],
    [32_001, true],
  ])("S15: a lease until 30,000 with ε = 2,000 is over at %d: %s", (nowMs, over) => {
    expect(leaseOver(leased(), { nowMs, skewMs: 2000 })).toBe(over);
  });
});

describe("ownRow", () => {
  const rows: [name: string, slot: Slot, dispatch: number, nowMs: number, row: object][] = [
    ["terminal, succeeded → drive on", succeeded(), 1, 10_000, { kind: "drive" }],
    ["terminal, failed → drive on", failedSlot, 1, 10_000, { kind: "drive" }],
    ["terminal, older dispatch → drive on", succeeded({ attempt: 2 }), 1, 10_000, { kind: "drive" }],
    [
      "absent → claim the first attempt",
      absent,
      1,
      10_000,
      { kind: "claim", seen: absent, dispatch: 1, attempt: 1, lost: 0 },
    ],
    [
      "absent, later dispatch → claim under that dispatch",
      absent,
      2,
      10_000,
      { kind: "claim", seen: absent, dispatch: 2, attempt: 1, lost: 0 },
    ],
    [
      "queued, same dispatch → claim",
      queued(),
      1,
      10_000,
      { kind: "claim", seen: queued(), dispatch: 1, attempt: 1, lost: 0 },
    ],
    [
      "queued, larger dispatch in the slot → an older message claims under the slot's",
      queued({ dispatch: 3, attempt: 2, lost: 1 }),
      1,
      10_000,
      { kind: "claim", seen: queued({ dispatch: 3, attempt: 2, lost: 1 }), dispatch: 3, attempt: 3, lost: 1 },
    ],
    [
      "queued, smaller dispatch in the slot → claim under the message's",
      queued({ dispatch: 1 }),
      2,
      10_000,
      { kind: "claim", seen: queued(), dispatch: 2, attempt: 1, lost: 0 },
    ],
    ["leased by me → run", leased(), 1, 10_000, { kind: "run", lease: leased() }],
    ["leased by me, over → run: nobody has taken it", leased(), 1, 50_000, { kind: "run", lease: leased() }],
    ["leased, newer dispatch, live → discharged", foreign({ dispatch: 2 }), 1, 10_000, { kind: "discharged" }],
    ["leased, newer dispatch, over → discharged", foreign({ dispatch: 2 }), 1, 50_000, { kind: "discharged" }],
    ["leased live → return until its end and ε", foreign(), 1, 10_000, { kind: "return", untilMs: 32_000 }],
    ["leased live, older dispatch → return", foreign(), 2, 10_000, { kind: "return", untilMs: 32_000 }],
    [
      "leased live under my token by an earlier delivery → return",
      foreign({ carrier: "token" }),
      1,
      10_000,
      { kind: "return", untilMs: 32_000 },
    ],
    ["leased, ended but within ε → return", foreign(), 1, 31_000, { kind: "return", untilMs: 32_000 }],
    [
      "lease over → take over: next attempt, one lost",
      foreign(),
      1,
      32_001,
      { kind: "claim", seen: foreign(), dispatch: 1, attempt: 2, lost: 1 },
    ],
    [
      "lease over, older dispatch → take over under the message's",
      foreign(),
      2,
      32_001,
      { kind: "claim", seen: foreign(), dispatch: 2, attempt: 2, lost: 1 },
    ],
    [
      "lease over, one lost attempt left → take over",
      foreign({ attempt: 2, lost: 1 }),
      1,
      32_001,
      { kind: "claim", seen: foreign({ attempt: 2, lost: 1 }), dispatch: 1, attempt: 3, lost: 2 },
    ],
    [
      "lease over, lost attempts used up → give up",
      foreign({ attempt: 3, lost: 2 }),
      1,
      32_001,
      { kind: "give-up", seen: foreign({ attempt: 3, lost: 2 }), lost: 3 },
    ],
    [
      "waiting, later dispatch, due → send that dispatch",
      waiting(),
      1,
      10_000,
      { kind: "send", dispatch: 2, atMs: 5000 },
    ],
    [
      "waiting, later dispatch, too early → send that dispatch for its time",
      waiting({ atMs: 60_000 }),
      1,
      10_000,
      { kind: "send", dispatch: 2, atMs: 60_000 },
    ],
    ["waiting, mine, too early → return", waiting({ atMs: 60_000 }), 2, 10_000, { kind: "return", untilMs: 60_000 }],
    [
      "waiting, mine, its time → claim",
      waiting({ atMs: 10_000 }),
      2,
      10_000,
      { kind: "claim", seen: waiting({ atMs: 10_000 }), dispatch: 2, attempt: 2, lost: 0 },
    ],
    [
      "waiting, mine, due, with lost attempts → claim keeps their count",
      waiting({ lost: 1 }),
      2,
      10_000,
      { kind: "claim", seen: waiting({ lost: 1 }), dispatch: 2, attempt: 2, lost: 1 },
    ],
    [
      "waiting, older dispatch, due → claim under the slot's",
      waiting({ dispatch: 2 }),
      3,
      10_000,
      { kind: "claim", seen: waiting(), dispatch: 2, attempt: 2, lost: 0 },
    ],
  ];

  it.each(rows)("%s", (_, slot, dispatch, nowMs, row) => {
    expect(ownRow(slot, { dispatch, mayStart: true, retry, packed: false }, asker(nowMs))).toEqual(row);
  });

  /** A copy of attempt 1, until 40,000. */
  const second = { attempt: 2, owner: "copy", carrier: "copy token", untilMs: 40_000, startedAtMs: 10_000 };
  const hasFailed = { ...second, owner: "", untilMs: 0 };
  const beside: [name: string, slot: Slot, copyOf: number | undefined, nowMs: number, row: object][] = [
    [
      "own, first live → return until its end",
      foreign({ second }),
      undefined,
      20_000,
      { kind: "return", untilMs: 32_000 },
    ],
    [
      "own, first over, copy live → promote",
      foreign({ second }),
      undefined,
      32_001,
      { kind: "promote", seen: foreign({ second }) },
    ],
    [
      "own, both over → take over above both, two lost",
      foreign({ second }),
      undefined,
      42_001,
      { kind: "claim", seen: foreign({ second }), dispatch: 1, attempt: 3, lost: 2 },
    ],
    [
      "own, first over, copy has failed → take over above both, one lost",
      foreign({ second: hasFailed }),
      undefined,
      32_001,
      { kind: "claim", seen: foreign({ second: hasFailed }), dispatch: 1, attempt: 3, lost: 1 },
    ],
    [
      "own, both over, lost attempts used up → give up",
      foreign({ second, lost: 1 }),
      undefined,
      42_001,
      { kind: "give-up", seen: foreign({ second, lost: 1 }), lost: 3 },
    ],
    [
      "mine, with a copy beside it → run",
      leased({ second }),
      undefined,
      20_000,
      { kind: "run", lease: leased({ second }) },
    ],
    ["copy, alone and live → claim beside", foreign(), 1, 20_000, { kind: "claim-beside", seen: foreign() }],
    [
      "copy, it is mine → run it",
      foreign({ second: { ...second, owner: "me" } }),
      1,
      20_000,
      { kind: "run", lease: { ...leased({ ...second, owner: "me" }), isCopy: true } },
    ],
    [
      "copy, by an earlier delivery → return until its end",
      foreign({ second }),
      1,
      20_000,
      { kind: "return", untilMs: 42_000 },
    ],
    [
      "copy, whose worker has vanished, first live → it gives way",
      foreign({ second: { ...second, untilMs: 15_000 } }),
      1,
      20_000,
      { kind: "give-way", seen: foreign({ second: { ...second, untilMs: 15_000 } }) },
    ],
    [
      "copy, that has failed, first live → discharged",
      foreign({ second: hasFailed }),
      1,
      20_000,
      { kind: "discharged" },
    ],
    [
      "copy, it has taken the place of the first under my token → return",
      foreign({ attempt: 2, carrier: "token" }),
      1,
      20_000,
      { kind: "return", untilMs: 32_000 },
    ],
    [
      "copy, another attempt under another token → discharged",
      foreign({ attempt: 2 }),
      1,
      20_000,
      { kind: "discharged" },
    ],
    [
      "copy of an attempt before, the next with a copy of its own → discharged",
      foreign({ attempt: 2, second: { ...second, attempt: 3 } }),
      1,
      20_000,
      { kind: "discharged" },
    ],
    [
      "copy of an attempt before, the copy of the next has vanished → discharged",
      foreign({ attempt: 2, second: { ...second, attempt: 3, untilMs: 15_000 } }),
      1,
      20_000,
      { kind: "discharged" },
    ],
    [
      "copy, first over, alone → take over",
      foreign(),
      1,
      32_001,
      { kind: "claim", seen: foreign(), dispatch: 1, attempt: 2, lost: 1 },
    ],
    ["copy, newer dispatch → discharged", foreign({ dispatch: 2 }), 1, 20_000, { kind: "discharged" }],
    [
      "copy, waiting for a later dispatch → that is sent",
      waiting(),
      1,
      10_000,
      { kind: "send", dispatch: 2, atMs: 5000 },
    ],
    ["copy, terminal → drive on", succeeded(), 1, 10_000, { kind: "drive" }],
  ];

  it.each(beside)("second copies: %s", (_, slot, copyOf, nowMs, row) => {
    expect(ownRow(slot, { dispatch: 1, mayStart: true, retry, packed: false, copyOf }, asker(nowMs))).toEqual(row);
  });

  it("S9: after the end no copy is claimed, and a running one goes on", () => {
    const found = { dispatch: 1, mayStart: false, retry, packed: false, copyOf: 1 };
    expect(ownRow(foreign(), found, asker(20_000))).toEqual({ kind: "discharged" });
    const mine = foreign({ second: { ...second, owner: "me" } });
    expect(ownRow(mine, found, asker(20_000))).toMatchObject({ kind: "run" });
  });

  const inPack: [name: string, slot: Slot, dispatch: number, nowMs: number, row: object][] = [
    ["absent → claim", absent, 1, 10_000, { kind: "claim", seen: absent, dispatch: 1, attempt: 1, lost: 0 }],
    ["terminal → drive on", failedSlot, 1, 10_000, { kind: "drive" }],
    ["leased live by another → return", foreign(), 1, 10_000, { kind: "return", untilMs: 32_000 }],
    ["lease over → split off", foreign(), 1, 50_000, { kind: "split", seen: foreign(), attempt: 1, lost: 1 }],
    [
      "lease over, lost attempts used up → give up",
      foreign({ lost: 2 }),
      1,
      50_000,
      { kind: "give-up", seen: foreign({ lost: 2 }), lost: 3 },
    ],
    [
      "queued after a lost attempt → split off",
      queued({ attempt: 1, lost: 1 }),
      1,
      10_000,
      { kind: "split", seen: queued({ attempt: 1, lost: 1 }), attempt: 1, lost: 1 },
    ],
    [
      "queued under a later dispatch after a lost attempt → that is sent",
      queued({ dispatch: 2, attempt: 1, lost: 1 }),
      1,
      10_000,
      { kind: "send", dispatch: 2, atMs: 10_000 },
    ],
    ["waiting, later dispatch → that is sent", waiting(), 1, 10_000, { kind: "send", dispatch: 2, atMs: 5000 }],
  ];

  it.each(inPack)("in a pack, %s", (_, slot, dispatch, nowMs, row) => {
    expect(ownRow(slot, { dispatch, mayStart: true, retry, packed: true }, asker(nowMs))).toEqual(row);
  });

  const afterEnd: [name: string, slot: Slot, dispatch: number, nowMs: number, row: object][] = [
    ["terminal → drive on all the same", failedSlot, 1, 10_000, { kind: "drive" }],
    ["absent → discharged", absent, 1, 10_000, { kind: "discharged" }],
    ["queued → discharged", queued(), 1, 10_000, { kind: "discharged" }],
    ["leased by me → run to its end", leased(), 1, 10_000, { kind: "run", lease: leased() }],
    ["leased live by another → discharged", foreign(), 1, 10_000, { kind: "discharged" }],
    ["lease over → discharged", foreign(), 1, 50_000, { kind: "discharged" }],
    ["lease over, lost attempts used up → discharged", foreign({ lost: 2 }), 1, 50_000, { kind: "discharged" }],
    ["waiting, later dispatch → discharged", waiting(), 1, 10_000, { kind: "discharged" }],
    ["waiting, mine, due → discharged", waiting(), 2, 10_000, { kind: "discharged" }],
  ];

  it.each(afterEnd)("S9: after the end, %s", (_, slot, dispatch, nowMs, row) => {
    expect(ownRow(slot, { dispatch, mayStart: false, retry, packed: false }, asker(nowMs))).toEqual(row);
  });
});

describe("driverRow", () => {
  const rows: [name: string, slot: Slot, nowMs: number, row: object][] = [
    ["terminal, succeeded → drive on", succeeded(), 10_000, { kind: "drive" }],
    ["terminal, failed → drive on", failedSlot, 10_000, { kind: "drive" }],
    ["absent → send the first dispatch", absent, 10_000, { kind: "send", dispatch: 1, atMs: 10_000 }],
    ["queued lately → discharged", queued(), 64_999, { kind: "discharged" }],
    ["queued long ago → send it again", queued(), 65_000, { kind: "send", dispatch: 1, atMs: 65_000 }],
    [
      "queued long ago, later dispatch → send that one",
      queued({ dispatch: 4 }),
      65_000,
      { kind: "send", dispatch: 4, atMs: 65_000 },
    ],
    ["leased live under another token → discharged", foreign(), 10_000, { kind: "discharged" }],
    [
      "leased live under my token by an earlier delivery → return",
      foreign({ carrier: "token" }),
      10_000,
      { kind: "return", untilMs: 32_000 },
    ],
    [
      "leased, ended but within ε, under my token → return",
      foreign({ carrier: "token" }),
      32_000,
      { kind: "return", untilMs: 32_000 },
    ],
    ["lease over → send its own message", foreign(), 32_001, { kind: "send", dispatch: 1, atMs: 32_001 }],
    [
      "lease over, under my token → send its own message",
      foreign({ dispatch: 2, carrier: "token" }),
      32_001,
      { kind: "send", dispatch: 2, atMs: 32_001 },
    ],
    ["waiting, due → send its dispatch", waiting(), 10_000, { kind: "send", dispatch: 2, atMs: 5000 }],
    [
      "waiting, in future → send its dispatch for its time",
      waiting({ atMs: 60_000 }),
      10_000,
      { kind: "send", dispatch: 2, atMs: 60_000 },
    ],
  ];

  it.each(rows)("%s", (_, slot, nowMs, row) => {
    expect(driverRow(slot, asker(nowMs), 60_000)).toEqual(row);
  });
});

describe("wakeRow", () => {
  const asleep = waiting({ attempt: 0, dispatch: 1 });
  const rows: [name: string, slot: Slot, mayStart: boolean, nowMs: number, row: WakeRow][] = [
    ["terminal → drive on", succeeded(), true, 10_000, { kind: "drive" }],
    ["terminal, after the end → drive on", succeeded(), false, 10_000, { kind: "drive" }],
    ["waiting, its time has come → settle", asleep, true, 5000, { kind: "settle", seen: asleep }],
    ["waiting, too early → return", asleep, true, 4999, { kind: "return", untilMs: 5000 }],
    ["waiting, after the end → discharged", asleep, false, 10_000, { kind: "discharged" }],
    ["absent: reopened or removed → discharged", absent, true, 10_000, { kind: "discharged" }],
  ];

  it.each(rows)("%s", (_, slot, mayStart, nowMs, row) => {
    expect(wakeRow(slot, mayStart, nowMs)).toEqual(row);
  });
});

describe("mayCarry", () => {
  const all: CarryCase = { ownCommit: true, ownArrivals: true, sameQueue: true, timeRemains: true, delayed: false };
  const cases: [name: string, found: CarryCase, carries: boolean][] = [
    ["own commit, own arrivals, same queue, time, no delay", all, true],
    ["another's commit: the winner of the arrival alone does not", { ...all, ownCommit: false }, false],
    ["another's arrival", { ...all, ownArrivals: false }, false],
    ["another queue", { ...all, sameQueue: false }, false],
    ["too little time", { ...all, timeRemains: false }, false],
    ["a delay", { ...all, delayed: true }, false],
  ];

  it.each(cases)("%s", (_, found, carries) => {
    expect(mayCarry(found)).toBe(carries);
  });
});
