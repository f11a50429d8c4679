/**
 * Waiting for a run (docs/requirements.md, S3): bounded, and at its end what is stored is what counts.
 */
import { describe, expect, it } from "vitest";
import { chord } from "../../../lib/canvas/canvas.ts";
import { createDeployment } from "../client/deployment.ts";
import { task } from "./support.ts";

/** A member that ends when the test says so, and a callback. */
function rig() {
  const ends = { at: (_seconds: number): void => {} };
  const ended = new Promise<void>((end) => {
    ends.at = (seconds) => void deployment.clock.after(seconds * 1000, end);
  });
  const member = task("member", () => ended.then(() => 1));
  const count = task("count", (_ctx, results: unknown[]) => results.length);
  const deployment = createDeployment({ tasks: { member, count } });
  const { client, until } = deployment;
  const submit = () => until(client.submit(chord([member, member], count), { id: "r" }));
  return { ...deployment, submit, ends };
}

describe("a wait", () => {
  it("S3-24: gives the result when there is one", async () => {
    const { submit, ends, until } = rig();
    const run = await submit();
    ends.at(3);
    expect(await until(run.result({ timeoutSeconds: 5 }))).toBe(2);
  });

  it("S3-06 S3-24 S3-27: falls back to what is stored when time is up: its last look finds a run that has just ended", async () => {
    const { submit, ends, until, clock } = rig();
    const run = await submit();
    ends.at(4.999);
    const startMs = clock.now();
    expect(await until(run.result({ timeoutSeconds: 5 }))).toBe(2);
    expect(clock.now() - startMs).toBe(5000);
  });

  it("S3-06 S3-10 S3-27: gives the stored progress when time is up, by handle and by id, and can be gone on with", async () => {
    const { submit, ends, until, client } = rig();
    const run = await submit();
    const progress = { total: 3, succeeded: 0, running: 2, waiting: 1 };
    const late = { code: "wait-timed-out", timeoutSeconds: 5, progress };
    for (const wait of [run.result, run.wait, (options: object) => client.wait("r", options)]) {
      await expect(until<unknown>(wait({ timeoutSeconds: 5 }))).rejects.toMatchObject(late);
    }
    ends.at(60);
    expect(await until(client.wait("r"))).toMatchObject({ status: "SUCCEEDED", value: 2, progress: { succeeded: 3 } });
    expect(await client.result("r")).toMatchObject({ value: 2 });
  });

  it("S3-01: of a result that is only read ends at once, whatever the run does", async () => {
    const { submit, until, client, clock } = rig();
    await submit();
    const beforeMs = clock.now();
    await expect(until(client.result("r"))).rejects.toMatchObject({ code: "run-unfinished", progress: { running: 2 } });
    expect(clock.now()).toBe(beforeMs);
  });
});

it("S1-63 S2-18: a start is recorded, and shown while the task runs", async () => {
  const { submit, client, clock, advance } = rig();
  await submit();
  const { tasks = [] } = await client.inspect("r", { verbose: true });
  const startedAt = new Date(clock.now()).toISOString();
  expect(tasks.map(({ status, startedAt: at }) => [status, at])).toEqual([
    ["RUNNING", expect.stringMatching(/^2026-/)],
    ["RUNNING", expect.stringMatching(/^2026-/)],
    ["WAITING", null],
  ]);
  expect(String(tasks[0]?.startedAt) <= startedAt).toBe(true);
  await advance(100);
  const later = await client.inspect("r", { verbose: true });
  expect(later.tasks?.[0]?.startedAt).toBe(tasks[0]?.startedAt);
});
