/**
 * Chords that end the members they are decided without, through the driver on table and queue in memory.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";
import { plan, refusal } from "../plan/support.ts";

const args = z.array(z.any());
const hour = 3600;

function deploy() {
  const told: { readonly taskId: string; readonly reason: string; readonly atMs: number }[] = [];
  const begun: string[] = [];
  const tasks = {
    quick: defineTask({ name: "quick", args }, (ctx, value) => {
      begun.push(ctx.taskId);
      return value;
    }),
    broken: defineTask({ name: "broken", args }, () => {
      throw new FatalError("it is broken");
    }),
    slow: defineTask({ name: "slow", args, timeoutSeconds: hour }, async (ctx) => {
      begun.push(ctx.taskId);
      ctx.signal.addEventListener("abort", () => {
        told.push({ taskId: ctx.taskId, reason: ctx.signal.reason.name, atMs: deployment.clock.now() });
      });
      await deployment.sleep(600);
      return "slow";
    }),
    list: defineTask({ name: "list", args }, (_ctx, first) => first),
  };
  const deployment = createDeployment({ tasks });
  return { ...deployment, told, begun };
}

const quick = { task: "quick", args: [1] };
const late = { task: "quick", args: [2], delaySeconds: 800 };
const slow = { task: "slow" };
const broken = { task: "broken" };
/** The run, an hour after its submit. */
async function shown({ client, until, advance }: ReturnType<typeof deploy>, workflow: object) {
  await until(client.submit(workflow as never, { id: "r" }));
  await advance(hour);
  return client.inspect("r", { verbose: true });
}

const chord = (when: object | string, header: readonly object[], cancelRest?: boolean) => ({
  chord: { header, callback: { task: "list" }, when, ...(cancelRest === undefined ? {} : { cancelRest }) },
});

describe("a chord with cancelRest", () => {
  it("tells the run of a map at once: its tasks are told at their next heartbeat", async () => {
    const deployed = deploy();
    const { told, clock } = deployed;
    const startMs = clock.now();
    const soon = { task: "quick", args: [1], delaySeconds: 60 };
    const header = [soon, { map: { each: slow } }];
    await shown(deployed, { chain: [{ task: "quick", args: [[1, 2]] }, chord({ quorum: 1 }, header, true)] });
    expect(told.map(({ reason }) => reason)).toEqual(["run-ended", "run-ended"]);
    for (const { atMs } of told) expect(atMs - startMs).toBeLessThan(180_000);
  });

  it("tells running members at the next heartbeat, and drops what is queued, when its quorum is reached", async () => {
    const deployed = deploy();
    const { told, begun, clock } = deployed;
    const startMs = clock.now();
    const { run, tasks = [] } = await shown(deployed, chord({ quorum: 1 }, [quick, slow, late], true));
    expect(tasks.map(({ status, error, late }) => [status, error?.name, late])).toEqual([
      ["SUCCEEDED", undefined, undefined],
      ["REVOKED", "not-needed", "SUCCEEDED"],
      ["SKIPPED", "not-needed", undefined],
      ["SUCCEEDED", undefined, undefined],
    ]);
    expect(told.map(({ taskId, reason }) => [taskId, reason])).toEqual([["r/header[1]", "task-revoked"]]);
    expect((told[0]?.atMs as number) - startMs).toBeLessThanOrEqual(15_000);
    expect(begun).toEqual(["r/header[0]", "r/header[1]"]);
    expect(run.result).toMatchObject([{ value: 1 }, { status: "SKIPPED" }, { status: "SKIPPED" }]);
  });

  it("ends the others at the first failure (E9)", async () => {
    const deployed = deploy();
    const { told, begun } = deployed;
    const { run, tasks = [] } = await shown(deployed, chord("all-succeeded", [broken, slow, late], true));
    expect(run.status).toBe("FAILED");
    expect(tasks.map(({ status }) => status)).toEqual(["FAILED", "REVOKED", "SKIPPED", "SKIPPED"]);
    expect(told).toHaveLength(1);
    expect(begun).toEqual(["r/header[1]"]);
  });

  it("ends nothing without being asked to: late members are recorded", async () => {
    const deployed = deploy();
    const { told } = deployed;
    const { tasks = [] } = await shown(deployed, chord({ quorum: 1 }, [quick, slow]));
    expect(tasks[1]).toMatchObject({ status: "SUCCEEDED", afterQuorum: true });
    expect(told).toEqual([]);
  });

  it("is refused where every member is needed", () => {
    expect(refusal(() => plan({ chord: { header: [{ task: "a" }], when: "all-settled", cancelRest: true } }))).toEqual({
      path: "workflow.chord.cancelRest",
      value: true,
      rule: "must not be with all-settled: it waits for every member",
    });
  });
});
