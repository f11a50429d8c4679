/**
 * All shards at once, one summary: unless more than half of them cannot run at all.
 */
import { fileURLToPath } from "node:url";
import { chain, chord } from "tutti";
import { collectResults, reportBrokenRun, runShard, sendSummary } from "./tasks.ts";

export interface TestRun {
  readonly id: string;
  readonly configId: string;
  /** ISO-8601, in UTC. */
  readonly startedAt: string;
  /** Programs of the shards, by the id of their test. */
  readonly shards: Readonly<Record<string, string>>;
  /** Where the summary goes. */
  readonly folder: string;
  readonly organizationId: string | null;
}

export function testRunWorkflow({ id, configId, startedAt, shards, folder, organizationId }: TestRun) {
  const testIds = Object.keys(shards);
  return chord(
    Object.entries(shards).map(([test_id, file]) =>
      runShard.with({ test_config_id: configId, test_run_id: id, test_id, file }).withOptions({ label: test_id }),
    ),
    chain(
      collectResults
        .with(startedAt, configId, id, testIds)
        .withOptions({ label: "Test Execution Summary", headers: { organization_id: organizationId } }),
      sendSummary.with(folder),
    ),
    {
      when: { tolerate: { percent: 50 } },
      // Shards that hang or wait for a worker do not hold the summary up for ever.
      deadlineSeconds: { auto: { workers: 4, secondsPerTask: 120 } },
      onError: reportBrokenRun.with(id),
    },
  );
}

const shard = (name: string) => fileURLToPath(new URL(`./shards/${name}.mjs`, import.meta.url));

export default testRunWorkflow({
  id: "run-42",
  configId: "config-7",
  startedAt: "2026-11-21T02:00:00Z",
  shards: { login: shard("login"), search: shard("search"), checkout: shard("checkout"), mail: shard("mail") },
  folder: fileURLToPath(new URL("../../.tutti/test-runs", import.meta.url)),
  organizationId: "org-1",
});
