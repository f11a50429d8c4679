import { describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../cli/program.ts";
import type { TuttiClient } from "../../lib/client/client.ts";
import { sweepReport } from "../../lib/client/sweeping.ts";
import { sweepReportSchema } from "../../lib/model/cleaning-reports.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment } from "../unit/client/deployment.ts";
import { exitCodes, fakeIo, json, tutti } from "./fake-io.ts";

const tasks = { one: defineTask({ name: "one", args: z.array(z.any()) }, async () => 1) };

describe("sweep", () => {
  it("says with --dry-run what it would mend, and changes nothing", async () => {
    const deployment = createDeployment({ tasks, workers: false });
    await tutti(["submit", "-", "--id", "nightly", "--no-wait"], { deployment, stdin: '{"task":"one"}' });
    await deployment.advance(2);
    expect((await tutti(["sweep", "--dry-run"], { deployment })).stdout).toBe("1 run looked at: nothing to mend\n");
    await deployment.advance(600);
    deployment.sent.length = 0;
    const before = deployment.store.dump();
    const told = await tutti(["sweep", "--dry-run"], { deployment });
    expect(told.exitCode).toBe(exitCodes.issue);
    expect(told.stdout).toMatch(/^nightly\/task [a-z-]+: .+\n1 run looked at: 1 to mend\n$/);
    const report = json((await tutti(["sweep", "--dry-run", "--json"], { deployment })).stdout);
    expect(sweepReportSchema.strict().parse(report)).toEqual(report);
    expect([deployment.store.dump(), deployment.sent]).toEqual([before, []]);
  });

  it("tells what it has visited and mended, and ends with 1 when a visit failed", async () => {
    const run = async (failed: number) => {
      const sweep = async () => sweepReport({ visited: 3, repaired: 2, failed });
      const io = { ...fakeIo(), openClient: async () => ({ sweep }) as unknown as TuttiClient };
      return { exitCode: await main(["sweep"], io), stdout: io.stdout() };
    };
    expect(await run(0)).toEqual({ exitCode: exitCodes.fine, stdout: "3 runs visited, 2 repairs\n" });
    expect(await run(1)).toEqual({ exitCode: exitCodes.issue, stdout: "3 runs visited, 2 repairs, 1 failed\n" });
  });

  it("refuses where only a table is named", async () => {
    const { exitCode, stderr } = await tutti(["sweep"], { deployment: createDeployment() });
    expect([exitCode, stderr]).toEqual([exitCodes.issue, expect.stringMatching(/name the request queue/)]);
  });
});
