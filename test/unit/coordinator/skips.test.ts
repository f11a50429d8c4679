/**
 * Tasks that are skipped by choice, and conditions, through the driver on table and queue in memory.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain, chord, dag, group, onlyIf } from "../../../lib/canvas/canvas.ts";
import type { Composable } from "../../../lib/canvas/composable.ts";
import { ref } from "../../../lib/canvas/reference.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { skip } from "../../../lib/tasks/skip.ts";
import { createTestEngine } from "../../../lib/testing/index.ts";

const args = z.array(z.any());
const calls: string[] = [];
const idle = defineTask({ name: "idle", args }, () => skip("nothing to do"));
const silent = defineTask({ name: "silent", args }, () => skip());
const same = defineTask({ name: "same", args }, (ctx, first) => {
  calls.push(ctx.taskId);
  return first;
});
const broken = defineTask({ name: "broken", args }, () => {
  throw new FatalError("it is broken");
});
const streamed = defineTask(
  { name: "streamed", args: z.tuple([z.array(z.any())]), stream: true },
  async (_ctx, members) => {
    const all: unknown[] = [];
    for await (const member of members) all.push(member);
    return all;
  },
);
const tasks = { idle, silent, same, broken, streamed };
const engineOf = () => createTestEngine({ tasks });
const marker = { $skipped: true, reason: "nothing to do" };

describe("a task that returns skip()", () => {
  it("is SKIPPED without an error, and its run SUCCEEDED with a marker", async () => {
    const run = await engineOf().run(idle.with());
    expect(run).toMatchObject({ status: "SUCCEEDED", value: marker });
    expect(run.tasks).toMatchObject([{ status: "SKIPPED", attempts: 1 }]);
    expect(run.tasks[0]?.error).toBeUndefined();
    expect(await engineOf().run(silent.with())).toMatchObject({ value: { $skipped: true } });
  });

  it("skips the rest of its chain without calling it", async () => {
    calls.length = 0;
    const run = await engineOf().run(chain(idle.with(), same.with(), group([same.with(1)]), same.with()));
    expect(run).toMatchObject({ status: "SUCCEEDED", value: marker });
    expect(run.tasks.map(({ status }) => status)).toEqual(["SKIPPED", "SKIPPED", "SKIPPED", "SKIPPED"]);
    expect(calls).toEqual([]);
  });

  it("is told apart from null, from a failure and from a skip that follows one, by each kind of join", async () => {
    const header = [same.with(null), idle.with(), silent.with()];
    expect(await engineOf().run(chord(header, same.with()))).toMatchObject({
      value: [null, marker, { $skipped: true }],
    });
    expect(await engineOf().run(chord(header, streamed.with()))).toMatchObject({
      value: [null, marker, { $skipped: true }],
    });
    const settled = await engineOf().run(
      chord([...header, broken.with(), chain(idle.with(), same.with())], same.with(), { when: "all-settled" }),
      { id: "r" },
    );
    expect(settled).toMatchObject({
      value: [
        { status: "SUCCEEDED", value: null, taskId: "r/header[0]" },
        { status: "SKIPPED", reason: "nothing to do", taskId: "r/header[1]" },
        { status: "SKIPPED", reason: null, taskId: "r/header[2]" },
        { status: "FAILED", error: { name: "FatalError" }, taskId: "r/header[3]" },
        { status: "SKIPPED", reason: "nothing to do", taskId: "r/header[4]/[0]" },
      ],
    });
  });

  it("counts for nothing of what may fail, and for no success of a quorum", async () => {
    const tolerant = chord([same.with(1), idle.with(), broken.with()], same.with(), {
      when: { tolerate: { count: 1 } },
    });
    expect(await engineOf().run(tolerant)).toMatchObject({ status: "SUCCEEDED" });
    const quorum = chord([same.with(1), idle.with()], same.with(), { when: { quorum: 2 } });
    expect(await engineOf().run(quorum)).toMatchObject({ status: "FAILED" });
  });

  it("fails a quorum without any task having failed: the callback that never ran is not shown as failed", async () => {
    const inner = chord([idle.with()], same.with(), { when: { quorum: 1 } });
    const run = await engineOf().run(chord([inner], same.with(), { when: "all-settled" }), { id: "r" });
    expect(run.tasks.map(({ path, status }) => `${path} ${status}`)).toContain("header[0]/callback SKIPPED");
    expect(run).toMatchObject({
      value: [{ status: "FAILED", error: { name: "join-failed" }, taskId: "r/header[0]" }],
    });
  });

  it("D8: a join over a way taken and one that is not completes, and a header of skipped members calls its callback", async () => {
    expect(await engineOf().run(chord([idle.with(), idle.with()], same.with()))).toMatchObject({
      status: "SUCCEEDED",
      value: [marker, marker],
    });
    const ways = dag({
      nodes: {
        kind: same.with("b"),
        a: onlyIf(ref("kind"), "a", same.with(1)),
        b: onlyIf(ref("kind"), "b", same.with(2)),
      },
    });
    expect(await engineOf().run(chain(ways, same.with()))).toMatchObject({
      status: "SUCCEEDED",
      value: { a: { $skipped: true, reason: 'condition not met: kind is not "a"' }, b: 2 },
    });
  });

  it("skips what comes after it in a dag, and nothing else", async () => {
    const run = await engineOf().run(
      dag({
        nodes: {
          a: idle.with(),
          b: same.with(2),
          both: same.with([ref("a"), ref("b")]),
          other: same.with(ref("b")),
        },
      }),
    );
    expect(run).toMatchObject({ status: "SUCCEEDED", value: { both: marker, other: 2 } });
  });

  it("fails like any task when its reason is no string", async () => {
    const wrong = defineTask({ name: "wrong", args, retry: { maxAttempts: 1 } }, () => skip(7 as never));
    const run = await createTestEngine({ tasks: { wrong } }).run(wrong.with());
    expect(run).toMatchObject({ status: "FAILED", error: { name: "TypeError" } });
  });

  it("may be what a stub comes to", async () => {
    const engine = createTestEngine({ tasks, stubs: { same: [{ value: skip("stubbed") }], broken: () => skip() } });
    const run = await engine.run(group([same.with(1), broken.with()]));
    expect(run).toMatchObject({ value: [{ $skipped: true, reason: "stubbed" }, { $skipped: true }] });
  });
});

describe("a condition", () => {
  const over = (value: unknown, path: string | undefined, equals: unknown) =>
    dag({
      nodes: { check: same.with(value), then: onlyIf(ref("check", path), equals as never, same.with("ran")) },
      output: "then",
    });

  it.each([
    ["the whole result", { a: 1, b: [2] }, undefined, { b: [2], a: 1 }, true],
    ["a part of it", { items: [{ id: 3 }] }, "items[0].id", 3, true],
    ["null", { a: null }, "a", null, true],
    ["another type", { a: "1" }, "a", 1, false],
    ["a part that is not there", { a: 1 }, "b", null, false],
  ])("compares %s", async (_, value, path, equals, held) => {
    const run = await engineOf().run(over(value, path, equals));
    expect(run.tasks.map(({ status }) => status)).toEqual(["SUCCEEDED", held ? "SUCCEEDED" : "SKIPPED"]);
    expect(run.status).toBe("SUCCEEDED");
  });

  it("stands on any canvas", async () => {
    calls.length = 0;
    const unmet = { $skipped: true, reason: "condition not met: ok is not 2" };
    const parts = dag({ nodes: { x: same.with(1), y: group([same.with(2)]) } });
    const canvases: [Composable, unknown][] = [
      [chain(same.with(1), same.with()), unmet],
      [group([same.with(1)]), unmet],
      [chord([], same.with()), unmet],
      [group([]), unmet],
      [parts, { x: unmet, y: unmet }],
    ];
    for (const [canvas, value] of canvases) {
      const nodes = { ok: same.with(1), then: onlyIf(ref("ok"), 2, canvas) };
      expect(await engineOf().run(dag({ nodes }))).toMatchObject({ status: "SUCCEEDED", value: { then: value } });
    }
    expect(calls.filter((taskId) => !taskId.endsWith("/ok"))).toEqual([]);
  });
});
