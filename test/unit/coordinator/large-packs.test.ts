/**
 * Packs of 64, which are more slots than a write may concern: the table in memory refuses a write that says more than DynamoDB
 * takes.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

const size = 64;
const args = z.array(z.any());

describe("a pack of 64", () => {
  let fails: boolean;
  let entered: number;
  let sites: string[];
  let warnings: string[];
  let deployment: Deployment;
  /** All bodies end in one turn. */
  let end: Promise<void> | undefined;
  beforeEach(() => {
    entered = 0;
    end = undefined;
    fails = false;
    sites = [];
    warnings = [];
    deployment = createDeployment({
      tasksPerInvocation: size,
      shape: { tasksPerMessage: () => size },
      tasks: {
        slow: defineTask(
          { name: "slow", args, timeoutSeconds: 3600, retry: { maxAttempts: 1 } },
          async (_ctx, index) => {
            entered += 1;
            end ??= deployment.sleep(45);
            await end;
            if (fails) throw new FatalError("it is broken");
            return index;
          },
        ),
        list: defineTask({ name: "list", args }, (_ctx, list) => list),
      },
      onCall: (site) => sites.push(site),
      log: { write: (level, text, fields) => void (level === "warn" && warnings.push(`${text} ${fields?.error}`)) },
    });
  });

  const written = (site: string) => sites.filter((one) => one === site).length;
  const submit = (policy: { readonly deadlineSeconds?: number } = {}) =>
    deployment.until(
      deployment.client.submit(
        {
          chord: {
            header: Array.from({ length: size }, (_, index) => ({ task: "slow", args: [index] })),
            callback: { task: "list" },
            ...policy,
          },
        },
        { id: "run", onFailure: "finish" },
      ),
    );

  it("is claimed in one write, kept and committed in two, and its results are in order", async () => {
    const run = await submit();
    await deployment.advance(60);
    expect(await run.result({ timeoutSeconds: 1 })).toEqual(Array.from({ length: size }, (_, index) => index));
    expect(written("slot.claim")).toBe(1);
    expect(entered).toBe(size);
    expect(written("slot.commit")).toBe(2 + 1);
    expect(written("slot.heartbeat")).toBe(2 * 4);
  });

  it("runs out of time as a whole", async () => {
    await submit({ deadlineSeconds: 20 });
    await deployment.advance(25);
    await deployment.sweep();
    await deployment.advance(60);
    const { tasks } = await deployment.client.inspect("run", { verbose: true });
    expect(tasks?.filter(({ status }) => status === "TIMED_OUT")).toHaveLength(size);
  });

  it("is claimed in slices where the sweeper has sent its members again", async () => {
    deployment.switches.workers = false;
    const run = await submit();
    for (let minute = 0; minute < 60; minute++) {
      await deployment.advance(60);
      await deployment.sweep();
    }
    expect(written("slot.resend")).toBeGreaterThanOrEqual(size);
    deployment.switches.workers = true;
    await deployment.advance(600);
    expect(warnings).toEqual([]);
    expect(await run.result({ timeoutSeconds: 1 })).toHaveLength(size);
  });

  it("fails as a whole, and is run again as a whole", async () => {
    fails = true;
    const run = await submit();
    await deployment.advance(60);
    [fails, end] = [false, undefined];
    await deployment.until(deployment.client.retry("run", {}));
    await deployment.advance(60);
    expect(await run.result({ timeoutSeconds: 1 })).toHaveLength(size);
    expect(entered).toBe(2 * size);
  });
});
