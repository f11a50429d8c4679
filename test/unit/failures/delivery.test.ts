/** Delivery to workers, leases and fencing: section F of docs/failures.md. */
import { expect, it } from "vitest";
import { chord, group } from "../../../lib/canvas/canvas.ts";
import { FatalError, RetryAfterError, StoreError } from "../../../lib/errors.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import type { Deployment } from "../client/deployment.ts";
import { byHand, engineOf, startMs, task } from "./support.ts";

/** A worker that cannot reach the table: its heartbeats and commits fail, and its body goes on. */
const unreachable = ["slot.heartbeat", "slot.commit"];

/** A task that takes as long as it is told, and then does as its attempt is told. */
function rig(ends: (attempt: number) => unknown = () => "done") {
  const attempts: number[] = [];
  let cut = false;
  const slow = task(
    "slow",
    async (ctx, seconds: number) => {
      attempts.push(ctx.attempt);
      await (world as Deployment).sleep(seconds);
      return ends(ctx.attempt);
    },
    { timeoutSeconds: 3600, retry: { maxAttempts: 3, maxLost: 3, backoffSeconds: 0 } },
  );
  const world = byHand(
    { slow },
    {
      onCall(site) {
        if (cut && unreachable.includes(site)) throw new StoreError("the table cannot be reached");
      },
    },
  );
  const cutOff = (now: boolean) => {
    cut = now;
  };
  const status = async () => (await world.until(world.client.inspect("r", { verbose: true }))).tasks?.[0];
  return { world, slow, attempts, status, cutOff };
}

const only = (messages: readonly HeldMessage[]) => {
  expect(messages).toHaveLength(1);
  return messages[0] as HeldMessage;
};

it("F1: a copy that comes while the task runs, several times over, starts nothing and comes back later", async () => {
  const { world, slow, attempts, status } = rig();
  await world.submit(slow.with(300));
  const message = only(await world.take());
  const first = world.deliver(message);
  for (let copy = 0; copy < 4; copy++) {
    await world.advance(60);
    expect(await world.deliver(message)).toMatchObject({ kind: "return" });
  }
  await world.advance(120);
  expect(await first).toEqual({ kind: "acknowledge" });
  expect(attempts).toEqual([1]);
  expect(await status()).toMatchObject({ status: "SUCCEEDED", attempt: 1 });
});

it("F2: a pause of 40 minutes before a retry is one dispatch, at its time", async () => {
  const at: number[] = [];
  const later = task("later", () => {
    at.push((engine.clock.now() - startMs) / 1000);
    if (at.length === 1) throw new RetryAfterError(2400);
    return at.length;
  });
  const engine = engineOf({ later });
  const run = await engine.run(later.with());
  expect(run.status).toBe("SUCCEEDED");
  expect(at).toHaveLength(2);
  expect(at[1]).toBeGreaterThanOrEqual(2400);
  expect(at[1]).toBeLessThanOrEqual(2400 + 60);
});

it.each([
  ["fails", () => new FatalError("of attempt 1")],
  ["succeeds", () => undefined],
])("F4 F7: an owner whose lease was taken over changes nothing when it %s", async (_how, error) => {
  const { world, slow, attempts, status, cutOff } = rig((attempt) => {
    const thrown = attempt === 1 ? error() : undefined;
    if (thrown) throw thrown;
    return `of attempt ${attempt}`;
  });
  await world.submit(slow.with(100));
  const message = only(await world.take());
  cutOff(true);
  const stale = world.deliver(message);
  await world.advance(60);
  cutOff(false);
  const current = world.deliver(message);
  await world.advance(1);
  expect(attempts).toEqual([1, 2]);
  // The first body ends 39 s later, the second one 100 s after its start.
  await world.advance(50);
  await stale;
  expect(await status()).toMatchObject({ status: "RUNNING", attempt: 2 });
  await world.advance(60);
  expect(await current).toEqual({ kind: "acknowledge" });
  expect(await status()).toMatchObject({ status: "SUCCEEDED", attempt: 2 });
  expect(await world.until(world.client.result("r"))).toMatchObject({ value: "of attempt 2" });
});

it("F7: a lease is left alone until it has run out by any clock that is off by no more than the skew", async () => {
  const { world, slow, attempts, cutOff } = rig();
  const { leaseSeconds, skewSeconds } = { leaseSeconds: 30, skewSeconds: 2 };
  await world.submit(slow.with(1000));
  const message = only(await world.take());
  cutOff(true);
  void world.deliver(message);
  await world.advance(leaseSeconds + skewSeconds - 0.001);
  expect(await world.deliver(message)).toMatchObject({ kind: "return" });
  expect(attempts).toEqual([1]);
  await world.advance(0.002);
  void world.deliver(message);
  await world.advance(0.001);
  expect(attempts).toEqual([1, 2]);
});

it("F6: a worker goes on while no coordinator is there, and nobody starts its task again before its lease is over", async () => {
  const { world, slow, attempts, status } = rig();
  await world.submit(slow.with(200));
  const running = world.deliver(only(await world.take()));
  await world.advance(150);
  // A coordinator that has just started sweeps before anything else.
  await world.coordinator.sweep({ deadlineAtMs: world.clock.now() + 60_000 });
  expect(await world.take()).toEqual([]);
  await world.advance(60);
  expect(await running).toEqual({ kind: "acknowledge" });
  expect(attempts).toEqual([1]);
  expect(await status()).toMatchObject({ status: "SUCCEEDED", attempt: 1 });
});

it("F9: what could not be deleted is acknowledged at each further delivery, once its effect is seen", async () => {
  const { world, slow, attempts } = rig();
  await world.submit(slow.with(0));
  const message = only(await world.take());
  const done = world.deliver(message);
  await world.advance(1);
  await done;
  const before = world.table();
  for (let copy = 0; copy < 5; copy++) expect(await world.deliver(message)).toEqual({ kind: "acknowledge" });
  expect(world.table()).toBe(before);
  expect(attempts).toEqual([1]);
});

it("F10: siblings that are released together, each delivered twice at once, run once each", async () => {
  const entered: string[] = [];
  const one = task("one", (ctx) => void entered.push(ctx.taskId));
  const callback = task("callback", (ctx) => void entered.push(ctx.taskId));
  const world = byHand({ one, callback });
  await world.submit(chord([group(Array.from({ length: 20 }, () => one.with())), one.with()], callback));
  for (let messages = await world.take(); messages.length > 0; messages = await world.take())
    await Promise.all([...messages, ...messages].map((message) => world.deliver(message)));
  expect(entered).toHaveLength(22);
  expect(new Set(entered).size).toBe(22);
  expect(entered.at(-1)).toBe("r/callback");
});
