/**
 * The story of 40 chunks and a worker that is killed with the last: told by `check`, mended by nobody.
 */
import { expect, it } from "vitest";
import { createStage, issueOf } from "./stage.ts";

const leaseSeconds = 30;
const visibilitySeconds = 60;
const sweepSeconds = 60;

it("S3-08: check names the member whose worker was killed and why within a sweep; left alone the callback gets 40 results", async () => {
  const { begin, deployment, check, pass } = createStage();
  const header = Array.from({ length: 40 }, (_, i) =>
    i === 39 ? { task: "nap", args: [10] } : { task: "one", args: [i] },
  );
  await begin({ chord: { header, callback: { task: "collect" } } }, { seconds: 5 });
  expect(await check({ id: "r" })).toMatchObject({ healthy: true, waiting: [{ arrived: 39, kind: "runs-long" }] });

  deployment.kill();
  await deployment.advance(leaseSeconds + 3);
  const issue = issueOf(await check(), "worker-lost");
  expect(issue).toMatchObject({
    joinId: ".",
    expected: 40,
    arrived: 39,
    missing: [{ taskId: "r/header[39]", where: "lost" }],
    groups: [{ members: "header[39]", count: 1 }],
    fix: ["tutti fix r"],
    stuck: false,
  });
  expect(leaseSeconds + 3).toBeLessThan(sweepSeconds);

  await pass(visibilitySeconds + sweepSeconds);
  expect(await check()).toMatchObject({ healthy: true, runs: 0 });
  const result = await deployment.until(deployment.client.result("r"));
  expect(result).toEqual({
    schemaVersion: 1,
    runId: "r",
    status: "SUCCEEDED",
    value: [...Array.from({ length: 39 }, (_, i) => i), 10],
  });
});
