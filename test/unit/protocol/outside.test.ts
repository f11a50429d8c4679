/**
 * Tasks that programs elsewhere run: what their message ends in at control, and which report counts.
 */
import { describe, expect, it } from "vitest";
import { attemptOf, outsideOwner, outsideRow, reportRow } from "../../../lib/protocol/outside.ts";
import type { LeasedSlot, SettledSlot, Slot } from "../../../lib/protocol/slot.ts";
import { absent, failedSlot, leased, queued, retry, succeeded, waiting } from "./support.ts";

const handedOut = (more: Partial<LeasedSlot> = {}) => leased({ owner: outsideOwner, ...more });
const reported = (more: Partial<SettledSlot> = {}) => succeeded({ owner: outsideOwner, ...more });
const refused = (why: unknown) => ({ kind: "refuse", why });

describe("the attempt that a program elsewhere has", () => {
  const token = (slot: Slot) => attemptOf("r", 3, "[0]", slot);
  it("is that of the lease in its name", () => {
    expect(outsideOwner).toBe("outside");
    expect(token(handedOut({ dispatch: 2, attempt: 4, lost: 1 }))).toEqual({
      ...{ run: "r", generation: 3, node: "[0]", dispatch: 2, attempt: 4, lost: 1 },
    });
  });

  it.each<[string, Slot]>([
    ["absent", absent],
    ["leased by a worker", leased()],
    ["settled by a report", reported()],
    ["waiting for the next attempt", waiting()],
  ])("is none where the slot is %s", (_, slot) => {
    expect(token(slot)).toBeUndefined();
  });
});

describe("outsideRow", () => {
  const asker = { owner: "me", carrier: "token", nowMs: 10_000, skewMs: 2000 };
  const row = (slot: Slot, dispatch = 1, more: object = {}) =>
    outsideRow(slot, { dispatch, mayStart: true, retry, ...more }, { ...asker, ...more });

  it.each<[string, Slot, number, object]>([
    ["absent → claim", absent, 1, { kind: "claim", seen: absent, dispatch: 1, attempt: 1, lost: 0 }],
    [
      "queued, a later dispatch → claim that",
      queued({ dispatch: 2 }),
      1,
      { kind: "claim", seen: queued({ dispatch: 2 }), dispatch: 2, attempt: 1, lost: 0 },
    ],
    ["claimed under my token, perhaps not sent → send", handedOut(), 1, { kind: "hand-over", lease: handedOut() }],
    [
      "the same of a later dispatch, which an older message claimed → send",
      handedOut({ dispatch: 2 }),
      1,
      { kind: "hand-over", lease: handedOut({ dispatch: 2 }) },
    ],
    [
      "claimed under another token → its message sees to it",
      handedOut({ carrier: "other" }),
      1,
      { kind: "discharged" },
    ],
    [
      "a later dispatch of another token → discharged",
      handedOut({ carrier: "other", dispatch: 2 }),
      1,
      { kind: "discharged" },
    ],
    [
      "an earlier dispatch under another token → return, until its end and ε",
      handedOut({ carrier: "other" }),
      2,
      { kind: "return", untilMs: 32_000 },
    ],
    ["settled → drive on", reported(), 1, { kind: "drive" }],
    ["waiting for a later dispatch → send that", waiting(), 1, { kind: "send", dispatch: 2, atMs: 5000 }],
    ["waiting, mine, too early → return", waiting({ atMs: 20_000 }), 2, { kind: "return", untilMs: 20_000 }],
  ])("%s", (_, slot, dispatch, expected) => {
    expect(row(slot, dispatch)).toEqual(expected);
  });

  it("never runs: whoever asks in the name of programs elsewhere is mistaken", () => {
    const seen = handedOut({ carrier: "other", dispatch: 2 });
    expect(() => row(seen, 1, { owner: outsideOwner })).toThrow("an outside task cannot be in row run");
  });

  it("takes a lease that is over for a lost attempt, also under its own token", () => {
    const seen = handedOut();
    expect(row(seen, 1, { nowMs: 32_001 })).toEqual({ kind: "claim", seen, dispatch: 1, attempt: 2, lost: 1 });
    const last = handedOut({ lost: 2 });
    expect(row(last, 1, { nowMs: 32_001 })).toEqual({ kind: "give-up", seen: last, lost: 3 });
  });

  it("sends nothing after the end of the run", () => {
    expect(row(handedOut(), 1, { mayStart: false })).toEqual({ kind: "discharged" });
    expect(row(absent, 1, { mayStart: false })).toEqual({ kind: "discharged" });
  });
});

describe("reportRow", () => {
  /** Of the second attempt, sent with the second dispatch. */
  const token = { dispatch: 2, attempt: 2, lost: 0 };
  const mine = { dispatch: 2, attempt: 2 };

  it.each<[string, Slot, object]>([
    ["the attempt that runs → accept", handedOut(mine), { kind: "accept", lease: handedOut(mine) }],
    [
      "settled by its report → the same drives on",
      reported({ attempt: 2 }),
      { kind: "settled", slot: reported({ attempt: 2 }) },
    ],
    [
      "waiting for the attempt it asked for → the same sends",
      waiting({ dispatch: 3, attempt: 2 }),
      { kind: "retried", slot: waiting({ dispatch: 3, attempt: 2 }) },
    ],
    [
      "sent again since → the same sends",
      queued({ dispatch: 3, attempt: 2 }),
      { kind: "retried", slot: queued({ dispatch: 3, attempt: 2 }) },
    ],
    ["a later attempt runs, none was lost → it has reported", handedOut({ dispatch: 3, attempt: 3 }), { kind: "past" }],
    ["a later attempt has settled it, none was lost → it has reported", reported({ attempt: 3 }), { kind: "past" }],
    ["a later attempt waits, none was lost → it has reported", waiting({ dispatch: 4, attempt: 3 }), { kind: "past" }],
  ])("%s", (_, slot, expected) => {
    expect(reportRow(slot, token)).toEqual(expected);
  });

  it.each<[string, Slot, string]>([
    ["no slot", absent, "the task has not been handed out"],
    ["an attempt that is still to come", handedOut(), "the task has had 1 attempts"],
    [
      "its lease was over: waiting",
      waiting({ dispatch: 3, attempt: 2, lost: 1 }),
      "its time was over, and the task was handed out once more",
    ],
    [
      "its lease was over: the next attempt runs",
      handedOut({ dispatch: 3, attempt: 3, lost: 1 }),
      "its time was over, and the task was handed out once more",
    ],
    [
      "its lease was over: the next attempt has reported",
      reported({ attempt: 3, lost: 1 }),
      "the task has ended SUCCEEDED without it",
    ],
    [
      "settled by a deadline",
      succeeded({ status: "TIMED_OUT", attempt: 2 }),
      "the task has ended TIMED_OUT without it",
    ],
    ["given up", { ...failedSlot, attempt: 2, lost: 1 }, "the task has ended FAILED without it"],
    ["held by a worker of ours", leased(mine), "it was not handed out"],
    ["the same attempt of another dispatch", handedOut({ dispatch: 3, attempt: 2 }), "it was not handed out"],
    ["waiting for its own dispatch", waiting({ dispatch: 2, attempt: 2 }), "it was not handed out"],
  ])("S15: refuses it: %s", (_, slot, why) => {
    expect(reportRow(slot, token)).toEqual(refused(why));
  });
});
