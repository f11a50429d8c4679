/**
 * Runs as they are stored: one that ended well, one that failed, one with a map, and one that goes on. Made once; whoever
 * needs a deployment gets a copy.
 */
import type { Item } from "../../lib/ports/index.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { tasks } from "./tasks.ts";

const echo = { task: "echo", args: [1] };
/** Too large for a slot: it has items of its own. */
const large = { task: "echo", args: ["x".repeat(30_000)] };

const workflows: Readonly<Record<string, unknown>> = {
  nightly: { chord: { header: [echo, large, echo], callback: echo } },
  bad: { chain: [large, { task: "fail", args: ["no"] }, echo] },
  mapped: { chain: [{ task: "echo", args: [1, 2] }, { map: { each: { task: "echo" } } }] },
  going: { group: [{ task: "hand", args: [] }, { sleep: 7200 }, echo] },
};

async function makeRuns(): Promise<{ readonly items: readonly Item[]; readonly atMs: number }> {
  const deployment = createDeployment({ tasks });
  for (const [id, workflow] of Object.entries(workflows))
    await deployment.until(deployment.client.submit(workflow as never, { id, budget: { maxTasks: 10 } }));
  const body = JSON.stringify({ tutti: 1, type: "submit", requestId: "refused", workflow: { task: "absent" } });
  await deployment.queue.send("request", [{ body, delaySeconds: 0 }], "fuzz");
  await deployment.advance(120);
  return { items: deployment.store.dump(), atMs: deployment.clock.now() };
}

export const storedRuns = await makeRuns();

/** A deployment that holds them, and nothing in its queues. */
export function deploymentWithRuns(): Deployment {
  const deployment = createDeployment({ tasks });
  deployment.store.restore(storedRuns.items);
  deployment.clock.advanceTo(storedRuns.atMs);
  return deployment;
}
