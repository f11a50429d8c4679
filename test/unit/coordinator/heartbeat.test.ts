/**
 * Heartbeats that bodies send: what they cost, what they say, and what a body is told that has lost its lease.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Submittable } from "../../../lib/client/client.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { SetAction } from "../../../lib/ports/store.ts";
import type { TaskContext } from "../../../lib/tasks/context.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { InvalidHeartbeatError, LeaseLostError } from "../../../lib/tasks/heartbeat.ts";
import { createDeployment, type Deployment, startMs } from "../client/deployment.ts";

const args = z.array(z.unknown());

/** A deployment with one task, `works`; the seconds after the start at which a heartbeat was written. */
function aDeployment(body: (deployment: Deployment, ctx: TaskContext, ...given: readonly unknown[]) => unknown) {
  const beats: number[] = [];
  const deployment: Deployment = createDeployment({
    tasks: {
      works: defineTask({ name: "works", args, timeoutSeconds: 3600, retry: { maxAttempts: 1 } }, (ctx, ...given) =>
        body(deployment, ctx, ...given),
      ),
    },
    onCall: (site) => {
      if (site === "slot.heartbeat") beats.push((deployment.clock.now() - startMs) / 1000);
    },
  });
  const submit = (workflow: Submittable = { task: "works" }) =>
    deployment.until(deployment.client.submit(workflow, { id: "run" }));
  const task = async () => (await deployment.client.inspect("run", { verbose: true })).tasks?.[0];
  return { deployment, beats, submit, task };
}

describe("a heartbeat", () => {
  it("is shown with its details and its time while the task runs, and gone when it has ended", async () => {
    const { deployment, submit, task } = aDeployment(async ({ sleep }, ctx) => {
      await sleep(6);
      await ctx.heartbeat({ done: 3, of: 7 });
      await sleep(40);
    });
    const run = await submit();
    await deployment.advance(5);
    expect((await task())?.heartbeat).toBeNull();
    await deployment.advance(3);
    expect((await task())?.heartbeat).toEqual({ at: "2026-11-21T09:00:06.000Z", details: { done: 3, of: 7 } });
    await deployment.advance(20);
    expect((await task())?.heartbeat).toEqual({ at: "2026-11-21T09:00:26.000Z", details: { done: 3, of: 7 } });
    await deployment.until(run.wait({ timeoutSeconds: 100 }));
    expect((await task())?.heartbeat).toBeNull();
  });

  it("takes the place of the regular one, and costs no write beside it", async () => {
    const { deployment, beats, submit } = aDeployment(async ({ sleep }, ctx) => {
      await sleep(8);
      await ctx.heartbeat();
      await sleep(13);
    });
    const run = await submit();
    await deployment.until(run.wait({ timeoutSeconds: 100 }));
    expect(beats).toEqual([8, 18]);
  });

  it("in a loop costs a write in five seconds, and the last details are written", async () => {
    const { deployment, beats, submit, task } = aDeployment(async ({ sleep }, ctx) => {
      for (let done = 0; done < 120; done++) {
        await ctx.heartbeat(done);
        await sleep(0.1);
      }
      await sleep(60);
    });
    await submit();
    await deployment.advance(18);
    expect(beats).toEqual([5, 10, 15]);
    expect((await task())?.heartbeat?.details).toBe(119);
  });

  it("of ten members that share an item is one write", async () => {
    const { deployment, beats, submit } = aDeployment(async ({ sleep }, ctx, member) => {
      await sleep(3);
      await ctx.heartbeat(member as Json);
      await sleep(30);
    });
    await submit({ group: Array.from({ length: 10 }, (_, member) => ({ task: "works", args: [member] })) });
    await deployment.advance(9);
    expect(beats).toEqual([5]);
    const { tasks } = await deployment.client.inspect("run", { verbose: true });
    expect(tasks?.map(({ heartbeat }) => heartbeat?.details)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each<[string, unknown, string]>([
    ["longer than 256 bytes", "x".repeat(255), "must have at most 256 bytes as JSON"],
    ["of many bytes a character", "ü".repeat(128), "must have at most 256 bytes as JSON"],
    ["no JSON", () => 1, "must be JSON: a function is not"],
    ["a bigint", 1n, "must be JSON: a bigint is not"],
  ])("with details that are %s ends the task without a retry, and extends nothing", async (_, details, message) => {
    const { deployment, beats, submit } = aDeployment((_deployment, ctx) => {
      void ctx.heartbeat(details as Json);
    });
    const run = await submit();
    await expect(deployment.until(run.result({ timeoutSeconds: 100 }))).rejects.toThrow(message);
    expect(beats).toEqual([]);
  });

  it("of a body that ends within five seconds costs nothing", async () => {
    const { deployment, beats, submit } = aDeployment(async ({ sleep }, ctx) => {
      for (let done = 0; done < 4; done++) {
        await ctx.heartbeat(done);
        await sleep(1);
      }
    });
    const run = await submit();
    await deployment.until(run.wait({ timeoutSeconds: 100 }));
    expect(beats).toEqual([]);
  });

  it("may say 256 bytes", async () => {
    const { deployment, submit, task } = aDeployment(async ({ sleep }, ctx) => {
      await ctx.heartbeat("x".repeat(254));
      await sleep(10);
    });
    await submit();
    await deployment.advance(6);
    expect((await task())?.heartbeat?.details).toBe("x".repeat(254));
  });
});

describe("a body that has lost its lease", () => {
  /** What another delivery would have written that took the task over. */
  const taken: SetAction[] = [
    { path: ["s0", "o"], value: "another" },
    { path: ["s0", "a"], value: 2 },
  ];

  it("is told by its signal at the next heartbeat, asks for no more, and cannot commit", async () => {
    const reasons: unknown[] = [];
    const { deployment, beats, submit, task } = aDeployment(async ({ sleep }, ctx) => {
      await sleep(6);
      await ctx.heartbeat("first");
      reasons.push(ctx.signal.reason);
      await sleep(6);
      await ctx.heartbeat("second");
      reasons.push(ctx.signal.reason);
      await sleep(6);
      await ctx.heartbeat("third");
      await sleep(6);
      return "stale";
    });
    await submit();
    await deployment.advance(8);
    await deployment.store.write({ key: { pk: "run", sk: "node#task" }, set: taken }, "test");
    await deployment.advance(17);
    expect(reasons).toEqual([undefined, expect.any(LeaseLostError)]);
    expect(beats).toEqual([6, 12]);
    expect(await task()).toMatchObject({ status: "RUNNING", worker: "another", attempt: 2 });
  });

  it("is told too when the run has gone to a newer generation", async () => {
    let reason: unknown;
    const { deployment, submit } = aDeployment(async ({ sleep }, ctx) => {
      await sleep(25);
      reason = ctx.signal.reason;
    });
    await submit();
    await deployment.store.write({ key: { pk: "run", sk: "node#task" }, set: [{ path: ["g"], value: 2 }] }, "test");
    await deployment.advance(30);
    expect(reason).toBeInstanceOf(LeaseLostError);
  });
});

it("names its errors as programs know them", () => {
  expect(new LeaseLostError().name).toBe("lease-lost");
  expect(new InvalidHeartbeatError("x").name).toBe("InvalidHeartbeatError");
});
