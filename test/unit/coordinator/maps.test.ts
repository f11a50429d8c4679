/**
 * Maps over lists that only the run knows, by the real driver in memory: what they come to, what they refuse, and how long
 * their runs stay.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, dag, group, map } from "../../../lib/canvas/canvas.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import {
  isFollowMessage,
  isMapMessage,
  parseFollowMessage,
  parseMapMessage,
} from "../../../lib/coordinator/control-message.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, nothingLeft, type TestEngine } from "../../../lib/testing/index.ts";
import { createDeployment } from "../client/deployment.ts";
import { refusal } from "../plan/support.ts";

const once = { retry: { maxAttempts: 1 } };
const give = defineTask({ name: "give", args: z.tuple([z.any()]) }, (_ctx, value) => value);
const upTo = defineTask({ name: "upTo", args: z.tuple([z.number()]) }, (_ctx, count) =>
  Array.from({ length: count }, (_, i) => i + 1),
);
const twice = defineTask({ name: "twice", args: z.tuple([z.number()]), ...once }, (_ctx, value) => {
  if (value === 13) throw new FatalError("thirteen");
  return value * 2;
});
const add = defineTask({ name: "add", args: z.tuple([z.number(), z.number()]) }, (_ctx, a, b) => a + b);
const sum = defineTask({ name: "sum", args: z.tuple([z.array(z.any())]) }, (_ctx, list) =>
  list.reduce((all: number, one) => all + (typeof one === "number" ? one : (one.value ?? 0)), 0),
);
const about = defineTask({ name: "about", args: z.tuple([z.any()]) }, (ctx, value) => [ctx.headers.tenant, value]);
const failed = defineTask({ name: "failed", args: z.tuple([z.any()]) }, (_ctx, summary) => summary);
const naps = defineTask({ name: "naps", args: z.tuple([z.number()]), timeoutSeconds: 3600 }, async (ctx, value) => {
  await engine.sleep(ctx, 100);
  return value;
});
const tasks = { give, upTo, twice, add, sum, about, failed, naps };

let engine: TestEngine;
beforeEach(() => {
  engine = createTestEngine({ tasks });
});
afterEach(() => engine.close());

const errorOf = async (workflow: Parameters<TestEngine["run"]>[0]) => {
  const run = await engine.run(workflow);
  return run.status === "SUCCEEDED" ? run.value : run.error;
};

describe("a map over a result", () => {
  it.each([
    ["in a chain", chain(upTo.with(3), map(twice), sum), 12],
    ["of chains", chain(upTo.with(3), map(chain(twice, add.with(1))), sum), 15],
    [
      "of groups",
      chain(upTo.with(2), map(group([twice, give]))),
      [
        [2, 1],
        [4, 2],
      ],
    ],
    ["of chords", chain(upTo.with(2), map(chord([twice, give], sum))), [3, 6]],
    ["of maps over lists", chain(give.with([[1, 2], []]), map(map(twice))), [[2, 4], []]],
    ["of maps over results", chain(upTo.with(2), map(chain(upTo, map(twice), sum))), [2, 6]],
    [
      "at the root of a dag",
      dag({ nodes: { list: upTo.with(2), all: map(twice, { over: ref("list") }) }, output: "all" }),
      [2, 4],
    ],
    [
      "over a part of one",
      dag({ nodes: { x: give.with({ y: [[5]] }), all: map(twice, { over: ref("x", "y[0]") }) }, output: "all" }),
      [10],
    ],
    [
      "with results of the dag around it",
      dag({
        nodes: { x: upTo.with(2), y: give.with(10), all: map(add.with(ref("y") as never), { over: ref("x") }) },
        output: "all",
      }),
      [11, 12],
    ],
    [
      "over items that look like references",
      chain(give.with({ $literal: [{ $result: "x" }] } as never), map(give)),
      [{ $result: "x" }],
    ],
    ["over a callback's list", chord([twice.with(1), twice.with(2)], map(twice)), [4, 8]],
    ["as a member", group([chain(upTo.with(2), map(twice)), give.with(5)]), [[2, 4], 5]],
    ["as the header of a chord", chain(upTo.with(3), chord(map(twice), sum)), 12],
    ["as the header of a chord without callback", chain(upTo.with(2), chord(map(twice))), [2, 4]],
    ["with a quorum", chain(give.with([1, 13, 3]), chord(map(twice), sum, { when: { quorum: 2 } })), 8],
    [
      "that no more than some may fail of",
      chain(give.with([1, 13]), chord(map(twice), sum, { when: { tolerate: { percent: 50 } } })),
      2,
    ],
    [
      "in a dag's output",
      chain(upTo.with(1), dag({ nodes: { a: give.with([3]), b: map(twice, { over: ref("a") }) } })),
      { b: [6] },
    ],
  ])("%s gives its results in order", async (_name, workflow, value) => {
    expect(await engine.run(workflow as never)).toMatchObject({ status: "SUCCEEDED", value });
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it.each([
    ["a map", chain(upTo.with(0), map(twice), sum), 0],
    ["a chord with a callback", chain(upTo.with(0), chord(map(twice), sum)), 0],
    ["a chord without", chain(upTo.with(0), chord(map(twice))), []],
    ["a map in a group", group([chain(upTo.with(0), map(twice))]), [[]]],
  ])("A10 D3: over no items is finished: %s", async (_name, workflow, value) => {
    expect(await engine.run(workflow as never)).toMatchObject({ status: "SUCCEEDED", value });
    expect(engine.calls.filter(({ task }) => task === "twice")).toEqual([]);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it.each([undefined, 100])("takes thousands of items, in lanes too: %s at the same time", async (maxConcurrency) => {
    const options = maxConcurrency === undefined ? {} : { maxConcurrency };
    const run = await engine.run(chain(upTo.with(3000), map(add.with(1), options), sum) as never);
    expect(run).toMatchObject({ status: "SUCCEEDED", value: 4_504_500 });
  });

  it("takes headers of its request along", async () => {
    const run = await engine.run(chain(upTo.with(1), map(about)), { headers: { tenant: "acme" } });
    expect(run).toMatchObject({ value: [["acme", 1]] });
  });

  it.each([
    ["what is no list", chain(give.with(7), map(twice)), "[1].map.over: must be a list, found 7"],
    ["too many", chain(upTo.with(100_001), map(twice)), "[1].map.over: must have at most 100000 items, found 100001"],
    [
      "what is not there",
      dag({ nodes: { x: give.with({}), m: map(twice, { over: ref("x", "y") }) } }),
      "the result of x has no y",
    ],
    [
      "an item that the map inside cannot run over",
      chain(give.with([[1], 2]), map(map(twice))),
      "workflow.map.over[1]: must be a list: the map inside runs over it, found 2",
    ],
    [
      "fewer than the quorum",
      chain(upTo.with(2), chord(map(twice), sum, { when: { quorum: 3 } })),
      "workflow.chord.when.quorum: must be at most the number of members, which is 2, found 3",
    ],
  ])("fails over %s, and says what is wrong", async (_name, workflow, message) => {
    expect(await errorOf(workflow as never)).toMatchObject({ name: "map-not-expanded", message });
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("fails with an item, and names the way to it", async () => {
    const error = await errorOf(chain(give.with([1, 13]), map(chain(twice, twice))));
    expect(error).toMatchObject({ name: "FatalError", message: "[1][1]/[0]: thirteen" });
    expect(error).toHaveProperty("taskId", expect.stringMatching(/^map-[0-9a-f]{32}\/\[1\]\/\[0\]$/));
    expect(await errorOf(chain(give.with([[[13]]]), map(chain(give, map(map(twice))))))).toMatchObject({
      message: "[1][0]/[1][0]/[0]: thirteen",
    });
    expect(await errorOf(chain(give.with([13]), chord(map(twice), sum)))).toMatchObject({
      message: "[1]/header[0]: thirteen",
    });
  });

  it("calls the error callback of its chord once, with what has failed", async () => {
    await engine.run(chain(give.with([1, 13]), chord(map(twice), sum, { onError: failed })));
    await engine.advance(1);
    const calls = engine.calls.filter(({ task }) => task === "failed");
    expect(calls.map(({ args }) => args[0])).toMatchObject([{ failed: 1, total: 2, failures: [{ index: 1 }] }]);
    expect(await engine.left()).toEqual(nothingLeft);
  });

  it("fails for an item that does not fit as that item does", async () => {
    const workflow = chain(give.with([1, "x"]), chord(map(twice), sum, { when: "all-settled" }));
    expect(await engine.run(workflow)).toMatchObject({ status: "SUCCEEDED", value: 2 });
  });

  it("is ended with its run", async () => {
    const run = await engine.run(chain(upTo.with(2), map(naps)), { deadlineSeconds: 60 });
    expect(run).toMatchObject({ status: "TIMED_OUT" });
    await engine.advance(200, { evenWhileRunning: true });
    const child = engine.calls.find(({ task }) => task === "naps")?.runId as string;
    expect(await engine.inspect(child)).toMatchObject({ status: "REVOKED", error: { name: "revoked" } });
    expect((await engine.left()).runs).toEqual([]);
  });

  it("is kept as long as its run, and then removed", async () => {
    const day = 86_400;
    const run = await engine.run(chain(upTo.with(1), map(twice)));
    const child = engine.calls.find(({ task }) => task === "twice")?.runId as string;
    const heads = async () => [await engine.inspect(run.runId), await engine.inspect(child)].map((one) => one?.status);
    await engine.advance(6 * day);
    expect(await heads()).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    await engine.advance(3 * day);
    expect(await heads()).toEqual([undefined, undefined]);
  });

  it("stays after its own retention while its run goes on", async () => {
    engine.close();
    engine = createTestEngine({ tasks, settings: { retentionSeconds: 600 } });
    const wait = { task: "give", args: [], delaySeconds: 3000 };
    const run = await engine.submit(chain(upTo.with(1), map(twice), wait as never));
    await engine.advance(2500);
    const child = engine.calls.find(({ task }) => task === "twice")?.runId as string;
    expect(await engine.inspect(child)).toMatchObject({ status: "SUCCEEDED" });
    expect(await run.end()).toMatchObject({ value: [2] });
    await engine.advance(10_000);
    expect(await engine.inspect(child)).toBeUndefined();
  });

  it("loses nothing when its expansion dies half-way", async () => {
    const run = engine.run(chain(upTo.with(3), map(twice), sum));
    engine.inject({ fault: "crash", when: "after", site: "map.wait" });
    expect(await run).toMatchObject({ value: 12 });
    expect(engine.calls.filter(({ task }) => task === "twice")).toHaveLength(3);
    expect(await engine.left()).toEqual(nothingLeft);
  });
});

describe("a new generation", () => {
  const flaky = defineTask({ name: "flaky", args: z.tuple([z.any()]), ...once }, (ctx, value) => {
    if (ctx.generation === 1 && value === 2) throw new FatalError("two");
    return value;
  });
  const again = async (workflow: object, options: object) => {
    const entered: string[] = [];
    const seen = defineTask({ name: "seen", args: z.tuple([z.any()]) }, (ctx, value) => {
      entered.push(`${ctx.task} ${value}`);
      return value;
    });
    const deployment = createDeployment({ tasks: { ...tasks, flaky, seen } });
    const { client } = deployment;
    await deployment.until(client.submit(workflow as never, { id: "run" }));
    await deployment.until(client.wait("run"));
    const before = entered.length;
    const child = async () => (await deployment.until(client.inspect("run"))).maps?.[0]?.run;
    const first = await child();
    await deployment.until(client.retry("run", options));
    const ended = await deployment.until(client.wait("run"));
    return { ended, sameChild: first === (await child()), entered: entered.slice(before) };
  };

  it("goes on with the same child, and keeps what has succeeded in it", async () => {
    const workflow = chain(give.with([1, 2]), map(chain({ task: "seen" }, flaky)));
    const { ended, sameChild, entered } = await again(workflow, {});
    expect(ended).toMatchObject({ status: "SUCCEEDED", value: [1, 2] });
    expect([sameChild, entered]).toEqual([true, []]);
  });

  it("D4: runs anew over another list", async () => {
    const { ended, sameChild } = await again(chain(give.with([1]), map(flaky), sum), { args: { "[0]": [[3, 4, 5]] } });
    expect(ended).toMatchObject({ status: "SUCCEEDED", value: 12 });
    expect(sameChild).toBe(false);
  });

  it("runs all of a map that it names", async () => {
    const { ended, sameChild, entered } = await again(chain(give.with([1, 3]), map({ task: "seen" })), {
      tasks: ["[1]"],
    });
    expect(ended).toMatchObject({ status: "SUCCEEDED", value: [1, 3] });
    expect([sameChild, entered.length]).toEqual([true, 2]);
  });
});

describe("the messages of maps", () => {
  const good = '{"tutti":1,"type":"map","run":"r","generation":1,"node":"m"}';

  it("are told from requests by how they begin", () => {
    expect([isMapMessage(good), isMapMessage('{"tutti":1,"type":"submit"}')]).toEqual([true, false]);
    const follow = '{"tutti":1,"type":"follow","run":"r"}';
    expect([isFollowMessage(follow), isFollowMessage(good)]).toEqual([true, false]);
    expect(parseMapMessage(good)).toMatchObject({ node: "m" });
    expect(parseFollowMessage(follow)).toMatchObject({ run: "r" });
  });

  it.each([
    ['{"tutti":1,"type":"map","run":"r"}', "message.generation"],
    ['{"tutti":1,"type":"map"', "message"],
    ['{"tutti":1,"type":"map","run":"r","generation":1,"node":"m","more":1}', "message"],
  ])("are refused when they are none: %s", (body, path) => {
    expect(refusal(() => parseMapMessage(body)).path).toBe(path);
  });

  it("are refused for what is no map", async () => {
    const deployment = createDeployment({ tasks });
    await deployment.until(deployment.client.submit(give.with(1), { id: "run" }));
    const body = JSON.stringify({ tutti: 1, type: "map", run: "run", generation: 1, node: "task" });
    await deployment.queue.send("request", [{ body, delaySeconds: 0 }], "test");
    await deployment.advance(1);
    const rejected = deployment.store.dump().filter(({ key }) => key.sk === "rejected");
    expect(rejected.map(({ image }) => image.error)).toMatchObject([
      { path: "node", rule: "must be a map of run run" },
    ]);
  });

  it("cannot be had by a request that says whose child it is", async () => {
    const deployment = createDeployment({ tasks });
    const request = {
      tutti: 1,
      type: "submit",
      id: "mine",
      requestId: "q",
      parent: { r: "run" },
      workflow: { task: "give", args: [1] },
    };
    await deployment.queue.send("request", [{ body: JSON.stringify(request), delaySeconds: 0 }], "test");
    await deployment.advance(1);
    const items = deployment.store.dump();
    expect(items.map(({ key }) => key.sk)).toEqual(["rejected"]);
    expect(items[0]?.image.error).toMatchObject({ path: "parent" });
  });
});

describe("a run that a map has expanded into", () => {
  it("is shown with its map, and not among the runs", async () => {
    const deployment = createDeployment({ tasks });
    const { client } = deployment;
    const { runId } = await deployment.until(client.submit(chain(upTo.with(2), map(twice)), { id: "run" }));
    await deployment.until(client.wait(runId));
    const report = await deployment.until(client.inspect(runId, { verbose: true }));
    expect(report.maps).toMatchObject([{ id: "run/[1]", status: "SUCCEEDED", progress: { total: 2, succeeded: 2 } }]);
    const child = report.maps?.[0]?.run as string;
    expect(report.tasks?.[1]).toMatchObject({ task: "(map)", queue: "(request)", worker: child });
    expect((await deployment.until(client.inspect(child))).run).toMatchObject({
      parent: "run/[1]",
      status: "SUCCEEDED",
    });
    const status = await deployment.until(client.status());
    expect(status.recent.map(({ id }) => id)).toEqual(["run"]);
    expect(status.runs.SUCCEEDED).toBe(1);
  });

  it.each(["pause", "resume", "retry"] as const)("is not to %s without its run", async (type) => {
    const deployment = createDeployment({ tasks });
    await deployment.until(deployment.client.submit(chain(upTo.with(1), map(twice)), { id: "run" }));
    await deployment.until(deployment.client.wait("run"));
    const child = (await deployment.until(deployment.client.inspect("run"))).maps?.[0]?.run as string;
    const body = JSON.stringify({ tutti: 1, type, id: child, generation: 1, requestId: "q" });
    await deployment.queue.send("request", [{ body, delaySeconds: 0 }], "test");
    await deployment.advance(1);
    const [rejected] = deployment.store.dump().filter(({ key }) => key.sk === "rejected");
    expect(rejected?.image.error).toMatchObject({
      path: "id",
      rule: `must not be the run of a map: ${type} run run, whose map [1] it is`,
    });
  });
});
