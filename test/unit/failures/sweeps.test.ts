/** The sweeper, outages, and looking without touching: section G of docs/failures.md. */
import { expect, it, vi } from "vitest";
import { chord } from "../../../lib/canvas/canvas.ts";
import { StoreError } from "../../../lib/errors.ts";
import type { Store } from "../../../lib/ports/index.ts";
import { dueShard, indexShards } from "../../../lib/protocol/keys.ts";
import { createDeployment } from "../client/deployment.ts";
import { byHand, task } from "./support.ts";

const sweepOf = (world: { coordinator: ReturnType<typeof byHand>["coordinator"]; clock: { now(): number } }) =>
  world.coordinator.sweep({ deadlineAtMs: world.clock.now() + 60_000 });

const add = (name = "add") => task(name, (_ctx, numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0));
const give = task("give", (_ctx, value: number) => value);

it("G1 G2: nobody works for six hours: nothing fails, no message has more copies than the pauses between them allow", async () => {
  const members = Array.from({ length: 100 }, (_, value) => give.with(value));
  const world = byHand({ give, add: add() });
  await world.submit(chord(members, add()));
  for (let minute = 0; minute < 360; minute += 5) {
    await world.advance(300);
    await sweepOf(world);
  }
  const messages = await world.take();
  const copies = new Map<string, number>();
  for (const { body } of messages) copies.set(body, (copies.get(body) ?? 0) + 1);
  // Pauses double from one minute to 15: the first, four more in 15 minutes, and then one in each 15.
  const most = 1 + 4 + Math.ceil(360 / 15);
  expect(Math.max(...copies.values())).toBeGreaterThan(4);
  expect(Math.max(...copies.values())).toBeLessThanOrEqual(most);
  const { run } = await world.until(world.client.inspect("r"));
  expect(run).toMatchObject({ status: "RUNNING", progress: { failed: 0, timedOut: 0, waiting: 101 } });

  for (const message of messages) await world.deliver(message);
  await world.finish();
  const report = await world.until(world.client.inspect("r", { verbose: true }));
  expect(report.run).toMatchObject({ status: "SUCCEEDED", result: 4950 });
  expect(new Set(report.tasks?.map(({ attempt }) => attempt))).toEqual(new Set([1]));
});

it("G2: no setting of the sweeper's patience makes it take what waits for dead: two hours of queue at a patience of a second", async () => {
  const members = Array.from({ length: 12 }, (_, value) => give.with(value));
  const settings = { visibilitySeconds: 1, sweepSeconds: 1, leaseSeconds: 1, clockSkewSeconds: 0 };
  const world = byHand({ give, add: add() }, { settings });
  await world.submit(chord(members, add()));
  const messages = await world.take();
  for (let minute = 0; minute < 120; minute += 5) {
    await world.advance(300);
    await sweepOf(world);
  }
  expect((await world.client.inspect("r")).run).toMatchObject({
    status: "RUNNING",
    progress: { failed: 0, timedOut: 0 },
  });
  for (const message of messages) await world.deliver(message);
  await world.finish();
  const { run, tasks } = await world.client.inspect("r", { verbose: true });
  expect(run).toMatchObject({ status: "SUCCEEDED", result: 66 });
  expect(new Set(tasks?.map(({ attempt }) => attempt))).toEqual(new Set([1]));
});

it("F5 G8: ten sweepers at once over one expired lease: the lost attempt is counted once", async () => {
  const attempts: number[] = [];
  let cut = true;
  const once = task("once", (ctx) => void attempts.push(ctx.attempt), { retry: { maxLost: 2 } });
  const world = byHand(
    { once },
    {
      onCall(site) {
        if (cut && site === "slot.commit") throw new StoreError("the table cannot be reached");
      },
    },
  );
  await world.submit(once.with());
  const [message] = await world.take();
  // Its worker is gone with its lease, and the message with it.
  if (message) await world.deliver(message);
  cut = false;
  await world.advance(120);
  await Promise.all(Array.from({ length: 10 }, () => sweepOf(world)));
  const sent = await world.take();
  expect(sent).toHaveLength(1);
  for (const copy of [...sent, ...sent]) await world.deliver(copy);
  expect(attempts).toEqual([1, 2]);
  expect((await world.until(world.client.inspect("r"))).run.status).toBe("SUCCEEDED");
});

