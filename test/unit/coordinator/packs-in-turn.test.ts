/**
 * Packs of one batch that wait for one another's turns: a turn is for bodies, and what is written after them takes none.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

const args = z.array(z.unknown());

it("the next pack is claimed while the outcomes of the one before are recorded; bodies keep to their number", async () => {
  const sites: string[] = [];
  let running = 0;
  let most = 0;
  const { client, clock, coordinator, queue, sleep, until } = createDeployment({
    tasksPerInvocation: 10,
    workers: false,
    tasks: {
      member: defineTask({ name: "member", args }, async () => {
        running += 1;
        most = Math.max(most, running);
        await sleep(1);
        running -= 1;
        return null;
      }),
      list: defineTask({ name: "list", args }, (_ctx, list) => (list as readonly unknown[]).length),
    },
    onCall: (site) => sites.push(site),
  });
  const header = Array.from({ length: 30 }, () => ({ task: "member" }));
  await until(client.submit({ chord: { header, callback: { task: "list" } } }));
  const messages = await queue.receive("task:default", 10);
  await until(coordinator.work({ messages, queue: "default", deadlineAtMs: clock.now() + 870_000 }));
  expect(most).toBe(10);
  const written = sites.filter((site) => site === "slot.claim" || site === "tally.arrive" || site === "slot.carry");
  expect(written).toEqual([
    ...["slot.claim", "slot.claim", "tally.arrive"],
    ...["slot.claim", "tally.arrive", "tally.arrive", "slot.carry"],
  ]);
});
