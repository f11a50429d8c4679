/**
 * What a worker process goes by, when an engine was started with other times than the usual ones.
 */
import { expect, it } from "vitest";
import type { Connection } from "../../../lib/connect.ts";
import { environmentOf } from "../../../local/deployment.ts";

const url = (queue: string) => `http://127.0.0.1:4566/000000000000/${queue}`;
const found: Connection = {
  from: "dev-file",
  local: true,
  table: "tutti",
  region: "us-east-1",
  requestQueueUrl: url("requests"),
  endpoints: { dynamodb: "http://127.0.0.1:8000", sqs: "http://127.0.0.1:4566" },
  taskQueueUrls: { default: url("default") },
  deadLetterQueueUrls: { request: url("requests-dlq") },
  settings: { leaseSeconds: 2, visibilitySeconds: 5, sweepSeconds: 1 },
};

it("takes the times of the engine that it works beside", () => {
  expect(environmentOf(found, {}, {}).settings).toMatchObject({
    leaseSeconds: 2,
    visibilitySeconds: 5,
    sweepSeconds: 1,
    clockSkewSeconds: 2,
  });
});

it("takes flags before its own variables, and these before the engine's times", () => {
  const variables = { TUTTI_LEASE_SECONDS: "7", TUTTI_SWEEP_SECONDS: "8" };
  expect(environmentOf(found, variables, { sweepSeconds: 9, leaseSeconds: undefined }).settings).toMatchObject({
    leaseSeconds: 7,
    visibilitySeconds: 5,
    sweepSeconds: 9,
  });
});
