/**
 * Whole batches through the handlers of the Lambda functions: bad records beside one good one, which must come to what it
 * would have come to alone.
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createControlHandler } from "../../lambdas/control/handler.ts";
import { createDeadLetterHandler } from "../../lambdas/dead-letter/handler.ts";
import { createWorkerHandler } from "../../lambdas/worker/handler.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { readHead } from "../../lib/records/snapshots.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { Harm } from "./guard.ts";
import { tasks } from "./tasks.ts";

export type Source = "control" | "worker" | "dead-letter";

const goodId = "good";
const goodRequest = JSON.stringify({
  tutti: 1,
  type: "submit",
  requestId: "good",
  id: "good",
  workflow: { task: "echo", args: [1] },
});

const message = (messageId: string, body: string) => ({
  messageId,
  body,
  receiveCount: 1,
  sentAtMs: 0,
  attributes: {},
});

function eventOf(bodies: readonly string[], good: string | undefined, at: number): SQSEvent {
  const records: (readonly [string, string])[] = bodies.map((body, index) => [`bad-${index}`, body]);
  if (good !== undefined) records.splice(at % (records.length + 1), 0, [goodId, good]);
  return {
    Records: records.map(([messageId, body]) => ({
      messageId,
      body,
      receiptHandle: `receipt-${messageId}`,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "0",
        SenderId: "s",
        ApproximateFirstReceiveTimestamp: "0",
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:tutti-task-default-dlq",
      awsRegion: "us-east-1",
    })),
  };
}

/** Gives a batch to one of the handlers. @throws Harm when the good record, or anything else, is not as it should be. */
export async function checkBatch(source: Source, bodies: readonly string[], at: number): Promise<void> {
  const deployment = createDeployment({ tasks, workers: false });
  const given: string[] = [];
  const deps = {
    coordinator: deployment.coordinator,
    giveBack: async (_queue: string, receipt: string) => void given.push(receipt),
    log: silentLog,
    clock: deployment.clock,
  };
  const good = source === "worker" ? await goodTask(deployment) : goodRequest;
  const event = eventOf(bodies, source === "dead-letter" ? undefined : good, at);
  const { batchItemFailures } = await handled(source, event, deps);
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  const ids = new Set(event.Records.map(({ messageId }) => messageId));
  if (failed.some((id) => !ids.has(id)))
    throw new Harm(`failures name what was not in the batch: ${failed.join(", ")}`);
  if (failed.includes(goodId)) throw new Harm("the good record was returned");
  if (source === "dead-letter") return;
  const status = (await readHead(deployment.store, "good"))?.status;
  const expected = source === "worker" ? "SUCCEEDED" : "RUNNING";
  if (status !== expected) throw new Harm(`the run of the good record is ${status} and not ${expected}`);
}

/** The message of a task of a run that waits for it. */
async function goodTask({ coordinator, queue }: Deployment): Promise<string> {
  await coordinator.control(message("m", goodRequest));
  const [held] = await queue.receive("task:default", 1);
  if (held === undefined) throw new Error("the good run has sent nothing");
  return held.body;
}

type Deps = Parameters<typeof createControlHandler>[0] & Parameters<typeof createDeadLetterHandler>[0] extends infer D
  ? Omit<D, "sourceOf"> & Pick<Deployment, "clock" | "coordinator">
  : never;

function handled(source: Source, event: SQSEvent, deps: Deps): Promise<SQSBatchResponse> {
  if (source === "control") return createControlHandler(deps)(event);
  if (source === "dead-letter") return createDeadLetterHandler({ ...deps, sourceOf: () => "task:default" })(event);
  const handler = createWorkerHandler({ ...deps, queue: "default" });
  return handler(event, { getRemainingTimeInMillis: () => 870_000 });
}
