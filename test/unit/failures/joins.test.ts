/** Arming, firing and odd shapes: sections B, C and D of docs/failures.md. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { chain, chord, dag, group, map, after as nodeAfter } from "../../../lib/canvas/canvas.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import { WaitTimedOutError } from "../../../lib/client/errors.ts";
import { FatalError, type InvalidRequestError } from "../../../lib/errors.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { HeldMessage, OutgoingMessage } from "../../../lib/ports/queue.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";
import { byHand, engineOf, shuffled, startMs, startsOf, task } from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

/** Tasks that take virtual time, fail, or hand on what they get. */
function rig(settings: Parameters<typeof engineOf>[1] = {}) {
  const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds));
  const breaks = task("breaks", async (ctx, seconds: number) => {
    await engine.sleep(ctx, seconds);
    throw new FatalError("broken");
  });
  const list = task("list", (_ctx, ...args: unknown[]) => args);
  const fails = task("fails", () => {
    throw new Error("not today");
  });
  const engine: TestEngine = engineOf({ nap, breaks, list, fails }, settings);
  return { engine, nap, breaks, list, fails };
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const one = task("one", (_ctx, value: unknown) => value);

/** Submits what must be refused, and shows that nothing is stored and nothing sent. */
async function refused(workflow: Workflow): Promise<InvalidRequestError> {
  const { queue, store, coordinator, clock } = createDeployment({ tasks: { one } });
  const body = JSON.stringify({ tutti: 1, type: "submit", requestId: "q", id: "r", workflow });
  const message = { messageId: "m", body, receiveCount: 1, sentAtMs: clock.now(), attributes: {} };
  expect(await coordinator.control(message)).toEqual({ kind: "acknowledge" });
  expect(queue.queues()).toEqual([]);
  const [item, ...more] = store.dump();
  expect([item?.key.pk, more]).toEqual(["rejected#q", []]);
  return item?.image.error as unknown as InvalidRequestError;
}

describe("arming", () => {
  it("B5: a dependency that does not exist is refused, and nothing starts", async () => {
    const error = await refused({ dag: { nodes: { a: { task: "one", after: ["ghost"] }, b: { task: "one" } } } });
    expect(error).toMatchObject({ path: "workflow.dag.nodes.a.after[0]", value: '"ghost"' });
  });

  it("B9: a header that only the run knows: all of it is recorded before any of it is sent, and the callback waits for what is not sent yet", async () => {
    const values = times(250, (value) => value);
    let [ended, called] = [0, 0];
    const lists = task("lists", () => values);
    const counted = task("counted", (_ctx, value: number) => {
      ended++;
      return value;
    });
    const all = task("all", (_ctx, results: number[]) => {
      called++;
      return results;
    });
    const world = byHand({ lists, counted, all }, { shape: { tasksPerMessage: () => 1 } });
    const standing: OutgoingMessage[] = [];
    const recorded = new Set<unknown>();
    const send = world.queue.send.bind(world.queue);
    const sending = vi.spyOn(world.queue, "send").mockImplementation(async (to, messages, site) => {
      const { run } = JSON.parse(messages[0]?.body ?? "");
      if (run?.startsWith("map-")) recorded.add((await world.store.get({ pk: run, sk: "head" }, "test"))?.taskCount);
      // Parts of a hundred: the first is sent, those that follow stand still.
      const stands = messages.filter(({ body }) => JSON.parse(body).range > 0);
      standing.push(...stands);
      const passing = messages.filter((message) => !stands.includes(message));
      return passing.length === 0 ? { failed: [] } : send(to, passing, site);
    });
    await world.submit(chain(lists.with(), chord(map(counted), all)));
    await world.finish();
    await world.advance(1);
    await world.finish();
    expect([ended, standing.length, called]).toEqual([100, 2, 0]);
    // The members and their callback.
    expect([...recorded]).toEqual([251]);
    expect((await world.client.inspect("r")).run.status).toBe("RUNNING");
    sending.mockRestore();
    await send("request", standing, "test");
    await world.advance(1);
    await world.finish();
    await world.advance(1);
    expect([ended, called]).toEqual([250, 1]);
    expect((await world.client.inspect("r")).run).toMatchObject({ status: "SUCCEEDED", result: values });
  });

  it("B6: a node may have several children, and a run that is submitted again stays as it is", async () => {
    const world = byHand({ one });
    const nodes = {
      a: one.with(1),
      b: one.with(ref("a")),
      c: one.with(ref("a")),
      d: one.with([ref("b"), ref("c")]),
    };
    const workflow = dag({ nodes, output: "d" });
    await world.submit(workflow);
    const before = world.table();
    await world.submit(workflow);
    expect(world.table()).toBe(before);
    await world.finish();
    expect(await world.until(world.client.result("r"))).toMatchObject({ status: "SUCCEEDED", value: [1, 1] });
  });
});

