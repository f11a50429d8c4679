import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../cli/program.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createPortClient } from "../../lib/client/client.ts";
import { deadLettersReportSchema } from "../../lib/model/cleaning-reports.ts";
import { dropReportSchema, letterReportSchema } from "../../lib/model/letter-reports.ts";
import type { ConsumedQueue, HeldMessage } from "../../lib/ports/index.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { exitCodes, fakeIo, json } from "./fake-io.ts";

let deployment: Deployment;

/** Copies what a queue holds into its dead-letter queue, as SQS would after too many deliveries. */
async function giveUp(queue: ConsumedQueue): Promise<HeldMessage> {
  const [held] = await deployment.queue.receive(queue, 1);
  if (held === undefined) throw new Error(`${queue} is empty`);
  await deployment.queue.remove(held.receipt);
  await deployment.queue.send(`dead:${queue}` as never, [{ body: held.body, delaySeconds: 0 }], "test");
  return held;
}

const letters = () => deployment.queue.list().filter(({ queue }) => queue === "dead:task:default");
const visible = () => deployment.queue.depth("dead:task:default").visible;
/** Id of the first letter. */
async function firstId(): Promise<string> {
  const held = await deployment.queue.receive("dead:task:default", 10);
  for (const { receipt } of held) await deployment.queue.changeVisibility(receipt, 0);
  return held[0]?.messageId as string;
}

beforeEach(async () => {
  const one = defineTask({ name: "one", args: z.tuple([]) }, async () => 1);
  deployment = createDeployment({ tasks: { one }, workers: false });
  await deployment.until(deployment.client.submit({ task: "one" } as never, { id: "nightly" }));
  await giveUp("task:default");
});

async function run(argv: readonly string[], answer?: boolean) {
  const { store, queue, clock } = deployment;
  const ids = createSeededIds(3);
  const client = createPortClient({ store, queue, clock, ids, letters: { queue, refs: ["request", "task:default"] } });
  const io = { ...fakeIo(answer === undefined ? {} : { answer }), openClient: async () => client };
  const ended = deployment.until(main(["dlq", ...argv], io));
  return { exitCode: await ended, stdout: io.stdout(), stderr: io.stderr(), asked: io.asked };
}

