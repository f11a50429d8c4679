/** What the services of AWS do: section J of docs/failures.md. */
import { afterEach, expect, it, vi } from "vitest";
import { z } from "zod";
import { createWorkerHandler } from "../../../lambdas/worker/handler.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { silentLog } from "../../../lib/adapters/system/log.ts";
import { chain, chord } from "../../../lib/canvas/canvas.ts";
import { returnAt } from "../../../lib/coordinator/work.ts";
import { StoreError } from "../../../lib/errors.ts";
import { indexShards, shardOf } from "../../../lib/protocol/keys.ts";
import { declareTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";
import { type ByHand, byHand, task } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** What Lambda counts in a trace: functions and queues that a message has come through. Then it stops the next one. */
const hopsAllowed = 16;

it("J1: a chain of 40 tasks whose messages vanish after 16 hops goes on from the sweeper, each task once", async () => {
  const entered: number[] = [];
  const body = (_ctx: unknown, before: number) => {
    entered.push(before);
    return before + 1;
  };
  // The next task is on the other queue: within one queue the same delivery would go on with it.
  const tasks = { ping: task("ping", body, { queue: "a" }), pong: task("pong", body, { queue: "b" }) };
  const world = byHand(tasks);
  const hops = new Map<string, number>();
  let [hop, dropped] = [0, 0];
  const send = world.queue.send.bind(world.queue);
  vi.spyOn(world.queue, "send").mockImplementation(async (to, messages, site) => {
    const passing = hop < hopsAllowed ? messages : [];
    dropped += messages.length - passing.length;
    for (const message of passing) hops.set(message.body, hop + 1);
    return passing.length === 0 ? { failed: [] } : send(to, passing, site);
  });
  const links = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? tasks.ping : tasks.pong));
  await world.submit(chain(tasks.ping.with(0), ...links.slice(1)));
  for (let pass = 0; pass < 6; pass++) {
    for (let held = await world.take(); held.length > 0; held = await world.take()) {
      for (const message of held) {
        hop = hops.get(message.body) ?? 0;
        await world.deliver(message);
      }
    }
    // The sweeper is started by a schedule: what it sends begins a trace.
    hop = 0;
    await world.advance(600);
    await world.sweep();
  }
  expect(dropped).toBeGreaterThanOrEqual(2);
  expect(entered).toEqual(Array.from({ length: 40 }, (_, at) => at));
  expect((await world.client.inspect("r")).run).toMatchObject({ status: "SUCCEEDED", result: 40 });
});

/** Tries of a call that is throttled, and the longest pause before the second: those of the SDK, which doubles it. */
const [tries, firstPauseMs] = [5, 500];

/** A table that takes that many writes a second for one partition key, as the store sees it: through the SDK's tries. */
function hotTable(world: Deployment, writesASecond: number): { refused: number; givenUp: number } {
  const write = world.store.write.bind(world.store);
  const taken = new Map<string, number>();
  const ids = createSeededIds(3);
  const seen = { refused: 0, givenUp: 0 };
  vi.spyOn(world.store, "write").mockImplementation(async (one, site) => {
    for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
      const second = `${one.key.pk} ${Math.floor(world.clock.now() / 1000)}`;
      const count = (taken.get(second) ?? 0) + 1;
      taken.set(second, count);
      if (count <= writesASecond) return write(one, site);
      seen.refused++;
      if (pauseMs === firstPauseMs * 2 ** (tries - 1)) break;
      await world.sleep((ids.fraction() * pauseMs) / 1000);
    }
    seen.givenUp++;
    throw new StoreError("throttled");
  });
  return seen;
}

