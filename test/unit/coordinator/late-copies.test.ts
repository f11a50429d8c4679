/**
 * What a message costs that is delivered again long after its task was settled.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import { readHead } from "../../../lib/records/snapshots.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

/** Layers of two tasks, each after both of the layer before: many more paths than tasks. */
function lattice(layers: number) {
  const nodes: Record<string, object> = { first: { task: "quick" } };
  for (let layer = 0; layer < layers; layer++) {
    const after = layer === 0 ? ["first"] : [`a${layer - 1}`, `b${layer - 1}`];
    for (const side of ["a", "b"]) nodes[`${side}${layer}`] = { task: "quick", after };
  }
  nodes.last = { task: "slow", after: [`a${layers - 1}`, `b${layers - 1}`] };
  return { dag: { nodes } };
}

/** Calls to the table of a copy of an early message, while the last task runs. */
async function callsOfCopy(layers: number): Promise<number> {
  let calls = 0;
  const args = z.array(z.unknown());
  const deployment = createDeployment({
    tasks: {
      quick: defineTask({ name: "quick", args }, () => null),
      slow: defineTask({ name: "slow", args }, () => deployment.sleep(50)),
    },
    onCall: () => calls++,
  });
  const { client, store, queue } = deployment;
  const run = await deployment.until(client.submit(lattice(layers) as never, { id: "lattice" }));
  await deployment.advance(5);
  const head = await readHead(store, "lattice");
  const plan = { hash: head?.planHash, pages: head?.planPages };
  const message = { tutti: 1, type: "task", node: "a0", run: "lattice", generation: 1, dispatch: 1, plan };
  await queue.send("task:default", [{ body: JSON.stringify(message), delaySeconds: 0 }], "test");
  calls = 0;
  await deployment.advance(1);
  const found = calls;
  await deployment.until(run.result({ timeoutSeconds: 600 }));
  return found;
}

it("goes along each unit of a graph once, not along every path", async () => {
  const [four, eight, sixteen] = [await callsOfCopy(4), await callsOfCopy(8), await callsOfCopy(16)];
  expect(sixteen - eight).toBe(2 * (eight - four));
});
