/** Counting completions: section A of docs/failures.md. */
import { expect, it } from "vitest";
import { chain, chord } from "../../../lib/canvas/canvas.ts";
import { FatalError, RetryAfterError } from "../../../lib/errors.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { byHand, counters, engineOf, shuffled, startsOf, task } from "./support.ts";

/** Members that travel alone, each on its own queue, and a callback that notes when it is entered. */
function rig() {
  const entered: unknown[] = [];
  const member = (name: string) => task(name, () => name, { queue: name });
  const [a, b, c, d] = ["a", "b", "c", "d"].map(member) as [ReturnType<typeof member>, ...ReturnType<typeof member>[]];
  const callback = task("callback", (_ctx, results) => {
    entered.push(results);
    return results;
  });
  return { ...byHand({ a, b, c, d, callback }), entered, members: [a, b, c, d] as never[], callback };
}

const named = (messages: readonly HeldMessage[], queue: string) =>
  messages.find((message) => message.queue === `task:${queue}`) as HeldMessage;

it.each([0, 61, 25 * 3600])("A1: the last message delivered again after %d s changes nothing", async (seconds) => {
  const world = rig();
  await world.submit(chord(world.members.slice(0, 3), world.callback));
  const messages = await world.take();
  for (const message of messages) await world.deliver(message);
  await world.finish();
  const before = world.table();
  world.clock.advanceTo(world.clock.now() + seconds * 1000);
  for (const message of messages) expect(await world.deliver(message)).toEqual({ kind: "acknowledge" });
  expect(world.table()).toBe(before);
  expect(await world.take()).toEqual([]);
  expect(world.entered).toEqual([["a", "b", "c"]]);
});

it("A2: a member that is delivered three times takes no other member's place", async () => {
  const world = rig();
  await world.submit(chord(world.members.slice(0, 3), world.callback));
  const messages = await world.take();
  for (let copy = 0; copy < 3; copy++) await world.deliver(named(messages, "a"));
  expect(counters(world)).toEqual([{ remaining: 2, settled: 1 }]);
  expect(await world.take()).toEqual([]);
  await world.deliver(named(messages, "b"));
  await world.deliver(named(messages, "c"));
  await world.finish();
  expect(world.entered).toEqual([["a", "b", "c"]]);
});

it("A3 A4 F8: whatever the order and the copies, no count is below 0 or off, and the callback is entered once, last", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const world = rig();
    await world.submit(chord(world.members, world.callback));
    const messages = await world.take();
    const copies = shuffled([...messages, ...messages], seed);
    const seen = new Set<string>();
    for (let at = 0; at < copies.length; at += 3) {
      const together = copies.slice(at, at + 3);
      await Promise.all(together.map((message) => world.deliver(message)));
      for (const { queue } of together) seen.add(queue);
      for (const { remaining, settled } of counters(world)) {
        expect(settled).toBe(seen.size);
        expect(remaining).toBe(4 - settled);
      }
      expect(world.entered.length).toBeLessThanOrEqual(seen.size === 4 ? 1 : 0);
    }
    await world.finish();
    expect(world.entered).toEqual([["a", "b", "c", "d"]]);
  }
}, 20_000);

it("A14: the same batch three times counts once", async () => {
  const world = rig();
  await world.submit(chord(world.members, world.callback));
  const messages = (await world.take()).slice(0, 3);
  for (const message of messages) await world.deliver(message);
  const before = world.table();
  for (let copy = 0; copy < 2; copy++) for (const message of messages) await world.deliver(message);
  expect(world.table()).toBe(before);
  expect(counters(world)).toEqual([{ remaining: 1, settled: 3 }]);
});

/** Tasks that take virtual time. */
function napping() {
  const nap = task("nap", (ctx, seconds: number) => engine.sleep(ctx, seconds).then(() => seconds));
  const list = task("list", (_ctx, ...args: unknown[]) => args[0]);
  const shaky = task("shaky", (ctx) => {
    if (ctx.attempt === 1) throw new RetryAfterError(40);
    return "at last";
  });
  const broken = task("broken", () => {
    throw new FatalError("at once");
  });
  const engine: TestEngine = engineOf({ nap, list, shaky, broken });
  return { engine, nap, list, shaky, broken };
}