it("J5: 300 members that end within ten seconds, in a table that takes 15 writes a second: all are counted, one callback, no sweeper", async () => {
  let callbacks = 0;
  const nap = task("nap", async (_ctx, value: number) => {
    await world.sleep(value % 10);
    return value;
  });
  const add = task("add", (_ctx, numbers: number[]) => {
    callbacks++;
    return numbers.reduce((sum, number) => sum + number, 0);
  });
  const world = createDeployment({ tasks: { nap, add } });
  const table = hotTable(world, 15);
  const members = Array.from({ length: 300 }, (_, value) => nap.with(value));
  await world.until(world.client.submit(chord(members, add), { id: "r", wait: false }));
  await world.advance(600);
  expect((await world.client.inspect("r")).run).toMatchObject({ status: "SUCCEEDED", result: (299 * 300) / 2 });
  expect(callbacks).toBe(1);
  // Some outlast all tries of a call, and are for the message to bring again; none of those is given up.
  expect(table.refused).toBeGreaterThan(100);
  expect(table.givenUp).toBeGreaterThan(10);
  expect(world.queue.list()).toEqual([]);
});

/** Five members whose tallies have several levels, and their callback; which tasks were entered. */
function smallChord(): { readonly world: ByHand; readonly entered: string[]; readonly begin: () => Promise<void> } {
  const entered: string[] = [];
  const give = task("give", (ctx, value: number) => {
    entered.push(ctx.taskId);
    return value;
  });
  const add = task("add", (ctx, numbers: number[]) => {
    entered.push(ctx.taskId);
    return numbers.length;
  });
  const world = byHand({ give, add }, { shape: { leafSize: 2, fan: 2, tasksPerMessage: () => 1 } });
  const members = Array.from({ length: 5 }, (_, value) => give.with(value));
  return { world, entered, begin: () => world.submit(chord(members, add)) };
}

/** The write of that number is applied, its answer is lost, and the SDK repeats it: the caller hears of the second. */
function loseAnswer(world: ByHand, number: number): { count: number; refused: number } {
  const write = world.store.write.bind(world.store);
  const seen = { count: 0, refused: 0 };
  vi.spyOn(world.store, "write").mockImplementation(async (one, site) => {
    const first = await write(one, site);
    if (one.condition === undefined || seen.count++ !== number) return first;
    const second = await write(one, site);
    if (!second.applied) seen.refused++;
    return second;
  });
  return seen;
}

it("J7: the answer of any conditional write is lost, and its repetition meets its own effect: one callback, no sweeper", async () => {
  let count = 1;
  for (let number = 0; number < count; number++) {
    const { world, entered, begin } = smallChord();
    const lost = loseAnswer(world, number);
    await begin();
    await world.finish();
    const { run } = await world.client.inspect("r");
    expect({ number, status: run.status, result: run.result }).toEqual({ number, status: "SUCCEEDED", result: 5 });
    expect({ number, entered: entered.length }).toEqual({ number, entered: 6 });
    expect({ number, refused: lost.refused }).toEqual({ number, refused: 1 });
    count = lost.count;
    vi.restoreAllMocks();
  }
  expect(count).toBeGreaterThan(15);
});

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

it("J14: heartbeats for 13 hours keep the attempt of a program elsewhere, whose message comes again meanwhile; one outcome is taken", async () => {
  const got: number[] = [];
  const there = declareTask({ name: "there", queue: "elsewhere", args: z.array(z.any()), timeoutSeconds: 3600 });
  const after = task("after", (_ctx, value: number) => void got.push(value));
  const world = createDeployment({ tasks: { there, after } });
  const { client, queue, until } = world;
  await until(client.submit(chain(there.with(), after), { id: "r" }));
  await world.advance(1);
  const tokens: string[] = [];
  for (let beat = 0; beat < 26; beat++) {
    // Whoever has the message may not hide it that long: SQS delivers it again, to others too.
    for (const { body } of await queue.receive("task:elsewhere", 10)) tokens.push(JSON.parse(body).token);
    await until(client.report("r/[0]", { status: "heartbeat" }));
    await world.advance(1800);
    await world.sweep();
  }
  expect(tokens.length).toBeGreaterThan(12);
  const [token = "", ...others] = tokens;
  expect(new Set(others)).toEqual(new Set([token]));
  const seen = async () => (await until(client.inspect("r", { verbose: true }))).tasks?.[0];
  expect(await seen()).toMatchObject({ status: "RUNNING", attempt: 1 });
  expect(await until(client.report(token, { status: "succeeded", result: 1 }))).toMatchObject({ recorded: true });
  const second = until(client.report(token, { status: "succeeded", result: 2 }));
  await expect(second).rejects.toThrow("it has ended SUCCEEDED");
  await world.advance(60);
  expect(await seen()).toMatchObject({ status: "SUCCEEDED", attempt: 1 });
  expect(got).toEqual([1]);
});

