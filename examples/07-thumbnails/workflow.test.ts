/**
 * The example's own tests, which docs/testing.md shows.
 */
import { createTestEngine, nothingLeft } from "tutti/testing";
import { expect, it } from "vitest";
import * as tasks from "./tasks.ts";
import album from "./workflow.ts";

it("collects the thumbnails in order", async () => {
  const engine = createTestEngine({ tasks });
  const run = await engine.run(album);
  expect(run).toMatchObject({
    status: "SUCCEEDED",
    value: { album: "holidays", files: ["a-200.png", "b-200.png", "c-200.png"] },
  });
});

it("waits for a photo that is slow to come", async () => {
  const engine = createTestEngine({
    tasks,
    stubs: {
      resize: [
        { value: "a.png" },
        { error: new Error("503") },
        { hangs: true },
        { value: "b.png" },
        { value: "c.png" },
      ],
      collect: (_ctx, files: string[]) => files,
    },
  });
  const run = await engine.run(album);
  expect(run).toMatchObject({ value: ["a.png", "b.png", "c.png"] });
  expect(run.tasks.map((task) => task.attempts)).toEqual([1, 2, 2, 1]);
});

it("gives up after its deadline", async () => {
  const engine = createTestEngine({ tasks, stubs: { collect: (ctx) => engine.sleep(ctx, 600) } });
  const run = await engine.submit(album, { deadlineSeconds: 300 });
  await engine.advance(299);
  expect(await engine.inspect(run.runId)).toMatchObject({ status: "RUNNING" });
  await engine.advance(61);
  expect(await run.end()).toMatchObject({ status: "TIMED_OUT" });
});

it("survives a worker that is gone before it told its result, and calls back once", async () => {
  const engine = createTestEngine({ tasks, seed: 7 });
  engine.inject({ fault: "crash", task: "resize", attempt: 1, when: "before-record" });
  engine.inject({ fault: "duplicate", task: "resize", attempt: 1 });
  engine.inject({ fault: "throttle", site: "slot.claim" });
  const run = await engine.run(album, { id: "album" });
  await engine.advance(60);
  await engine.check(async () => {
    expect(run).toMatchObject({ status: "SUCCEEDED", tasks: [{ attempts: 2 }, { attempts: 2 }, { attempts: 2 }, {}] });
    expect(run.decisions).toMatchObject([{ path: ".", decision: "callback", by: "album/header[2]" }]);
    expect(engine.calls.filter((call) => call.task === "collect")).toHaveLength(1);
    expect(await engine.left()).toEqual(nothingLeft);
  });
});

it("survives a worker that is gone half-way through", async () => {
  const engine = createTestEngine({
    tasks,
    stubs: {
      async collect(ctx, files: string[]) {
        await engine.sleep(ctx, 30);
        if (ctx.attempt === 1) await engine.crash(ctx);
        return files.length;
      },
    },
  });
  expect(await engine.run(album)).toMatchObject({ value: 3 });
});
