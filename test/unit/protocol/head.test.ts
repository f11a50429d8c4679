/**
 * The head as it is stored and read back, and how long its tombstone refuses the id.
 */
import { describe, expect, it } from "vitest";
import type { Image } from "../../../lib/ports/store.ts";
import {
  createHeadWrite,
  decodeHead,
  endHeadWrite,
  forgetDueWrite,
  type Head,
  isTombstone,
  raiseWrite,
  tombstoneOver,
} from "../../../lib/protocol/head.ts";
import { headOf } from "./support.ts";
import { perform } from "./write-case.ts";

const stored = async (head: Head) => (await perform(createHeadWrite(head, 0), undefined)).stored as Image;

describe("a head", () => {
  const full: Head = headOf({
    name: "nightly",
    callback: "callback",
    errorBranches: true,
    maps: true,
    parent: {
      run: "p",
      submittedAtMs: 500,
      node: "[1]",
      generation: 3,
      key: { pk: "p", sk: "node#[1]" },
      attribute: "s0",
      fairnessKey: "tenant",
    },
    budget: { kind: "own", limits: { tasks: 7 }, plannedNanoUsd: 5 },
  });

  it.each([
    ["with nothing but what all have", headOf()],
    ["of a child, with everything that a request can bring", full],
  ])("comes back as it was created: %s", async (_, head) => {
    expect(decodeHead("r", await stored(head))).toStrictEqual(head);
  });

  it("has no entries for what it does not have", async () => {
    expect(Object.keys(await stored(headOf())).sort()).toEqual(
      [
        ...["deadlineAt", "documentHash", "due", "dueShard", "errorBranches", "generation", "listAt", "listShard"],
        ...["planHash", "planPages", "requestId", "status", "submittedAt", "taskCount"],
      ].sort(),
    );
    expect(Object.keys(await stored(full))).toEqual(
      expect.arrayContaining(["name", "callback", "maps", "parent", "budget"]),
    );
  });

  it("tells what has become of the run since", async () => {
    const later = {
      ...(await stored(headOf())),
      ...{ status: "FAILED", endedAt: 1, endedBy: "w", error: { name: "Error", message: "broken", taskId: "r/a" } },
      ...{ pausedAt: 2, pausedBy: "q1", restartedAt: 3, raisedAt: 4, raisedBy: "q2" },
      ...{ sweptSettled: 5, sweptInterval: 6, removeAt: 7, removedAt: 8, due: 9 },
    };
    expect(decodeHead("r", later)).toStrictEqual({
      ...headOf({ status: "FAILED" }),
      ...{ endedAtMs: 1, endedBy: "w", error: { name: "Error", message: "broken", taskId: "r/a" } },
      ...{ pausedAtMs: 2, pausedBy: "q1", restartedAtMs: 3, raisedAtMs: 4, raisedBy: "q2" },
      ...{ sweptSettled: 5, sweptIntervalMs: 6, removeAtMs: 7, removedAtMs: 8, dueMs: 9 },
    });
  });

  it("that nobody is due to visit has no time", async () => {
    const { due: _due, ...rest } = await stored(headOf());
    expect(decodeHead("r", rest)).not.toHaveProperty("dueMs");
  });
});

describe("a tombstone", () => {
  const monthMs = 30 * 24 * 3600 * 1000;
  it("refuses its id for 30 days", () => {
    const removed = headOf({ removedAtMs: 5000 });
    expect(isTombstone(removed)).toBe(true);
    expect(tombstoneOver(removed, 5000 + monthMs - 1)).toBe(false);
    expect(tombstoneOver(removed, 5000 + monthMs)).toBe(true);
    expect(isTombstone(headOf())).toBe(false);
    expect(tombstoneOver(headOf(), 10 * monthMs)).toBe(false);
  });

  it("may be written over from then on, and no moment before", async () => {
    const image = { status: "FAILED", generation: 1, removedAt: 5000 };
    expect((await perform(createHeadWrite(headOf(), 5000 + monthMs - 1), image)).applied).toBe(false);
    expect((await perform(createHeadWrite(headOf(), 5000 + monthMs), image)).applied).toBe(true);
  });

  it("leaves the index of due heads after its second look", async () => {
    const image = { removedAt: 5, due: 9000, dueShard: "due#0" };
    expect((await perform(forgetDueWrite("r", 9000), image)).stored).toEqual({ removedAt: 5 });
  });
});

it("an end has an error only where there is one", async () => {
  const end = { status: "SUCCEEDED", atMs: 9000, by: "w", dueMs: 10_000 } as const;
  const running = { status: "RUNNING", generation: 1, due: 1, dueShard: "due#0" };
  const { stored } = await perform(endHeadWrite("r", 1, end), running);
  expect(stored).toStrictEqual({
    ...{ status: "SUCCEEDED", generation: 1, endedAt: 9000, endedBy: "w", due: 10_000, dueShard: "due#0" },
  });
});

it("a retry may bring a budget", () => {
  const next = { generation: 2, raisedBy: "q", atMs: 0, deadlineAtMs: 1, planHash: "p", planPages: 1, dueMs: 1 };
  expect(raiseWrite("r", next).set.map(({ path }) => path[0])).not.toContain("budget");
  const budget = { kind: "own", limits: { attempts: 9 }, plannedNanoUsd: 0 } as const;
  expect(raiseWrite("r", { ...next, budget }).set).toContainEqual({ path: ["budget"], value: { a: 9, p: 0 } });
});
