import { expect, it } from "vitest";
import { z } from "zod";
import { failures } from "../../../lib/client/failures.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "./deployment.ts";

const args = z.array(z.any());
const tasks = {
  mended: defineTask({ name: "mended", args }, (ctx) => {
    if (ctx.generation === 1) throw new FatalError("broken");
    return null;
  }),
  naps: defineTask({ name: "naps", args, timeoutSeconds: 3600 }, () => deployment.sleep(3000)),
};
let deployment: Deployment;

async function begin(runs: Readonly<Record<string, object>>): Promise<void> {
  deployment = createDeployment({ tasks });
  for (const [id, more] of Object.entries(runs)) {
    const request = { tutti: 1, type: "submit", id, workflow: { task: "mended" }, ...more };
    await deployment.until(deployment.client.submit(request as never, { wait: false }));
    await deployment.advance(1);
  }
}

it("lists what has failed or run out of time, newest first, and not what was revoked or runs", async () => {
  const naps = { workflow: { task: "naps" } };
  await begin({ early: {}, late: { ...naps, deadlineSeconds: 60 }, revoked: naps, running: naps });
  await deployment.until(deployment.client.revoke("revoked"));
  await deployment.advance(120);
  await deployment.coordinator.sweep({ deadlineAtMs: Number.POSITIVE_INFINITY });
  const { runs, partial } = await deployment.client.failures();
  expect(partial).toBe(false);
  expect(runs.map(({ id, status, generation }) => [id, status, generation])).toEqual([
    ["late", "TIMED_OUT", 1],
    ["early", "FAILED", 1],
  ]);
  expect(runs[1]).toMatchObject({ fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/), error: { message: "broken" } });
});

it("takes no run of a kind that has gone on since the listing was made", async () => {
  await begin({ r: {} });
  const { store, client, until } = deployment;
  const fingerprint = (await client.failures()).runs[0]?.fingerprint;
  const lists = new Map<string, Awaited<ReturnType<typeof store.list>>>();
  for (const shard of new Set(store.dump().map(({ image }) => String(image.listShard))))
    lists.set(shard, await store.list(shard, undefined, "list.read"));
  const behind = { ...store, list: async (shard: string) => lists.get(shard) ?? { items: [] } };
  expect((await failures(behind, fingerprint)).runs).toHaveLength(1);
  await until(client.retry("r"));
  await deployment.advance(1);
  expect((await failures(behind, fingerprint)).runs).toEqual([]);
});