it("A5: a header of a chain, a chord and a task is three members", async () => {
  const { engine, nap, list } = napping();
  const inner = chord([nap.with(5), nap.with(31)], list);
  const run = await engine.run(chord([chain(nap.with(1), list), inner, nap.with(2)], list), { id: "r" });
  expect(run).toMatchObject({ value: [1, [5, 31], 2] });
  expect(startsOf(engine).callback).toBe(31);
});

it("A6: a member that is retried has not ended", async () => {
  const { engine, nap, list, shaky } = napping();
  expect(await engine.run(chord([nap.with(1), shaky], list))).toMatchObject({ value: [1, "at last"] });
  expect(startsOf(engine).callback).toBe(40);
});

it("A7: a message counts only for a task of its own run, and one that names another is kept and acknowledged", async () => {
  const world = rig();
  await world.submit(chord(world.members.slice(0, 2), world.callback));
  const [message] = (await world.take()) as [HeldMessage];
  const before = world.store.dump();
  const { fragment: _fragment, ...body } = JSON.parse(message.body);
  const forged = [
    { ...body, node: "header[0].child" },
    { ...body, node: "header[1]", run: "another" },
  ].map((change, at): HeldMessage => ({ ...message, messageId: `forged-${at}`, body: JSON.stringify(change) }));
  for (const one of forged) await world.deliver(one);
  expect(world.store.dump().filter(({ key }) => !key.pk.startsWith("rejected#"))).toEqual(before);
  expect(await world.deliver(forged[0] as HeldMessage)).toEqual({ kind: "acknowledge" });
  expect(world.store.dump().find(({ key }) => key.pk === "rejected#message-forged-0")?.image).toMatchObject({
    kind: "message",
    error: { rule: expect.stringContaining("the plan has no node header[0].child") },
  });
});

it("A8: fifty chords at once, of tasks with the same names, keep their results apart", async () => {
  const tag = task("tag", (ctx, name: string) => `${ctx.runId} ${name}`);
  const list = task("list", (_ctx, results: unknown) => results);
  const engine = engineOf({ tag, list });
  const ids = Array.from({ length: 50 }, (_, i) => `run-${i}`);
  const runs = await Promise.all(ids.map((id) => engine.run(chord([tag.with("a"), tag.with("b")], list), { id })));
  expect(runs).toMatchObject(ids.map((id) => ({ value: [`${id} a`, `${id} b`] })));
});

it("A9: what comes after a chord starts once, after its callback", async () => {
  const { engine, nap, list } = napping();
  const workflow = chain(chord([nap.with(3), nap.with(7)], list), list);
  expect(await engine.run(workflow, { id: "r" })).toMatchObject({ value: [3, 7] });
  expect(engine.calls.map(({ taskId }) => taskId)).toEqual([
    "r/[0]/header[0]",
    "r/[0]/header[1]",
    "r/[0]/callback",
    "r/[1]",
  ]);
});

it("A11: an all-settled callback waits for the last member, though the first has failed at once", async () => {
  const { engine, nap, list, broken } = napping();
  const header = [broken, ...[5, 60, 9].map((seconds) => nap.with(seconds))];
  await engine.run(chord(header, list, { when: "all-settled" }));
  expect(startsOf(engine)).toMatchObject({ "header[0]": 0, callback: 60 });
});

it("A12: a message without its description does the same, and one without its task is kept and harms nobody", async () => {
  const world = rig();
  await world.submit(chord(world.members.slice(0, 2), world.callback));
  const [first, second] = (await world.take()) as [HeldMessage, HeldMessage];
  const { node: _node, ...nameless } = JSON.parse(first.body);
  const poison = { ...first, messageId: "poison", body: JSON.stringify(nameless) };
  expect(await world.deliver(poison)).toEqual({ kind: "acknowledge" });
  expect(await world.until(world.client.status())).toMatchObject({ rejected: 1, runs: { RUNNING: 1 } });
  const { fragment: _fragment, ...bare } = JSON.parse(first.body);
  await world.deliver({ ...first, body: JSON.stringify(bare) });
  await world.deliver(second);
  await world.finish();
  expect(world.entered).toEqual([["a", "b"]]);
});
