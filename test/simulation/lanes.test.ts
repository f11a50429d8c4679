/**
 * Bounded concurrency where time says whether it is right: what nobody but a revoke or the sweeper can have started, and what
 * must not be started any more.
 */
import { describe, expect, it } from "vitest";
import type { PlanJoin } from "../../lib/plan/types.ts";
import type { SettledSlot } from "../../lib/protocol/slot.ts";
import { memberSlot } from "../../lib/protocol/snapshot.ts";
import { readRun } from "./oracle.ts";
import { scenarioTasks } from "./scenario-parts.ts";
import { createWorld, startMs, type Variant, type World, type WorldOptions } from "./world.ts";

const about = { tutti: 1, id: "run-1", generation: 1 };
const map = (over: readonly number[], each: object, maxConcurrency = 1) => ({ map: { each, over, maxConcurrency } });
const settled = (header: object) => ({ chord: { header, callback: { task: "outcomes" }, when: "all-settled" } });

async function worldOf(workflow: object, options: Partial<WorldOptions> = {}): Promise<World> {
  const world = createWorld({ tasks: scenarioTasks, sweeper: true, ...options });
  await world.submit({ tutti: 1, type: "submit", id: "run-1", requestId: "request-1", workflow });
  return world;
}

/** Seconds after the submit at which a task was first entered. */
function startOf(world: World, path: string): number | undefined {
  const entry = world.entries.find(({ taskId }) => taskId === `run-1/${path}`);
  return entry && (entry.atMs - startMs) / 1000;
}

describe("a lane", () => {
  it("goes on as soon as a member is revoked that waits for a retry far away", async () => {
    const world = await worldOf(settled(map([1, 2], { task: "patient" })));
    world.clock.after(
      100_000,
      () => void world.submit({ ...about, type: "revoke", path: "header[0]", requestId: "r" }),
    );
    await world.settle();
    expect(startOf(world, "header[0]")).toBe(0);
    expect(startOf(world, "header[1]")).toBe(100);
  });

  it("goes on as soon as a task inside a member is revoked", async () => {
    const each = { chain: [{ task: "patient" }, { task: "one" }] };
    const world = await worldOf(settled(map([1, 2], each)));
    const path = "header[0]/[0]";
    world.clock.after(100_000, () => void world.submit({ ...about, type: "revoke", path, requestId: "r" }));
    await world.settle();
    expect(startOf(world, "header[1]/[0]")).toBe(100);
  });

  it("goes on in the visit of the sweeper that gives a member up", async () => {
    const world = await worldOf(settled(map([1, 2], { task: "kills", retry: { maxLost: 1 } })), {
      maxReceiveCount: 1,
      deadLetters: false,
      settings: { visibilitySeconds: 1000 },
    });
    await world.settle();
    const { snapshot } = await readRun(world, "run-1");
    const slot = memberSlot(snapshot, snapshot.plan.joins["."] as PlanJoin, 0) as SettledSlot;
    expect(startOf(world, "header[1]")).toBe((slot.settledAtMs - startMs) / 1000);
  });

  it("is not begun again, after its quorum was met, by a copy of the request that comes late", async () => {
    const quorum = { chord: { header: map([1, 2, 3, 4, 5, 6], { task: "works" }), when: { quorum: 2 } } };
    const world = await worldOf(
      { chain: [quorum, { task: "works", immutable: true, args: [1, 600] }] },
      { base: [{ site: "head.create", mode: "paused" }], settings: { leaseSeconds: 1000 } },
    );
    expect(await world.settle()).toBe("rest");
    expect((await readRun(world, "run-1")).state.status).toBe("SUCCEEDED");
    // The third may have been on its way when the second was settled.
    expect(new Set(world.entries.map(({ taskId }) => taskId))).not.toContain("run-1/[0]/header[3]");
    expect(startOf(world, "[0]/header[2]")).toBeUndefined();
  });

  it("is not begun again, after its quorum was met, by the sweeper", async () => {
    const quorum = { chord: { header: map([1, 2, 3, 4], { task: "works" }), when: { quorum: 2 } } };
    const world = await worldOf(
      { chain: [quorum, { task: "works", immutable: true, args: [1, 2000] }] },
      { settings: { leaseSeconds: 5000 } },
    );
    await world.settle();
    expect(world.entries.map(({ taskId }) => taskId)).toEqual([
      "run-1/[0]/header[0]",
      "run-1/[0]/header[1]",
      "run-1/[1]",
    ]);
  });
});

describe("a retry of lanes", () => {
  /** What the queues are asked to carry in the second generation, and how long that took. */
  async function retried(workflow: object, options: Partial<WorldOptions>) {
    const sent: string[] = [];
    const variant: Variant = {
      queue: (queue) => ({
        ...queue,
        send: async (to, messages, site) => {
          sent.push(...messages.map(({ body }) => body));
          return queue.send(to, messages, site);
        },
      }),
    };
    const world = createWorld({ tasks: scenarioTasks, sweeper: false, variant, ...options });
    const submit = { tutti: 1, type: "submit", id: "run-1", requestId: "request-1", onFailure: "finish", workflow };
    await world.submit(submit);
    await world.settle();
    sent.length = 0;
    const atMs = world.clock.now();
    await world.submit({ ...about, type: "retry", requestId: "request-2" });
    await world.settle();
    expect((await readRun(world, "run-1")).state.status).toBe("SUCCEEDED");
    return { sent, tookMs: world.clock.now() - atMs };
  }

  it("sends no part of a long list that has succeeded", async () => {
    const each = { group: [{ task: "one" }, { task: "mended" }, { task: "one" }] };
    const { sent } = await retried(map([1, 2], each), { shape: { messagesPerRange: 2 } });
    const nodes = sent.flatMap((body) => /"type":"task","node":"([^"]*)"/.exec(body)?.[1] ?? []);
    expect(nodes).toEqual(["[0]/[1]", "[1]/[1]"]);
  });

  it("goes past what has succeeded, though that is still of the first generation", async () => {
    const chain = { chain: [{ task: "one" }, { task: "one" }] };
    const each = { group: [chain, { task: "mended" }, chain] };
    const { tookMs } = await retried(map([1, 2], each), { shape: { leafSize: 1, fan: 2 } });
    expect(tookMs).toBe(0);
  });
});