describe("firing", () => {
  it("C2: a run goes on when its producer is gone right after it has sent", async () => {
    const { client, until, advance } = createDeployment({ tasks: { one } });
    await client.submit(chord([one.with(1), one.with(2)], one), { id: "orphan", wait: false });
    await advance(60);
    expect(await until(client.result("orphan"))).toMatchObject({ status: "SUCCEEDED", value: [1, 2] });
  });

  it("C3: who waits for 40 members, one of which never ends, is told 39 of 40 when time is up", async () => {
    const hang = task("hang", () => new Promise(() => {}), { timeoutSeconds: 7200 });
    const { client, until, clock } = createDeployment({ tasks: { one, hang } });
    const members = [...times(39, (i) => one.with(i)), hang];
    const run = await until(client.submit(chord(members, one)));
    const askedMs = clock.now();
    const ended = await until(run.wait({ timeoutSeconds: 120 }).catch((error: unknown) => error));
    expect(ended).toBeInstanceOf(WaitTimedOutError);
    expect(ended).toMatchObject({ progress: { total: 41, succeeded: 39, running: 1 } });
    expect(clock.now() - askedMs).toBeLessThan(130_000);
  });

  it("C4: no result is read before the callback is decided and claimed", async () => {
    const sites: string[] = [];
    const wide = task("wide", () => "x".repeat(10_000));
    const lengths = task("lengths", (_ctx, results: string[]) => results.map((text) => text.length));
    const { client, until } = createDeployment({ tasks: { wide, lengths }, onCall: (site) => sites.push(site) });
    const run = await until(
      client.submit(
        chord(
          times(300, () => wide),
          lengths,
        ),
      ),
    );
    expect(await until(run.result())).toEqual(times(300, () => 10_000));
    const claimed = Math.max(sites.lastIndexOf("slot.carry"), sites.lastIndexOf("slot.claim"));
    expect(claimed).toBeGreaterThan(0);
    expect(sites.slice(0, claimed)).not.toContain("value.read");
    expect(sites.slice(0, claimed)).not.toContain("input.read");
    expect(sites.slice(claimed)).toContain("value.read");
  });

  it("C6: the callback goes to its own queue alone, and a queue that nobody reads is refused", async () => {
    const execution = task("execution", () => 1, { queue: "execution" });
    const metrics = task("metrics", (_ctx, results: unknown) => results, { queue: "metrics" });
    const world = byHand({ execution, metrics });
    await world.submit(chord([execution, execution], metrics));
    const header = await world.take();
    expect(new Set(header.map(({ queue }) => queue))).toEqual(new Set(["task:execution"]));
    for (const message of header) await world.deliver(message);
    expect((await world.take()).map(({ queue }) => queue)).toEqual(["task:metrics"]);
    const nowhere = { chord: { header: [], callback: { task: "one", queue: "celery" } } };
    expect(await refused(nowhere)).toMatchObject({ path: "workflow.chord.callback.queue", value: '"celery"' });
  });

  it("C7: a callback that fails three times leaves its members as they were", async () => {
    const { engine, nap, fails } = rig();
    const run = await engine.run(chord([nap.with(1), nap.with(2)], fails), { id: "r" });
    expect(run).toMatchObject({ status: "FAILED", error: { taskId: "r/callback", message: "not today" } });
    expect(run.tasks.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual([
      "SUCCEEDED 1",
      "SUCCEEDED 1",
      "FAILED 3",
    ]);
  });

  it("C8: 640 members that end in the same moment, each delivered twice, fire one callback", async () => {
    const entered: unknown[] = [];
    const count = task("count", (_ctx, results: unknown[]) => entered.push(results.length));
    const world = byHand({ one, count });
    await world.submit(
      chord(
        times(640, (i) => one.with(i)),
        count,
      ),
    );
    const messages = await world.take();
    const ends = await Promise.all([...messages, ...messages].map((message) => world.deliver(message)));
    expect(entered).toEqual([640]);
    for (const [at, end] of ends.entries())
      if (end.kind === "return")
        expect(await world.deliver(messages[at % messages.length] as HeldMessage)).toEqual({ kind: "acknowledge" });
    await world.finish();
    expect(entered).toEqual([640]);
  });

  it("C9: a callback of two chains gives the whole ordered list to the first link of each", async () => {
    const { engine, nap, list } = rig();
    const callback = group([chain(list.with("left"), list), chain(list.with("right"), list)]);
    expect(await engine.run(chord([nap.with(9), nap.with(3)], callback))).toMatchObject({
      value: [[[[9, 3], "left"]], [[[9, 3], "right"]]],
    });
  });

  it("C10: a callback gets the results, then exactly what was bound, and the headers", async () => {
    const seen = task("seen", (ctx, ...args: unknown[]) => ({ args, headers: ctx.headers }));
    const engine = engineOf({ one, seen });
    const callback = seen.with("bound").withOptions({ headers: { organisation: "o", user: null } });
    expect(await engine.run(chord([one.with(1)], callback))).toMatchObject({
      value: { args: [[1], "bound"], headers: { organisation: "o", user: null } },
    });
  });

  it.each([1, 2, 10])("C11: a worker that runs %d at a time drops none", async (tasksPerInvocation) => {
    const { engine, nap } = rig({ tasksPerInvocation });
    const run = await engine.run(group(times(25, (i) => nap.with(i % 3))));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: times(25, (i) => i % 3) });
  });
});