it("J14: the longest body there is, of twelve hours, keeps its lease, and no copy of its message starts another", async () => {
  const longestSeconds = 12 * 3600;
  const attempts: number[] = [];
  const long = task(
    "long",
    async (ctx) => {
      attempts.push(ctx.attempt);
      await world.sleep(longestSeconds - 1);
    },
    { timeoutSeconds: longestSeconds },
  );
  const world = byHand({ long }, { settings: { leaseSeconds: 300 } });
  await world.submit(long.with());
  const messages = await world.take();
  const work = () =>
    world.coordinator.work({ messages, queue: "default", deadlineAtMs: world.clock.now() + 2 * longestSeconds * 1000 });
  const first = work();
  for (let copy = 0; copy < 14; copy++) {
    await world.advance(3001);
    const [disposition] = await world.until(work());
    expect(disposition).toMatchObject({ kind: "return" });
    expect((disposition as { delaySeconds: number }).delaySeconds).toBeLessThanOrEqual(longestSeconds);
    await world.sweep();
  }
  await world.advance(3001);
  expect(await first).toEqual([{ kind: "acknowledge" }]);
  expect(attempts).toEqual([1]);
  expect((await world.client.inspect("r")).run.status).toBe("SUCCEEDED");
  expect(() => task("longer", () => 1, { timeoutSeconds: longestSeconds + 1 })).toThrow("timeoutSeconds");
});

it.each([
  [1, 60, 60],
  [1, 12 * 3600, 42_300],
  [1, 13 * 3600, 42_300],
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

/** The indexes of a table as they were that long ago. */
function indexesBehind(world: ByHand, behindMs: number): void {
  const old = createMemoryStore();
  const late: { readonly atMs: number; readonly apply: () => Promise<unknown> }[] = [];
  const { store, clock } = world;
  const { write, remove } = { write: store.write.bind(store), remove: store.remove.bind(store) };
  vi.spyOn(store, "write").mockImplementation((one, site) => {
    late.push({ atMs: clock.now() + behindMs, apply: () => old.write(one, site) });
    return write(one, site);
  });
  vi.spyOn(store, "remove").mockImplementation((keys, site) => {
    late.push({ atMs: clock.now() + behindMs, apply: () => old.remove(keys, site) });
    return remove(keys, site);
  });
  const catchUp = async () => {
    while (late[0] && late[0].atMs <= clock.now()) await late.shift()?.apply();
  };
  vi.spyOn(store, "due").mockImplementation(async (...asked) => catchUp().then(() => old.due(...asked)));
  vi.spyOn(store, "list").mockImplementation(async (...asked) => catchUp().then(() => old.list(...asked)));
}

it("J16: with every index five seconds old, and each message lost once, all ends by the sweeper, each task once", async () => {
  const { world, entered, begin } = smallChord();
  indexesBehind(world, 5000);
  await begin();
  const seen = new Set<string>();
  let named = 0;
  for (let pass = 0; pass < 60; pass++) {
    for (const message of await world.take()) {
      if (seen.has(message.body)) await world.deliver(message);
      else seen.add(message.body);
    }
    await world.advance(60);
    await world.sweep();
    await world.advance(1);
    // The index still names what was visited a second ago.
    const deadlineAtMs = world.clock.now() + 60_000;
    const { visited, repaired } = await world.coordinator.sweep({ deadlineAtMs });
    expect(repaired).toBe(0);
    named += visited;
  }
  expect(named).toBeGreaterThan(0);
  expect((await world.client.inspect("r")).run).toMatchObject({ status: "SUCCEEDED", result: 5 });
  expect(entered).toHaveLength(6);
});
