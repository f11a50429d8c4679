/**
 * What the soak would notice, and that its faults are what the services' documents say.
 */
import { describe, expect, it } from "vitest";
import { checkLedger, nothingSeen, takenUpAfterMs } from "../../soak/check.ts";
import { drawFault } from "../../soak/faults.ts";
import type { Entry } from "../../soak/ledger.ts";
import { parseOptions } from "../../soak/options.ts";

const entry = (what: Entry["what"], taskId: string, attempt: number, more: Partial<Entry> = {}): Entry => ({
  what,
  taskId,
  generation: 1,
  attempt,
  pid: 1,
  atMs: 0,
  hash: "h",
  ...more,
});
const good = [entry("start", "r/a", 1), entry("start", "r/a", 2), entry("end", "r/a", 2)];
const seen = (more: Partial<ReturnType<typeof nothingSeen>>) => ({ ...nothingSeen(), ...more });

describe("the ledger", () => {
  it("shows nothing wrong where a task was run again after a loss", () => {
    expect(checkLedger(good, seen({ succeeded: ["r/a 1 2"], called: ["r/a"], notCalled: ["r/b"] }))).toEqual({
      starts: 2,
      executedAgain: 1,
      lost: [],
      doubled: [],
      changed: [],
      calledInVain: [],
      notStarted: [],
    });
  });

  it.each([
    ["a result that no body has returned", good, { succeeded: ["r/a 1 1"] }, { lost: ["r/a 1 1"] }],
    ["an attempt that ran twice", [...good, entry("start", "r/a", 2)], {}, { doubled: ["r/a 1 2"] }],
    ["a decision that has changed", [...good, entry("start", "r/a", 3, { hash: "other" })], {}, { changed: ["r/a 1"] }],
    [
      "a callback that ran though the chord was decided otherwise",
      good,
      { notCalled: ["r/a"] },
      { calledInVain: ["r/a"] },
    ],
    ["a callback that was decided and never ran", good, { called: ["r/c"] }, { notStarted: ["r/c"] }],
  ])("shows %s", (_what, entries, more, found) => {
    expect(checkLedger(entries, seen(more))).toMatchObject(found);
  });

  it("tells how long a killed worker's body waited for the next attempt", () => {
    const entries = [
      entry("start", "r/a", 1, { pid: 7, atMs: 1000 }),
      entry("start", "r/b", 1, { pid: 7, atMs: 900 }),
      entry("end", "r/b", 1, { pid: 7, atMs: 950 }),
      entry("start", "r/a", 2, { pid: 8, atMs: 5200 }),
    ];
    expect(takenUpAfterMs(entries, [{ pid: 7, atMs: 1200 }])).toEqual([4000]);
  });
});

describe("faults", () => {
  /** The first fault of that name that chance gives for a call. */
  function drawn(operation: string, request: object, name: string) {
    let state = 1;
    const random = () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    for (let turn = 0; turn < 1000; turn++) {
      const found = drawFault(operation, Buffer.from(JSON.stringify(request)), random, 1);
      if (found?.name === name && found.fault.kind === "partial") return found.fault;
    }
    throw new Error(`never ${name}`);
  }

  it("refuse some entries of a batch: every entry is in one of the two lists", () => {
    const Entries = ["a", "b", "c", "d"].map((Id) => ({ Id }));
    const fault = drawn("SendMessageBatch", { QueueUrl: "q", Entries }, "entries of a batch refused");
    const sent = JSON.parse(fault.request.toString()) as { Entries: { Id: string }[] };
    const answer = fault.complete({ Successful: sent.Entries }) as { Failed: { Id: string }[] };
    expect([...sent.Entries, ...answer.Failed].map(({ Id }) => Id).sort()).toEqual(["a", "b", "c", "d"]);
    expect(sent.Entries.length * answer.Failed.length).toBeGreaterThan(0);
  });

  it("hand back some keys of a batch", () => {
    const Keys = [1, 2, 3].map((pk) => ({ pk }));
    const fault = drawn("BatchGetItem", { RequestItems: { t: { Keys, ConsistentRead: true } } }, "unprocessed keys");
    const asked = JSON.parse(fault.request.toString()) as { RequestItems: { t: { Keys: object[] } } };
    const answer = fault.complete({ Responses: {} }) as { UnprocessedKeys: { t: { Keys: object[] } } };
    expect([...asked.RequestItems.t.Keys, ...answer.UnprocessedKeys.t.Keys]).toEqual(Keys);
    expect(answer.UnprocessedKeys.t).toMatchObject({ ConsistentRead: true });
  });

  it("let an index miss items, and never the table", () => {
    const fault = drawn("Query", { IndexName: "due" }, "index behind");
    const answer = fault.complete({ Items: Array.from({ length: 50 }, () => ({})) }) as {
      Items: object[];
      Count: number;
    };
    expect(answer.Items.length).toBeLessThan(50);
    expect(answer.Count).toBe(answer.Items.length);
    expect(() => drawn("Query", {}, "index behind")).toThrow("never");
  });
});

describe("options", () => {
  const parse = (...args: string[]) => parseOptions(args, () => 9);

  it("are half an hour and a new seed", () => {
    expect(parse()).toEqual({ seconds: 1800, seed: 9, keep: false, help: false });
    expect(parse("--seconds", "60", "--seed", "7", "--keep")).toEqual({
      seconds: 60,
      seed: 7,
      keep: true,
      help: false,
    });
  });

  it.each([[["--seconds", "0"]], [["--minutes", "1.5"]], [["--minutes", "1", "--seconds", "1"]], [["--sed", "1"]]])(
    "are refused: %j",
    (args) => {
      expect(() => parse(...args)).toThrow(TypeError);
    },
  );
});
