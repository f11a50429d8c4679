/** What the services of AWS do: section J of docs/failures.md. */
import { expect, it } from "vitest";
import { createWorkerHandler } from "../../../lambdas/worker/handler.ts";
import { silentLog } from "../../../lib/adapters/system/log.ts";
import { chord } from "../../../lib/canvas/canvas.ts";
import { returnAt } from "../../../lib/coordinator/work.ts";
import { indexShards, shardOf } from "../../../lib/protocol/keys.ts";
import { byHand, task } from "./support.ts";

it("J10: no shard of an index gets much more than its share of the runs", () => {
  const counts = new Array<number>(indexShards).fill(0);
  for (let run = 0; run < 10_000; run++) {
    const shard = shardOf(`nightly-2026-${run}`);
    counts[shard] = (counts[shard] as number) + 1;
  }
  expect(Math.max(...counts)).toBeLessThan((1.5 * 10_000) / indexShards);
});

it("J13: nothing is under way when a handler has returned", async () => {
  let calls = 0;
  const [one, callback] = [task("one", () => 1), task("callback", (_ctx, list) => list)];
  const world = byHand({ one, callback }, { onCall: () => void calls++ });
  await world.submit(chord([one.with(), one.with()], callback));
  const held = await world.take();
  const handler = createWorkerHandler({
    coordinator: world.coordinator,
    clock: world.clock,
    giveBack: async () => {},
    log: silentLog,
    queue: "default",
  });
  const Records = held.map(({ messageId, body }) => ({
    messageId,
    body,
    receiptHandle: "receipt",
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: "0" },
    messageAttributes: {},
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:tutti-task-default",
  }));
  await handler({ Records } as never, { getRemainingTimeInMillis: () => 870_000 });
  const atReturn = calls;
  expect(atReturn).toBeGreaterThan(0);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toBe(atReturn);
});

it.each([
  [1, 60, 60],
  [1, 13 * 3600, 43_200],
  [30, 0, 512],
])(
  "J14: at receive %d a message that is to wait %d s is hidden for %d s, and never longer than SQS allows",
  (receiveCount, seconds, hidden) => {
    const world = byHand({});
    const message = { messageId: "m", body: "", receiveCount, sentAtMs: 0, attributes: {} };
    const until = world.clock.now() + seconds * 1000;
    expect(returnAt({ clock: world.clock } as never, message, until)).toEqual({ kind: "return", delaySeconds: hidden });
  },
);