describe("dlq show", () => {
  it("tells what a letter is about, how its task is now, and what to do; and gives the letter back", async () => {
    const id = await firstId();
    const { stdout, exitCode } = await run(["show", id.slice(0, -1)]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout.replaceAll(id, "ID").replace(/(body +)\d+ bytes: .*/, "$1…")).toBe(
      [
        "letter   ID, dead letter of queue default",
        "about    task",
        "run      nightly, generation 1",
        "task     nightly/task QUEUED",
        "sent     2026-11-21T09:00:00.050Z, delivered 2 times",
        "why      queue default gave it up: it came back too often. nightly/task is QUEUED: the sweeper sends it again when it is late",
        "body     …",
        "next     tutti doctor",
        "         tutti dlq redrive default",
        "         tutti check nightly",
        "         tutti dlq drop ID",
        "",
      ].join("\n"),
    );
    expect(visible()).toBe(1);
    const { letter } = letterReportSchema.strict().parse(json((await run(["show", id, "--json"])).stdout));
    expect(letter).toMatchObject({ id, kind: "letter", queue: "default", runId: "nightly", generation: 1 });
    expect(letter.body).toMatch(/^\{"tutti":1,"type":"task"/);
    expect(letter.bytes).toBeGreaterThan(100);
  });

  it("advises to drop a letter of a task that has its outcome, and of a generation that is past", async () => {
    const id = await firstId();
    await deployment.until(deployment.client.revoke("nightly"));
    const { letter } = letterReportSchema.parse(json((await run(["show", id, "--json"])).stdout));
    expect(letter).toMatchObject({ tasks: [{ status: "REVOKED" }], next: [`tutti dlq drop ${id}`] });
    await deployment.until(deployment.client.retry("nightly"));
    const again = letterReportSchema.parse(json((await run(["show", id, "--json"])).stdout));
    expect(again.letter.why).toMatch(/It is of generation 1, and run nightly is in its 2$/);
    expect(again.letter.next).toEqual([`tutti dlq drop ${id}`]);
  });

  it("shows a body that is no message of Tutti, whatever it is", async () => {
    await deployment.queue.send("dead:task:default" as never, [{ body: "null", delaySeconds: 0 }], "test");
    const { letters: all } = deadLettersReportSchema
      .strict()
      .parse(json((await run(["list", "--letters", "--json"])).stdout));
    expect(all?.map(({ about, body }) => [about, body?.slice(0, 8)])).toEqual([
      ["task", '{"tutti"'],
      ["unreadable", "null"],
    ]);
    expect(visible()).toBe(2);
  });

  it("shows a rejected request, and fails for an id that there is not", async () => {
    await deployment.queue.send(
      "request",
      [{ body: '{"tutti":1,"type":"submit","requestId":"q-1"}', delaySeconds: 0 }],
      "test",
    );
    await deployment.advance(2);
    const { stdout } = await run(["show", "q-"]);
    expect(stdout).toMatch(/^letter {3}q-1, rejected\nabout {4}request\n/);
    expect(stdout).toMatch(/next {5}tutti submit FILE\n {9}tutti dlq drop q-1\n$/);
    const missing = await run(["show", "nobody"]);
    expect(missing).toMatchObject({ exitCode: exitCodes.issue, stdout: "" });
    expect(missing.stderr).toMatch(/no dead letter or rejected request has the id nobody/);
  });
});

describe("dlq drop", () => {
  it("says what goes, asks, and deletes that letter alone", async () => {
    await deployment.queue.send("dead:task:default" as never, [{ body: "other", delaySeconds: 0 }], "test");
    const id = await firstId();
    const { stdout, stderr, asked, exitCode } = await run(["drop", id, "--reason", "of a test"], true);
    expect([exitCode, asked]).toEqual([exitCodes.fine, [`delete ${id}?`]]);
    expect(stdout).toBe(`${id} is deleted: of a test\n`);
    expect(stderr).toBe(
      "the task message of run nightly goes from the dead letters of queue default, for good: nightly/task QUEUED\n",
    );
    expect(letters().map(({ body }) => body)).toEqual(["other"]);
    expect(visible()).toBe(1);
  });

  it("changes nothing with --dry-run, when the user declines, and where there is nobody to ask", async () => {
    const id = await firstId();
    const { stdout, exitCode } = await run(["drop", id, "--dry-run", "--json"]);
    expect(dropReportSchema.strict().parse(json(stdout))).toMatchObject({
      dryRun: true,
      dropped: false,
      letter: { id },
    });
    expect(exitCode).toBe(exitCodes.fine);
    expect((await run(["drop", id], false)).exitCode).toBe(exitCodes.interrupted);
    expect((await run(["drop", id])).exitCode).toBe(exitCodes.usage);
    expect(visible()).toBe(1);
  });

  it.each(["--yes", "--force"])("does not ask with %s, and can be repeated", async (flag) => {
    const id = await firstId();
    const first = dropReportSchema.strict().parse(json((await run(["drop", id, flag, "--json"])).stdout));
    expect(first).toMatchObject({ id, dropped: true, reason: null });
    const again = await run(["drop", id, flag]);
    expect(again).toMatchObject({ exitCode: exitCodes.fine, stdout: "" });
    expect(again.stderr).toMatch(/nothing was changed/);
  });

  it("refuses the beginning of several ids, and deletes none", async () => {
    await deployment.queue.send("dead:task:default" as never, [{ body: "other", delaySeconds: 0 }], "test");
    const common = (await firstId()).slice(0, 1);
    expect(await run(["drop", common, "--yes"])).toMatchObject({ exitCode: exitCodes.issue });
    expect(visible()).toBe(2);
  });

  it("deletes the record of a rejected request", async () => {
    await deployment.queue.send(
      "request",
      [{ body: '{"tutti":1,"type":"submit","requestId":"q-1"}', delaySeconds: 0 }],
      "test",
    );
    await deployment.advance(2);
    expect((await run(["drop", "q-1", "--yes"])).stdout).toBe("q-1 is deleted\n");
    expect((await run(["list"])).stdout).toMatch(/no rejected requests/);
  });
});
