import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { newItemIn } from "../../../lib/adapters/dynamodb/stream.ts";
import { runEnded } from "../../../lib/client/run-ended.ts";
import { FatalError } from "../../../lib/errors.ts";
import { runEndedSchema } from "../../../lib/model/run-ended.ts";
import type { Item } from "../../../lib/ports/index.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "./deployment.ts";

let deployment: Deployment;
const tasks = {
  one: defineTask({ name: "one", args: z.array(z.any()) }, async () => 1),
  fails: defineTask({ name: "fails", args: z.array(z.any()) }, async () => {
    throw new FatalError("a secret of a customer");
  }),
  list: defineTask({ name: "list", args: z.array(z.any()) }, async () => [1, 2]),
};

beforeEach(() => {
  deployment = createDeployment({ tasks });
});

async function end(id: string, workflow: unknown): Promise<Item> {
  const run = await deployment.until(deployment.client.submit(workflow as never, { id, name: `name of ${id}` }));
  await deployment.until(run.wait());
  return headOf(id);
}

function headOf(id: string): Item {
  const found = deployment.store.dump().find(({ key }) => key.pk === id && key.sk === "head");
  if (found === undefined) throw new Error(`no head of ${id}`);
  return found;
}

const told = (item: Item) => runEnded(deployment, "Table", item);

describe("the event of an end", () => {
  it("tells run, end, name and counts", async () => {
    const event = await told(await end("nightly", { group: [{ task: "one" }, { task: "one" }] }));
    expect(runEndedSchema.strict().parse(event)).toEqual({
      schemaVersion: 1,
      id: "nightly#1",
      table: "Table",
      runId: "nightly",
      generation: 1,
      name: "name of nightly",
      status: "SUCCEEDED",
      submittedAt: event?.submittedAt,
      endedAt: event?.endedAt,
      taskCount: 2,
      progress: { total: 2, succeeded: 2, failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 0, waiting: 0 },
      error: null,
    });
    expect(event?.endedAt).toMatch(/^2026-11-21T09:00:0\d\.\d{3}Z$/);
  });

  it("tells the name of an error, and nothing of what it says", async () => {
    const event = await told(await end("daily", { chain: [{ task: "fails" }, { task: "one" }] }));
    expect(event).toMatchObject({ status: "FAILED", error: { name: "FatalError", taskId: "daily/[0]" } });
    expect(event?.progress).toMatchObject({ failed: 1, skipped: 1 });
    expect(JSON.stringify(event)).not.toContain("secret");
  });

  it("is the same for a copy of the record, and another after a retry; a run that has gone on is not counted", async () => {
    const first = await end("daily", { task: "fails" });
    expect(await told(first)).toEqual(await told(first));
    await deployment.until(deployment.client.retry("daily"));
    await deployment.advance(60);
    expect(await told(first)).toMatchObject({ id: "daily#1", progress: null });
    expect(await told(headOf("daily"))).toMatchObject({ id: "daily#2", progress: { failed: 1 } });
  });

  it("counts no run of more than 10,000 tasks", async () => {
    const { key, image } = await end("nightly", { task: "one" });
    const event = await told({ key, image: { ...image, taskCount: 10_001 } });
    expect(event).toMatchObject({ taskCount: 10_001, progress: null });
  });

  it("is of the run that a map is in, not of what the map has expanded into", async () => {
    await end("mapped", { chain: [{ task: "list" }, { map: { each: { task: "one" } } }] });
    const heads = deployment.store.dump().filter(({ key }) => key.sk === "head");
    expect(heads.length).toBe(2);
    const events = await Promise.all(heads.map(told));
    expect(events.flatMap((event) => event?.runId ?? [])).toEqual(["mapped"]);
  });

  it("is none of an item that is no head, of a run that runs, and of a tombstone", async () => {
    const head = await end("nightly", { task: "one" });
    const { status: _, ...image } = head.image;
    const items: Item[] = [
      { ...head, key: { pk: "nightly", sk: "node#task" } },
      { ...head, image: { ...image, status: "RUNNING" } },
      { ...head, image: { ...head.image, removedAt: 1 } },
    ];
    expect(await Promise.all(items.map(told))).toEqual([undefined, undefined, undefined]);
  });
});

it("a record of the stream is read as the item it shows after the write", () => {
  const NewImage = { pk: { S: "nightly" }, sk: { S: "head" }, status: { S: "FAILED" }, generation: { N: "2" } };
  expect(newItemIn({ dynamodb: { NewImage } })).toEqual({
    key: { pk: "nightly", sk: "head" },
    image: { status: "FAILED", generation: 2 },
  });
  expect(newItemIn({ dynamodb: {} })).toBeUndefined();
});