it("G4: five minutes without a table in the middle of a run: afterwards it goes on by itself", async () => {
  let down = false;
  const nap = task("nap", async (_ctx, value: number) => {
    await world.sleep(20 * value);
    return value;
  });
  const world = createDeployment({
    tasks: { nap, add: add() },
    onCall() {
      if (down) throw new StoreError("the table is down");
    },
  });
  const members = Array.from({ length: 10 }, (_, value) => nap.with(value));
  await world.until(world.client.submit(chord(members, add()), { id: "r", wait: false }));
  await world.advance(45);
  down = true;
  await world.advance(300);
  down = false;
  for (let minute = 0; minute < 30; minute++) {
    await sweepOf(world);
    await world.advance(60);
  }
  expect((await world.until(world.client.inspect("r"))).run).toMatchObject({ status: "SUCCEEDED", result: 45 });
});

it("G6: an index of ten minutes ago names a run that has gone on: nothing is changed, and nothing is sent", async () => {
  const world = byHand({ give, add: add() });
  await world.submit(chord([give.with(1), give.with(2)], add()));
  const lost = await world.take();
  await world.advance(600);
  const shards = Array.from({ length: indexShards }, (_, shard) => dueShard(shard));
  const old = new Map(
    await Promise.all(
      shards.map(async (shard) => [shard, await world.store.due(shard, world.clock.now(), undefined, "t")] as const),
    ),
  );
  for (const message of lost) await world.deliver(message);
  await world.finish();
  const before = world.table();
  const due = vi.spyOn(world.store, "due").mockImplementation(async (shard) => old.get(shard) ?? { items: [] });
  expect(await sweepOf(world)).toMatchObject({ visited: 1, repaired: 0, failed: 0 });
  due.mockRestore();
  expect(world.table()).toBe(before);
  expect(await world.take()).toEqual([]);
});

it("G6: what the index does not have yet is found by a later pass", async () => {
  const world = byHand({ give });
  await world.submit(give.with(1));
  await world.take();
  await world.advance(600);
  const due = vi.spyOn(world.store, "due").mockImplementation(async () => ({ items: [] }));
  expect(await sweepOf(world)).toMatchObject({ visited: 0 });
  due.mockRestore();
  expect(await sweepOf(world)).toMatchObject({ visited: 1, repaired: 1 });
  await world.finish();
  expect((await world.until(world.client.inspect("r"))).run.status).toBe("SUCCEEDED");
});

/** An index of one item a page, with thirty empty pages before each. */
function inShortPages(store: Store): void {
  const whole = store.due.bind(store);
  vi.spyOn(store, "due").mockImplementation(async (shard, before, cursor, site) => {
    const { items } = await whole(shard, before, undefined, site);
    const page = Number(cursor ?? 0);
    const item = items[Math.floor(page / 31)];
    if (item === undefined) return { items: [] };
    return { items: page % 31 < 30 ? [] : [item], cursor: String(page + 1) };
  });
}

it("G7: one sweep finds every stuck run of an index whose pages are short, the first thirty of them empty", async () => {
  const world = byHand({ give });
  const ids = Array.from({ length: 3 * indexShards }, (_, at) => `r${at}`);
  for (const id of ids) await world.submit(give.with(1), id);
  await world.take();
  await world.advance(600);
  inShortPages(world.store);
  expect(await sweepOf(world)).toEqual({ visited: ids.length, repaired: ids.length, failed: 0 });
  vi.restoreAllMocks();
  await world.finish();
  for (const id of ids) expect((await world.client.inspect(id)).run.status).toBe("SUCCEEDED");
});

