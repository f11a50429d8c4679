import { describe, expect, it } from "vitest";
import { batchesOf, entryOf, escapeBody, heldOf, readReceipt } from "../../../../lib/adapters/sqs/envelope.ts";
import { MessageTooLargeError } from "../../../../lib/errors.ts";

/** What SQS takes, by its page of SendMessage. */
function isTaken(point: number): boolean {
  if (point === 0x9 || point === 0xa || point === 0xd) return true;
  return (
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    (point >= 0x10000 && point <= 0x10ffff)
  );
}

describe("message bodies", () => {
  it("I5: hold only characters that SQS takes, and mean the same", () => {
    const everyUnit = String.fromCharCode(...Array.from({ length: 0x10000 }, (_, i) => i));
    const value = [everyUnit, "🎉", "\u{1fffe}\u{10ffff}", { "\uffff\ud800": 1 }];
    const body = escapeBody(JSON.stringify(value));
    expect([...body].every((character) => isTaken(character.codePointAt(0) ?? 0))).toBe(true);
    expect(JSON.parse(body)).toEqual(value);
  });

  it("stay as they are where nothing is refused", () => {
    const body = JSON.stringify({ text: "Grüße 🎉 \u007f \ufffd", list: [1, null] }, null, "\t");
    expect(escapeBody(body)).toBe(body);
  });
});

describe("entries", () => {
  it("count the bytes of the body as sent, and of names, types and values of attributes", () => {
    expect(entryOf({ body: '"ü\uffff"', delaySeconds: 0 }, 0).bytes).toBe(2 + 2 + 6);
    expect(entryOf({ body: "1", delaySeconds: 0, attributes: { ab: "ü" } }, 0).bytes).toBe(1 + 2 + 6 + 2);
  });

  it("name their position, their delay and their attributes", () => {
    expect(entryOf({ body: "1", delaySeconds: 900, attributes: { a: "b" } }, 7).request).toEqual({
      Id: "7",
      MessageBody: "1",
      DelaySeconds: 900,
      MessageAttributes: { a: { DataType: "String", StringValue: "b" } },
    });
    expect(entryOf({ body: "1", delaySeconds: 0, attributes: {} }, 0).request).toEqual({
      Id: "0",
      MessageBody: "1",
      DelaySeconds: 0,
    });
  });

  it("give SQS the fairness key as message group, and take it from there", () => {
    const { request, bytes } = entryOf({ body: "1", delaySeconds: 0, fairnessKey: "acme" }, 0);
    expect([request.MessageGroupId, bytes]).toEqual(["acme", 1]);
    expect(heldOf("task:a", { Attributes: { MessageGroupId: "acme" } }).fairnessKey).toBe("acme");
    expect(heldOf("task:a", {})).not.toHaveProperty("fairnessKey");
  });

  it("refuse a message that no batch could hold", () => {
    expect(() => entryOf({ body: "x".repeat(11), delaySeconds: 0 }, 0, 10)).toThrow(MessageTooLargeError);
    expect(entryOf({ body: "x".repeat(10), delaySeconds: 0 }, 0, 10).bytes).toBe(10);
  });
});

describe("batches", () => {
  const entries = (...sizes: number[]) =>
    sizes.map((bytes, position) => entryOf({ body: "x".repeat(bytes), delaySeconds: 0 }, position));
  const positions = (sizes: number[], limit?: number) =>
    batchesOf(entries(...sizes), limit).map((batch) => batch.map(({ position }) => position));

  it("hold at most ten messages", () => {
    expect(positions(Array.from({ length: 12 }, () => 1))).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11],
    ]);
  });

  it("hold no more bytes than allowed", () => {
    expect(positions([4, 6, 1, 9, 10, 2], 10)).toEqual([[0, 1], [2, 3], [4], [5]]);
  });

  it("are none of nothing", () => {
    expect(positions([])).toEqual([]);
  });
});

describe("received messages", () => {
  it("carry a receipt that names their queue", () => {
    const held = heldOf("dead:task:a-b_c", {
      MessageId: "m",
      Body: "1",
      ReceiptHandle: "x y/z+",
      Attributes: { SentTimestamp: "5" },
    });
    expect(held).toMatchObject({ messageId: "m", sentAtMs: 5, receiveCount: 1, attributes: {} });
    expect(readReceipt(held.receipt)).toEqual({ queue: "dead:task:a-b_c", handle: "x y/z+" });
  });
});
