/**
 * Delays, times and sleeps as users meet them, in virtual time.
 */
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, group, sleep } from "../../../lib/canvas/canvas.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, type TestEngine } from "../../../lib/testing/index.ts";

const startMs = Date.UTC(2026, 0, 1);
const days = 86_400;
const args = z.array(z.any());
const engines: TestEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

/** Tasks that note when they start, in seconds after the first submit. */
function started() {
  const at: Record<string, number> = {};
  const note = (name: string, body: (...given: unknown[]) => unknown) =>
    defineTask({ name, args, retry: { maxAttempts: 1 } }, (_ctx, ...given) => {
      at[name] = (engine.clock.now() - startMs) / 1000;
      return body(...given);
    });
  const tasks = {
    one: note("one", (value) => value ?? null),
    two: note("two", (value) => value ?? null),
    list: note("list", (...given) => given),
    fails: note("fails", () => {
      throw new FatalError("broken");
    }),
    mourn: note("mourn", () => null),
  };
  const engine = createTestEngine({ tasks });
  engines.push(engine);
  return { engine, tasks, at };
}

describe("a delay", () => {
  it.each([30, 900, 901, 30 * days, 300 * days])(
    "of %d s is waited for, and a sweep longer at most",
    async (seconds) => {
      const { engine, tasks, at } = started();
      const run = await engine.run(chain(tasks.one.with(7), tasks.two.with().withOptions({ delaySeconds: seconds })));
      expect(run).toMatchObject({ status: "SUCCEEDED", value: 7 });
      expect(at.two).toBeGreaterThanOrEqual(seconds);
      expect(at.two).toBeLessThanOrEqual(seconds + 60);
    },
  );

  it("of an error callback outlasts the retention of its run", async () => {
    const { engine, tasks, at } = started();
    const onError = tasks.mourn.with().withOptions({ delaySeconds: 20 * days });
    const run = await engine.submit(chord([tasks.fails], undefined, { onError }), { id: "r" });
    await engine.advance(8 * days);
    expect(await engine.inspect("r")).toMatchObject({ status: "FAILED" });
    expect((await run.end()).tasks.find(({ path }) => path === "onError")?.status).toBe("SUCCEEDED");
    expect(at.mourn).toBeCloseTo(20 * days, -2);
    await engine.advance(8 * days);
    expect(await engine.inspect("r")).toBeUndefined();
  });
});

describe("a time", () => {
  it("is waited for, and one that is past is not", async () => {
    const { engine, tasks, at } = started();
    await engine.run(
      group([
        tasks.one.with().withOptions({ at: "2026-01-03T00:00:00Z" }),
        tasks.two.with().withOptions({ at: "2025-12-31T23:00:00-05:00" }),
        tasks.list.with().withOptions({ at: "2025-06-01T00:00:00Z" }),
      ]),
    );
    expect(at.one).toBe(2 * days);
    expect(at.two).toBe(4 * 3600);
    expect(at.list).toBe(0);
  });
});

describe("a sleep", () => {
  it.each([1, 900, 901, 365 * days])("of %d s passes the value on", async (seconds) => {
    const { engine, tasks, at } = started();
    const run = await engine.run(chain(tasks.one.with({ x: 1 }), sleep(seconds), tasks.two));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: { x: 1 } });
    expect(at.two).toBeGreaterThanOrEqual(seconds);
    expect(at.two).toBeLessThanOrEqual(seconds + 60);
  });

  it("enters no code while it lasts, and the sweeper looks at the run once a day", async () => {
    const { engine, tasks } = started();
    const run = await engine.submit(chain(tasks.one.with(1), sleep(100 * days), tasks.two));
    await engine.advance(99 * days);
    expect(engine.calls).toHaveLength(1);
    expect((await run.end()).status).toBe("SUCCEEDED");
  });

  it("gives what came before it to every place that asks for its value", async () => {
    const { engine, tasks } = started();
    const header = [sleep(5), chain(tasks.one.with(2), sleep(1000)), chain(sleep(3), tasks.two.with(9).immutable())];
    const run = await engine.run(chain(tasks.one.with(1), chord(header, chain(sleep(10), tasks.list.with("bound")))));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: [[1, 1, 9], "bound"] });
  });

  it("is null where nothing came before it", async () => {
    const { engine, tasks } = started();
    expect(await engine.run(sleep(5))).toMatchObject({ value: null });
    expect(await engine.run(group([sleep(5), tasks.one.with(1)]))).toMatchObject({ value: [null, 1] });
    expect(await engine.run(chain(sleep(5), tasks.list.with("alone")))).toMatchObject({ value: ["alone"] });
  });

  it("is a result like any other in a dag", async () => {
    const { engine } = started();
    const nodes = {
      rest: { chain: [{ task: "one", args: [4] }, { sleep: 2000 }] },
      nap: { sleep: 5 },
      end: { task: "list", args: [{ $result: "rest" }, { $result: "nap" }] },
    };
    expect(await engine.run({ dag: { nodes } })).toMatchObject({ value: { end: [4, null] } });
  });

  it("that outlasts the default deadline of a run has its time on top", async () => {
    const { engine, tasks } = started();
    const run = await engine.submit(chain(sleep(30 * days), tasks.one.with(1)));
    expect(await run.end()).toMatchObject({ status: "SUCCEEDED" });
  });
});