it("G7: what a sweep has no time for is found by the next ones", async () => {
  const world = byHand({ give });
  for (let run = 0; run < 5; run++) await world.submit(give.with(1), `r${run}`);
  await world.take();
  await world.advance(600);
  let visits = 0;
  const get = world.store.get.bind(world.store);
  vi.spyOn(world.store, "get").mockImplementation(async (key, site) => {
    // Each visit takes its 20 s.
    if (key.sk === "head" && visits++ < 5) world.clock.advanceTo(world.clock.now() + 20_000);
    return get(key, site);
  });
  const visited: number[] = [];
  for (let pass = 0; pass < 3; pass++) visited.push((await sweepOf(world)).visited);
  vi.restoreAllMocks();
  expect(visited[0]).toBeLessThan(5);
  expect(visited.reduce((sum, one) => sum + one, 0)).toBeGreaterThanOrEqual(5);
  await world.finish();
  for (let run = 0; run < 5; run++) expect((await world.client.inspect(`r${run}`)).run.status).toBe("SUCCEEDED");
});

/** What a client can do that is no look, or takes letters in hand. */
const changes = ["submit", "report", "revoke", "pause", "resume", "remove", "retry", "repair", "sweep", "purgeQueues"];
const ofLetters = ["showLetter", "dropLetter", "redrive"];

it("G10: whoever only looks at a stuck run, in whatever way, changes nothing and sends nothing", async () => {
  const elsewhere = task("elsewhere", () => 1, { queue: "slow" });
  const world = byHand({ give, add: add(), elsewhere });
  await world.submit(chord([give.with(1), give.with(2)], add()));
  const { client, until, queue } = world;
  // Its members' messages are lost, that of another run waits, and nobody has swept for two hours.
  await world.take();
  await world.submit(elsewhere.with(), "waits");
  await world.advance(7200);
  const looks: Readonly<Record<string, () => Promise<unknown>>> = {
    status: () => client.status(),
    inspect: () => client.inspect("r", { verbose: true }),
    audit: () => client.audit("r"),
    auditAll: () => client.auditAll(),
    cost: () => client.cost("r"),
    failures: () => client.failures(),
    result: () => client.result("r").catch(() => undefined),
    list: () => client.list(),
    checkStuck: () => client.checkStuck({ maxRuntimeHours: 1 }),
    getActiveJoins: () => client.getActiveJoins(),
    health: () => client.health(),
    monitor: () => client.monitor({ onCheck: () => undefined }),
    graph: () => client.graph("r"),
    events: () => client.events("r"),
    previewRevoke: () => client.previewRevoke("r"),
    previewRetry: () => client.previewRetry("r").catch(() => undefined),
    previewSweep: () => client.previewSweep(),
    deadLetters: () => client.deadLetters(),
    watch: () => client.watch({ signal: AbortSignal.abort(), onLook: () => undefined }),
    wait: () => client.wait("r", { timeoutSeconds: 1 }).catch(() => undefined),
  };
  expect(Object.keys(client).sort()).toEqual([...Object.keys(looks), ...changes, ...ofLetters].sort());
  const state = () => JSON.stringify([world.table(), queue.list(), world.sent]);
  const before = state();
  for (const [name, look] of Object.entries(looks)) {
    await until(look());
    expect({ name, state: state() }).toEqual({ name, state: before });
  }
  const { issues } = await until(client.checkStuck({ maxRuntimeHours: 1 }));
  expect(issues).toContainEqual(expect.objectContaining({ runId: "r", kind: "message-lost", stuck: true }));
  await sweepOf(world);
  await world.finish();
  expect((await until(client.inspect("r"))).run).toMatchObject({ status: "SUCCEEDED", result: 3 });
});
