import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { usEast1Prices } from "../../lib/model/prices.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment } from "../unit/client/deployment.ts";
import { emptyFolder, exitCodes, type FakeIoOptions, json, tutti } from "./fake-io.ts";

const anything = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args: anything }, async (_, value) => value ?? null),
  list: defineTask({ name: "list", args: anything }, async (_, count) => Array.from({ length: count }, (_one, i) => i)),
  never: defineTask({ name: "never", args: anything, retry: { maxAttempts: 100, backoffSeconds: 0 } }, async () => {
    throw new Error("still down");
  }),
  nap: defineTask({ name: "nap", args: anything, timeoutSeconds: 3600 }, async (_, seconds) => {
    await deployment.sleep(seconds);
    return seconds;
  }),
};
const deployment = createDeployment({ tasks });
const run = (argv: readonly string[], options: FakeIoOptions = {}) => tutti(argv, { deployment, ...options });
const one = { task: "one", args: [1] };

async function submit(id: string, workflow: object, ...flags: string[]) {
  const result = await run(["submit", "-", "--id", id, ...flags], { stdin: JSON.stringify(workflow) });
  await deployment.advance(200);
  return result;
}

describe("cost", () => {
  it("prints a table by call, with what is counted and what is estimated", async () => {
    await submit("nightly", { chain: [{ task: "list", args: [3] }, { map: { each: { task: "nap", args: [20] } } }] });
    const { exitCode, stdout, stderr } = await run(["cost", "nightly"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toMatch(
      /^run nightly (SUCCEEDED|FAILED), with 1 run of its maps: \$0\.0\d+ at prices of us-east-1, on demand, November 2026\n/,
    );
    expect(stdout).toMatch(/\nDynamoDB +claims +\d+ +write unit +counted +0\.0\d+\n/);
    expect(stdout).toMatch(/\nSQS +send, receive, delete +\d+ +SQS request +estimated +0\.0\d+\n/);
    expect(stderr).toContain("not counted: visits of the sweeper");
  });

  it("prints exactly the shape that scripts rely on", async () => {
    await submit("task", one);
    const { stdout } = await run(["cost", "task", "--json"]);
    const report = json(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      schemaVersion: 1,
      runId: "task",
      status: "SUCCEEDED",
      generation: 1,
      runs: 1,
      prices: usEast1Prices,
      totals: { writeUnits: 10, readUnits: 2, sqsRequests: 6, lambdaRequests: 2, lambdaGbSeconds: 0, usd: 0.0000093 },
    });
    expect((report.lines as unknown[])[0]).toEqual({
      service: "DynamoDB",
      call: "head: made, ended, raised",
      unit: "write unit",
      amount: 7,
      basis: "counted",
      usd: 0.000004375,
    });
  });

  it("takes another table of prices, and refuses a wrong one with path, value and rule", async () => {
    await submit("priced", one);
    const cwd = emptyFolder();
    const free = {
      name: "ours",
      perMillion: { writeUnits: 1_000_000, readUnits: 0, sqsRequests: 0, lambdaRequests: 0 },
      lambda: { gbSecond: 0, memoryMb: 1024 },
    };
    writeFileSync(join(cwd, "prices.json"), JSON.stringify(free));
    const { stdout } = await run(["cost", "priced", "--prices", "prices.json"], { cwd });
    expect(stdout).toMatch(/^run priced SUCCEEDED: \$10\.00 at prices of ours\n/);
    const wrong = async (table: unknown) => {
      const { exitCode, stderr } = await run(["cost", "priced", "--prices", "-"], { stdin: JSON.stringify(table) });
      expect(exitCode).not.toBe(exitCodes.fine);
      return stderr;
    };
    expect(await wrong({ ...free, lambda: { gbSecond: -1, memoryMb: 1024 } })).toContain(
      "prices.lambda.gbSecond: must be at least 0, found -1",
    );
    expect(await wrong({ ...free, perMillion: { writeUnits: 1 } })).toContain(
      "prices.perMillion.readUnits: is required",
    );
    expect(await wrong({ ...free, s3: 1 })).toContain("prices.s3: must not be there: the key is unknown");
    expect((await run(["cost", "priced", "--prices", "nowhere.json"], { cwd })).stderr).toContain(
      "cannot read nowhere.json: there is no such file",
    );
  });

  it("says that there is no such run", async () => {
    expect((await run(["cost", "nobody"])).exitCode).toBe(exitCodes.issue);
  });
});

describe("a budget", () => {
  it("is given by flags, and refused where the plan is over it", async () => {
    const { exitCode, stderr } = await submit("over", { group: [one, one] }, "--max-tasks", "1");
    expect(exitCode).toBe(exitCodes.issue);
    expect(stderr).toContain("budget.maxTasks: must be at least 2, the tasks of the plan, found 1");
  });

  it("of flags goes before that of the file, limit by limit", async () => {
    const request = { tutti: 1, type: "submit", budget: { maxTasks: 9, maxCost: 2 }, workflow: one };
    await submit("merged", request, "--max-tasks", "5", "--max-attempts-total", "7");
    const report = json((await run(["inspect", "merged", "--json"])).stdout);
    expect(report.run).toMatchObject({
      budget: {
        run: "merged",
        maxTasks: 5,
        maxAttemptsTotal: 7,
        maxCost: 2,
        used: { tasks: 1, attempts: 1, cost: expect.any(Number) },
      },
    });
  });

  it("is shown with what is used, in the run and in those of its maps", async () => {
    const workflow = { chain: [{ task: "list", args: [2] }, { map: { each: { task: "one" } } }] };
    await submit("mapped", workflow, "--max-tasks", "10", "--max-cost", "0.5");
    expect((await run(["inspect", "mapped"])).stdout).toMatch(/\nbudget +4 of 10 tasks · \$0\.0000\d+ of \$0\.50\n/);
    const { maps } = json((await run(["inspect", "mapped", "--json"])).stdout) as { maps: { run: string }[] };
    const child = maps[0]?.run as string;
    expect((await run(["inspect", child])).stdout).toMatch(/\nbudget +4 of 10 tasks · .* of run mapped\n/);
  });

  it("may be raised by a retry, and its example is in the help", async () => {
    await submit("tired", { task: "never", args: [] }, "--max-attempts-total", "2");
    expect((await run(["inspect", "tired"])).stdout).toContain(
      "budget-exceeded: no attempt 3: budget.maxAttemptsTotal is 2",
    );
    const refused = await run(["retry", "tired"]);
    expect(refused.stderr).toContain("name a higher limit in the retry");
    const raised = await run(["retry", "tired", "--max-attempts-total", "4"]);
    expect(raised.exitCode).toBe(exitCodes.fine);
    await deployment.advance(100);
    expect((await run(["inspect", "tired"])).stdout).toMatch(/\nbudget +4 of 4 attempts\n/);
    expect((await run(["retry", "--help"])).stdout).toContain("--max-attempts-total 500");
  });

  it("takes amounts that make sense", async () => {
    const { stderr, exitCode } = await submit("odd", one, "--max-cost", "0");
    expect(exitCode).toBe(exitCodes.usage);
    expect(stderr).toContain("must be a number above 0 and at most 1000000");
  });
});
