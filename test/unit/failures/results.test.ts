/** Results, submit and late reports: sections I and K of docs/failures.md. */
import { describe, expect, it } from "vitest";
import { chord, group } from "../../../lib/canvas/canvas.ts";
import { RunConflictError } from "../../../lib/errors.ts";
import { itemBytes } from "../../../lib/model/item-size.ts";
import { limits } from "../../../lib/model/limits.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import type { TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";
import { byHand, engineOf, shuffled, task } from "./support.ts";

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const one = task("one", (_ctx, value: unknown) => value);
const wide = task("wide", (_ctx, bytes: number) => "x".repeat(bytes));

describe("results", () => {
  it("I1: are in the order of the header, whatever the order of their ends, a nested member among them", async () => {
    const nap = task("nap", (ctx, at: number, seconds: number) => engine.sleep(ctx, seconds).then(() => at));
    const engine: TestEngine = engineOf({ nap, one });
    for (let seed = 0; seed < 10; seed++) {
      const seconds = shuffled(
        times(25, (i) => i + 1),
        seed,
      );
      const members = times(25, (i) => nap.with(i, seconds[i] as number));
      const header = members.map((member, i) => (i === seed ? group([member]) : member));
      const run = await engine.run(chord(header, one));
      expect(run).toMatchObject({ value: times(25, (i) => (i === seed ? [i] : i)) });
    }
  });

  it("I3: no item outgrows the table: a thousand results of 3 KB, and one of a megabyte", async () => {
    const lengths = task("lengths", (_ctx, results: string[]) => results.map((text) => text.length));
    const { client, until, store } = createDeployment({ tasks: { wide, lengths } });
    const members = [wide.with(2 ** 20), ...times(1000, () => wide.with(3000))];
    const run = await until(client.submit(chord(members, lengths)));
    expect(await until(run.result())).toEqual([2 ** 20, ...times(1000, () => 3000)]);
    for (const item of store.dump()) expect(itemBytes(item)).toBeLessThan(400 * 1024);
  }, 20_000);

  it("I4: a callback's message does not grow with its results, which it gets in full", async () => {
    const lengths = task("lengths", (_ctx, results: string[]) => results.map((text) => text.length), {
      queue: "other",
    });
    const world = byHand({ wide, lengths });
    await world.submit(
      chord(
        times(400, () => wide.with(4000)),
        lengths,
      ),
    );
    for (const message of await world.take()) await world.deliver(message);
    const [callback, ...more] = await world.take();
    expect([callback?.queue, more]).toEqual(["task:other", []]);
    expect(Buffer.byteLength(callback?.body ?? "")).toBeLessThan(16 * 1024);
    await world.deliver(callback as NonNullable<typeof callback>);
    expect(await world.until(world.client.result("r"))).toMatchObject({ value: times(400, () => 4000) });
  });

  it("I7: null, and what looks like an outcome, are results like any other", async () => {
    const engine = engineOf({ one });
    const header = [null, { status: "failed" }, 3].map((value) => one.with(value));
    expect(await engine.run(chord(header, one))).toMatchObject({ value: [null, { status: "failed" }, 3] });
    expect(await engine.run(chord(header, one, { when: "all-settled" }))).toMatchObject({
      value: [null, { status: "failed" }, 3].map((value) => ({ status: "SUCCEEDED", value })),
    });
  });

  it("I8: the largest group is taken, and one member more is refused", () => {
    const members = times(limits.membersPerGroup, () => ({ task: "one" }));
    expect(parseWorkflowDocument({ group: members })).toMatchObject({ group: expect.any(Array) });
    expect(() => parseWorkflowDocument({ group: [...members, { task: "one" }] })).toThrow(
      "workflow.group: must have at most 100000 elements, found 100001",
    );
  }, 20_000);
});

describe("submit", () => {
  it("K1: fifty submits of one id at once make one run, and another document under it is a conflict", async () => {
    const { client, until, store } = createDeployment({ tasks: { one } });
    const workflow = chord([one.with(1), one.with(2)], one);
    const handles = await until(Promise.all(times(50, () => client.submit(workflow, { id: "r" }))));
    expect(handles.filter(({ created }) => created)).toHaveLength(1);
    for (const { runId, callbackTaskId } of handles)
      expect({ runId, callbackTaskId }).toEqual({ runId: "r", callbackTaskId: "r/callback" });
    expect(store.dump().filter(({ key }) => key.sk === "head")).toHaveLength(1);
    await expect(until(client.submit(one.with(3), { id: "r" }))).rejects.toThrow(RunConflictError);
  });

  it("K5: what a worker comes to after its task was settled by the deadline is recorded, and changes nothing", async () => {
    const slow = task("slow", () => world.sleep(200).then(() => "too late"), { timeoutSeconds: 3600 });
    const world = createDeployment({ tasks: { slow, one } });
    const { client, until, advance, coordinator } = world;
    const workflow = chord([slow, one.with(1)], one, { when: "all-settled", deadlineSeconds: 90 });
    await until(client.submit(workflow, { id: "r" }));
    await advance(120);
    await coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
    await advance(30);
    const ended = await until(client.result("r"));
    expect(ended).toMatchObject({ status: "SUCCEEDED", value: [{ status: "TIMED_OUT" }, { value: 1 }] });
    await advance(300);
    expect(await until(client.result("r"))).toEqual(ended);
    const { tasks } = await until(client.inspect("r", { verbose: true }));
    expect(tasks?.map(({ id, status, late }) => ({ id, status, late }))).toEqual([
      { id: "r/header[0]", status: "TIMED_OUT", late: "SUCCEEDED" },
      { id: "r/header[1]", status: "SUCCEEDED", late: undefined },
      { id: "r/callback", status: "SUCCEEDED", late: undefined },
    ]);
  });
});
