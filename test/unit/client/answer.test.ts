import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { answerOf, learnAnswer } from "../../../lib/client/answer.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { createHeadWrite, decodeHead, type Head } from "../../../lib/protocol/head.ts";

const submission = { runId: "nightly", requestId: "mine", documentHash: "same" };
const conflict: Image = {
  kind: "request",
  requestId: "mine",
  error: { code: "run-conflict", message: "run nightly exists with another document" },
};

function aHead(given: Partial<Head> = {}): Head {
  const base = {
    status: "RUNNING",
    generation: 1,
    documentHash: "same",
    planHash: "p",
    planPages: 1,
    requestId: "mine",
    taskCount: 1,
  };
  return decodeHead("nightly", { ...base, submittedAt: 1000, deadlineAt: 2000, ...(given as Image) });
}

describe("answerOf", () => {
  const answer = (head: Head | undefined, rejected?: Image) => answerOf({ head, rejected }, submission);

  it("is created when the head is of this request, the same when it is of another one with this document", () => {
    expect(answer(aHead())).toMatchObject({ kind: "created" });
    expect(answer(aHead({ requestId: "theirs" }))).toMatchObject({ kind: "same" });
  });

  it("is unknown while there is nothing, a tombstone, or only a head of another document", () => {
    expect(answer(undefined)).toEqual({ kind: "unknown" });
    expect(answer(aHead({ requestId: "theirs", documentHash: "other" }))).toEqual({ kind: "unknown" });
    expect(answer(decodeHead("nightly", { ...aHeadImage(), removedAt: 5000 }))).toEqual({ kind: "unknown" });
  });

  it("is refused with the error that was raised where the request was handled", () => {
    const invalid = {
      code: "invalid-request",
      message: "m",
      path: "workflow.task",
      rule: "must be a task",
      value: '"x"',
    };
    expect(answer(undefined, { error: invalid })).toMatchObject({
      kind: "refused",
      error: { code: "invalid-request", path: "workflow.task", value: "x", rule: "must be a task" },
    });
    expect(answer(aHead({ documentHash: "other" }), conflict)).toMatchObject({
      kind: "refused",
      error: { code: "run-conflict" },
    });
    expect(answer(undefined, { error: { ...invalid, value: '{"cut":"in the mid' } })).toMatchObject({
      error: { value: '{"cut":"in the mid' },
    });
    expect(answer(undefined, { error: { code: "run-removed", message: "m" } })).toMatchObject({
      error: { code: "run-removed" },
    });
    expect(answer(undefined, { error: { code: "of-a-later-version", message: "told there" } })).toMatchObject({
      error: { name: "RequestRejectedError", rejectedAs: "of-a-later-version", message: "told there" },
    });
  });

  it("is created, whatever an older rejection of the request id says", () => {
    expect(answer(aHead(), conflict)).toMatchObject({ kind: "created" });
  });
});

function aHeadImage(): Image {
  return {
    status: "SUCCEEDED",
    generation: 1,
    documentHash: "same",
    planHash: "p",
    planPages: 1,
    requestId: "mine",
    taskCount: 1,
    submittedAt: 1000,
    deadlineAt: 2000,
  };
}

describe("learnAnswer", () => {
  /** Asks, with that head in the table, until time is up. */
  async function learn(head: Partial<Head>) {
    const clock = createVirtualClock(100_000);
    const store = createMemoryStore();
    await store.write(createHeadWrite(aHead(head), 0), "head.create");
    let answer: unknown;
    void learnAnswer({ store, clock }, submission).then((found) => {
      answer = found;
    });
    for (let i = 0; i < 200 && answer === undefined; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.next();
    }
    return { answer, afterMs: clock.now() - 100_000 };
  }

  it("takes a head of another document for a conflict when no rejection comes", async () => {
    expect(await learn({ requestId: "theirs", documentHash: "other" })).toMatchObject({
      answer: { kind: "refused", error: { code: "run-conflict" } },
      afterMs: 10_000,
    });
  });

  it("takes a head of this request for created though a newer version hashes documents in another way", async () => {
    expect(await learn({ documentHash: "other" })).toMatchObject({ answer: { kind: "created" }, afterMs: 10_000 });
  });
});
