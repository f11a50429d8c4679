/**
 * The calls to the table that follow one another before the next task's code starts: what a user waits for.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Submittable } from "../../../lib/client/client.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

/** The task that ends when all others have, and the one that follows it. */
const slow = { task: "slow" };
const next = { task: "next" };
const args = z.array(z.unknown());

/** What is called from the end of the slow task to the start of the next. */
async function between(workflow: Submittable, seconds = 5): Promise<readonly string[]> {
  const seen: string[] = [];
  let path: readonly string[] = [];
  const deployment = createDeployment({
    tasks: {
      quick: defineTask({ name: "quick", args }, () => null),
      slow: defineTask({ name: "slow", args }, async () => {
        await deployment.sleep(seconds);
        seen.length = 0;
      }),
      next: defineTask({ name: "next", args }, () => {
        path = [...seen];
      }),
    },
    onCall: (site) => seen.push(site),
  });
  const run = await deployment.until(deployment.client.submit(workflow));
  await deployment.until(run.result({ timeoutSeconds: 3600 }));
  return path;
}

function chordOf(members: number): Submittable {
  const quick = Array.from({ length: members - 1 }, () => ({ task: "quick" }));
  return { chord: { header: [...quick, slow], callback: next } };
}

describe("calls between two bodies", () => {
  it("are two for a step of a chain: its outcome, and the claim of the next", async () => {
    expect(await between({ chain: [slow, next] })).toEqual(["slot.commit", "slot.carry"]);
  });

  it.each([
    [10, ["slot.commit", "slot.carry"]],
    [100, ["slot.commit", "tally.arrive", "slot.carry", "input.read"]],
    [2560, ["slot.commit", "tally.arrive", "slot.carry", "input.read"]],
    [2561, ["slot.commit", "tally.arrive", "tally.arrive", "slot.carry", "input.read"]],
  ])(
    "are, after the last of %d members, one a level, the claim, and the read of other leaves",
    async (members, path) => {
      expect(await between(chordOf(members))).toEqual(path);
    },
  );

  it("are those of a message of its own where less is left of the process than the callback's soft limit", async () => {
    expect(await between(chordOf(10), 269)).toContain("slot.carry");
    expect(await between(chordOf(10), 271)).not.toContain("slot.carry");
  });
});

it.each([
  [500, "slot.carry"],
  [700, "slot.look"],
])(
  "looks at its time again when what it has carried gets its turn: after %d s that is followed by %s",
  async (seconds, site) => {
    const sites: string[] = [];
    const { client, clock, coordinator, queue, sleep, until } = createDeployment({
      tasks: {
        quick: defineTask({ name: "quick", args }, () => null),
        long: defineTask({ name: "long", args, timeoutSeconds: 800 }, () => sleep(seconds).then(() => null)),
      },
      tasksPerInvocation: 1,
      workers: false,
      onCall: (call) => sites.push(call),
    });
    await until(client.submit({ group: [{ chain: [{ task: "quick" }, { task: "quick" }] }, { task: "long" }] }));
    const messages = await queue.receive("task:default", 10);
    await until(coordinator.work({ messages, queue: "default", deadlineAtMs: clock.now() + 870_000 }));
    expect(sites.filter((call) => call === "slot.carry" || call === "slot.look")).toEqual([site]);
  },
);

it("sends each pack of a lane once, whatever it holds: no claim is refused", async () => {
  const sites: string[] = [];
  const { client, until } = createDeployment({
    tasks: { quick: defineTask({ name: "quick", args }, () => null) },
    onCall: (site) => sites.push(site),
  });
  const over = Array.from({ length: 30 }, (_, i) => i);
  const run = await until(client.submit({ map: { each: { task: "quick" }, over, maxConcurrency: 10 } }));
  await until(run.result());
  expect(sites.filter((site) => site === "slot.claim")).toHaveLength(3);
});
