/**
 * A deployment that works, as it answers: each test breaks one thing of it.
 */
import type { DoctorFacts } from "../../../lib/client/doctor-facts.ts";
import { epochMs } from "../../../lib/model/ids.ts";
import type { Asked, AskedQueue, QueueDescription, QueueMapping } from "../../../lib/ports/index.ts";

export const nowMs = Date.parse("2026-11-21T12:00:00Z");

export function found<T>(value: T): Asked<T> {
  return { answer: "found", value };
}

export function aQueue(name: string, given: Partial<QueueDescription> = {}): QueueDescription {
  return {
    arn: `arn:aws:sqs:eu-west-1:123456789012:${name}`,
    visibilitySeconds: 5400,
    redrive: { maxReceiveCount: 20, targetArn: `arn:aws:sqs:eu-west-1:123456789012:${name}-dead` },
    encryption: "SQS",
    depth: { visible: 0, inFlight: 0, delayed: 0 },
    ...given,
  };
}

export function aPair(name: string, given: Partial<QueueDescription> = {}): AskedQueue {
  const { redrive: _, ...dead } = aQueue(`${name}-dead`);
  return { queue: found(aQueue(name, given)), dead: found(dead) };
}

/** A function that reads a queue as the construct has it. */
export function aMapping(given: Partial<QueueMapping> = {}): QueueMapping {
  return {
    functionName: "Prod-Worker",
    state: "Enabled",
    lastResult: "OK",
    batchSize: 10,
    tellsFailures: true,
    ...given,
  };
}

export type Answers = DoctorFacts["deployment"];

/** A deployment in an account, found by its stack. */
export function aDeployment(given: Partial<DoctorFacts> = {}, answers: Partial<Answers> = {}): DoctorFacts {
  return {
    place: {
      from: "stack",
      table: "prod",
      requestQueueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/requests",
      region: "eu-west-1",
      endpoints: {},
      isEmulated: false,
    },
    machine: { nodeVersion: "v24.1.0", packageVersion: "0.1.0" },
    nowMs: epochMs(nowMs),
    times: { leaseSeconds: 30, clockSkewSeconds: 2, sweepSeconds: 60, visibilitySeconds: 60 },
    tasks: { resize: { queue: "images" }, "add-up": { queue: "default" } },
    ...given,
    deployment: {
      table: found({
        status: "ACTIVE",
        deletionProtected: true,
        parts: [
          { name: "keys", found: "pk (S), sk (S)", expected: "pk (S), sk (S)" },
          { name: "index due", found: "dueShard (S), due (N)", expected: "dueShard (S), due (N)" },
        ],
      }),
      expiry: found({ found: "ttl", expected: "ttl" }),
      recovery: found(true),
      dueMs: found(undefined),
      queues: new Map([
        ["request", aPair("requests")],
        ["task:default", aPair("default", { depth: { visible: 3, inFlight: 2, delayed: 0 } })],
        ["task:images", aPair("images")],
      ]),
      clock: { leastMs: -600, mostMs: 400 },
      ...answers,
    },
  };
}