describe("odd shapes", () => {
  it("D1: an empty header calls its callback once, with an empty list", async () => {
    const { engine, list } = rig();
    expect(await engine.run(chord([], list), { id: "r" })).toMatchObject({ status: "SUCCEEDED", value: [[]] });
    expect(engine.calls).toHaveLength(1);
  });

  it("D2: a single member makes a list too", async () => {
    const { engine, nap, list } = rig();
    expect(await engine.run(chord([nap.with(3)], list))).toMatchObject({ value: [[3]] });
    expect(await engine.run(group([nap.with(3)]))).toMatchObject({ value: [3] });
  });

  it("D3: empty groups in a chain, and one at its end, hold nothing up", async () => {
    const { engine, list } = rig();
    const empty = group([]);
    expect(await engine.run(chain(empty, chord([], list), empty, empty))).toMatchObject({
      status: "SUCCEEDED",
      value: [],
    });
    expect(engine.clock.now()).toBe(startMs);
  });

  it.each<[string, Record<string, Workflow & { readonly after?: string[] }>]>([
    ["a → a", { a: { task: "one", after: ["a"] } }],
    ["a → b → a", { a: { task: "one", after: ["b"] }, b: { task: "one", after: ["a"] } }],
    [
      "three beside a valid part",
      {
        x: { task: "one" },
        y: { task: "one", after: ["x"] },
        a: { task: "one", after: ["c"] },
        b: { task: "one", after: ["a"] },
        c: { task: "one", after: ["b"] },
      },
    ],
  ])("D5: a cycle is refused by name, and nothing starts: %s", async (_name, nodes) => {
    expect((await refused({ dag: { nodes } } as Workflow)).rule).toMatch(/^must not come after itself: a → /);
  });

  it("D6: two diamonds, one after the other, are no cycle", async () => {
    const { engine, list } = rig();
    const below = (name: string) => nodeAfter([name], list);
    const nodes = {
      a: list,
      b: below("a"),
      c: below("a"),
      d: nodeAfter(["b", "c"], list),
      e: below("d"),
      f: below("d"),
      g: nodeAfter(["e", "f"], list),
    };
    expect(await engine.run(dag({ nodes }))).toMatchObject({ status: "SUCCEEDED" });
    expect(engine.calls).toHaveLength(7);
  });

  it("D7: an edge written twice is one, and a task used three times is three members", async () => {
    const { engine, nap, list } = rig();
    const nodes = { a: nap.with(1), b: nodeAfter(["a", "a"], list.with(ref("a"), ref("a"))) };
    expect(await engine.run(dag({ nodes, output: "b" }))).toMatchObject({ value: [1, 1] });
    const same = nap.with(2);
    expect(await engine.run(chord([same, same, same], list))).toMatchObject({ value: [[2, 2, 2]] });
  });

  it("D9: what comes after a group waits for all of it", async () => {
    const { engine, nap, list } = rig();
    expect(await engine.run(chain(group([nap.with(2), nap.with(50)]), list))).toMatchObject({ value: [[2, 50]] });
    expect(startsOf(engine)["[1]"]).toBe(50);
  });

  it("D10 E11: any graph, in any order, ends with its last node, and SUCCEEDED means that nothing failed or is open", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { engine, nap, breaks } = rig();
      const count = 5 + (seed % 26);
      const names = times(count, (i) => `n${i}`);
      const seconds = shuffled(
        times(count, (i) => i + 1),
        seed,
      );
      const bad = seed % 4 === 0 ? seed % count : -1;
      const nodes = names.map((name, i) => {
        const parents = shuffled(names.slice(0, i), seed + i).slice(0, (seed + i) % 4);
        return [name, nodeAfter(parents, (i === bad ? breaks : nap).with(seconds[i] as number))] as const;
      });
      const run = await engine.run(dag({ nodes: Object.fromEntries(nodes) }));
      const succeeded = run.tasks.filter(({ status }) => status === "SUCCEEDED").length;
      expect(run.status).toBe(bad < 0 ? "SUCCEEDED" : "FAILED");
      expect(succeeded === count).toBe(bad < 0);
      expect(run.tasks.filter(({ status }) => ["WAITING", "QUEUED", "RETRYING"].includes(status))).toEqual([]);
      const starts = startsOf(engine);
      const last = Math.max(...names.map((name, i) => (starts[name] ?? 0) + (seconds[i] as number)));
      if (bad < 0) expect((engine.clock.now() - startMs) / 1000).toBe(last);
      engine.close();
    }
  }, 30_000);
});
