/**
 * A test run in shards: each runs side by side with the others, and the callback collects what they tell.
 */
import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { defineTask } from "tutti";
import { z } from "zod";

const run = promisify(execFile);

const shardSchema = z.object({
  test_config_id: z.string(),
  test_run_id: z.string(),
  test_id: z.string(),
  file: z.string().describe("program that runs the shard, and prints its result as JSON"),
});
const printedSchema = z.object({ tests: z.int(), failed: z.int(), seconds: z.number() });

/** What the summary says of one shard, whatever became of it. */
export interface ShardResult {
  readonly test_id: string;
  readonly status: "passed" | "failed";
  readonly error: string | null;
  readonly execution_time: number;
}

/**
 * Runs one shard, and returns what it printed; null where it printed nothing.
 *
 * A program that fails is tried three times. What is thrown then is no end of the run: the chord hands it to the callback.
 */
export const runShard = defineTask(
  {
    name: "run-shard",
    queue: "execution",
    args: z.tuple([shardSchema]),
    timeoutSeconds: 120,
    retry: { maxAttempts: 3, backoffSeconds: 1 },
  },
  async (ctx, { file }) => {
    const { stdout } = await run(process.execPath, [file], { signal: ctx.signal });
    return stdout.trim() === "" ? null : printedSchema.parse(JSON.parse(stdout));
  },
);

const outcomeSchema = z.union([
  z.object({ status: z.literal("SUCCEEDED"), value: printedSchema.nullable() }),
  z.object({ status: z.string(), error: z.object({ name: z.string(), message: z.string() }) }),
]);
type Outcome = z.infer<typeof outcomeSchema>;

/** Turns the outcomes, which come in the order of the header, into the summary of the test run. */
export const collectResults = defineTask(
  {
    name: "collect-results",
    args: z.tuple([
      z.array(outcomeSchema),
      z.iso.datetime().describe("when the test run began"),
      z.string().describe("id of its configuration"),
      z.string().describe("id of the test run"),
      z.array(z.string()).describe("ids of the shards, in the order of the header"),
    ]),
  },
  (ctx, outcomes, startedAt, configId, testRunId, testIds) => {
    const results = outcomes.map((outcome, index) => resultOf(testIds[index] ?? `shard ${index}`, outcome));
    const failed = results.filter(({ status }) => status === "failed").length;
    return {
      test_run_id: testRunId,
      test_config_id: configId,
      organization_id: ctx.headers.organization_id ?? null,
      started_at: startedAt,
      status: failed === 0 ? "passed" : "failed",
      total: results.length,
      failed,
      results,
    };
  },
);

function resultOf(test_id: string, outcome: Outcome): ShardResult {
  if (!("value" in outcome)) return failure(test_id, `${outcome.status}: ${outcome.error.message}`);
  if (outcome.value === null) return failure(test_id, "the shard told no result");
  const { tests, failed, seconds } = outcome.value;
  if (failed > 0) return { ...failure(test_id, `${failed} of ${tests} tests failed`), execution_time: seconds };
  return { test_id, status: "passed", error: null, execution_time: seconds };
}

function failure(test_id: string, error: string): ShardResult {
  return { test_id, status: "failed", error, execution_time: 0 };
}

/** Stands for the mail: writes the summary. A second attempt puts the same file in the place of the first one's. */
export const sendSummary = defineTask(
  { name: "send-summary", args: z.tuple([z.looseObject({ test_run_id: z.string() }), z.string()]) },
  async (ctx, summary, folder) => {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `${summary.test_run_id}.json`);
    // Whole or not at all: an attempt that is thought dead may still be writing.
    const part = `${file}.${ctx.attempt}`;
    await writeFile(part, JSON.stringify(summary, null, 2));
    await rename(part, file);
    return summary;
  },
);

/** Called when so much has failed that a summary would say nothing about the tests. */
export const reportBrokenRun = defineTask(
  {
    name: "report-broken-run",
    args: z.tuple([
      z.object({ failed: z.int(), total: z.int(), failures: z.array(z.object({ error: z.json().optional() })) }),
      z.string(),
    ]),
  },
  (ctx, { failed, total }, testRunId) => {
    ctx.log.error("the test run is broken", { testRunId, failed, total });
    return { test_run_id: testRunId, status: "broken", failed, total };
  },
);
