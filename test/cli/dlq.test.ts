import { beforeEach, describe, expect, it } from "vitest";
import { main } from "../../cli/program.ts";
import type { TuttiClient } from "../../lib/client/client.ts";
import { redrive } from "../../lib/client/letters.ts";
import { deadLettersReportSchema, redriveReportSchema } from "../../lib/model/cleaning-reports.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { exitCodes, fakeIo, json, tutti } from "./fake-io.ts";

let deployment: Deployment;
const message = (body: string) => ({ body, delaySeconds: 0 });

beforeEach(async () => {
  deployment = createDeployment({ control: false, workers: false });
  await deployment.queue.send("dead:task:images" as never, ["a", "b", "c"].map(message), "test");
});

/** A client whose queues can be asked and reached. */
const reached = (): Pick<TuttiClient, "deadLetters" | "redrive"> => ({
  deadLetters: async () => {
    const dead = deployment.queue.depth("dead:task:images").visible;
    return { schemaVersion: 1, queues: [{ queue: "images", dead }], rejected: [], rejectedCount: 0 };
  },
  redrive: (queue, { limit = 1000 } = {}) => redrive(deployment.queue, `task:${queue}`, limit),
});

async function run(argv: readonly string[], answer?: boolean) {
  const io = {
    ...fakeIo({ ...(answer === undefined ? {} : { answer }) }),
    openClient: async () => reached() as TuttiClient,
  };
  return { exitCode: await main(argv, io), stdout: io.stdout(), stderr: io.stderr(), asked: io.asked };
}

const depths = () => [
  deployment.queue.depth("dead:task:images").visible,
  deployment.queue.depth("task:images").visible,
];

describe("dlq", () => {
  it("lists dead letters by queue, and takes none", async () => {
    const { stdout, exitCode } = await run(["dlq", "list"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toBe("QUEUE   DEAD LETTERS\nimages             3\nno rejected requests\n");
    const report = json((await run(["dlq", "list", "--json"])).stdout);
    expect(deadLettersReportSchema.strict().parse(report)).toEqual(report);
    expect(depths()).toEqual([3, 0]);
  });

  it("lists rejected requests, and says when the queues cannot be asked", async () => {
    const told = createDeployment();
    await told.queue.send("request", [message('{"tutti":1,"type":"submit","requestId":"q-1"}')], "test");
    await told.advance(2);
    const { stdout, stderr } = await tutti(["dlq", "list"], { deployment: told });
    expect(stdout).toMatch(/^rejected: 1\n {2}2026-11-21T09:00:0\S+ q-1 request invalid-request: /);
    expect(stderr).toMatch(/cannot be asked/);
  });

  it("sends letters back to their queue once the user agrees", async () => {
    const { stdout, asked } = await run(["dlq", "redrive", "images"], true);
    expect(asked).toEqual(["send 3 dead letters back to images?"]);
    expect(stdout).toBe("queue images: 3 dead letters sent back\n");
    expect(depths()).toEqual([0, 3]);
  });

  it("changes nothing with --dry-run, when the user declines, and where there is nobody to ask", async () => {
    const told = json((await run(["dlq", "redrive", "images", "--dry-run", "--json"])).stdout);
    expect(redriveReportSchema.strict().parse(told)).toMatchObject({ dryRun: true, dead: 3, moved: 0 });
    expect((await run(["dlq", "redrive", "images"], false)).exitCode).toBe(exitCodes.interrupted);
    expect((await run(["dlq", "redrive", "images"])).exitCode).toBe(exitCodes.usage);
    expect((await run(["dlq", "redrive", "other", "--yes"])).exitCode).toBe(exitCodes.usage);
    expect(depths()).toEqual([3, 0]);
  });

  it("stops at the limit, and says that there may be more", async () => {
    const { stderr } = await run(["dlq", "redrive", "images", "--limit", "2", "--yes"]);
    expect(stderr).toMatch(/there may be more/);
    expect(depths()).toEqual([1, 2]);
  });
});

describe("redrive", () => {
  it("keeps a letter where it is until its queue has accepted it", async () => {
    const refusing = { ...deployment.queue, send: async () => ({ failed: [1] }) };
    await expect(redrive(refusing, "task:images", 10)).rejects.toThrow(/refused 1 letters/);
    await deployment.advance(3600);
    expect(deployment.queue.depth("dead:task:images").visible).toBe(1);
  });
});
