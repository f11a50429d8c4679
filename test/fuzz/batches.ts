/**
 * Whole batches through the handlers of the Lambda functions: bad records beside one good one, which must come to what it
 * would have come to alone.
 */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { createControlHandler } from "../../lambdas/control/handler.ts";
import { createDeadLetterHandler } from "../../lambdas/dead-letter/handler.ts";
import { createWorkerHandler } from "../../lambdas/worker/handler.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { returnedAttribute } from "../../lib/coordinator/dead-letter.ts";
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

/** A record, as far as they differ. */
interface Given {
  readonly messageId: string;
  readonly body: string;
  /** Of the two dead-letter queues that there are. */
  readonly from: "request" | "task";
  /** Whether it was put back once. */
  readonly returned: boolean;
}

const arns = {
  request: "arn:aws:sqs:us-east-1:000000000000:tutti-request-dlq",
  task: "arn:aws:sqs:us-east-1:000000000000:tutti-task-default-dlq",
} as const;

const sourceOf = (arn: string) => (arn === arns.request ? "request" : "task:default");

function eventOf(given: readonly Given[]): SQSEvent {
  return {
    Records: given.map(({ messageId, body, from, returned }) => ({
      messageId,
      body,
      receiptHandle: `receipt-${messageId}`,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "0",
        SenderId: "s",
        ApproximateFirstReceiveTimestamp: "0",
      },
      messageAttributes: returned ? { [returnedAttribute]: { stringValue: "1", dataType: "String" } } : {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: arns[from],
      awsRegion: "us-east-1",
    })),
  };
}

/** Bad records of every origin, and the good one among them. */
function besides(good: Given, bodies: readonly string[], at: number): readonly Given[] {
  const bad = bodies.map(
    (body, index): Given => ({
      messageId: `bad-${index}`,
      body,
      from: index % 3 === 0 ? "task" : "request",
      returned: index % 3 === 1,
    }),
  );
  return bad.toSpliced(at % (bad.length + 1), 0, good);
}

/** Time for what follows from a record; less than a message is hidden, so that nothing is delivered again. */
const afterSeconds = 30;

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
  const event = eventOf(besides(await goodRecord(source, deployment, at), bodies, at));
  const { batchItemFailures } = await deployment.until(handled(source, event, deps));
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  const ids = new Set(event.Records.map(({ messageId }) => messageId));
  if (failed.some((id) => !ids.has(id)))
    throw new Harm(`failures name what was not in the batch: ${failed.join(", ")}`);
  if (failed.includes(goodId)) throw new Harm("the good record was returned");
  // What a worker is given it does at once; what the others send on is for workers.
  if (source !== "worker") {
    deployment.switches.workers = true;
    await deployment.advance(afterSeconds);
  }
  const status = (await readHead(deployment.store, goodId))?.status;
  if (status !== "SUCCEEDED") throw new Harm(`the run of the good record is ${status} and not SUCCEEDED`);
}

/** A request, or the message of a task of a run that waits for it. As a dead letter each is the only one of its kind. */
async function goodRecord(source: Source, deployment: Deployment, at: number): Promise<Given> {
  const around = { messageId: goodId, returned: false } as const;
  if (source === "control" || (source === "dead-letter" && at % 2 === 0))
    return { ...around, body: goodRequest, from: "request" };
  return { ...around, body: await goodTask(deployment), from: "task" };
}

/** Takes the message out of its queue: nobody else is to run the task. */
async function goodTask({ coordinator, queue }: Deployment): Promise<string> {
  await coordinator.control(message("m", goodRequest));
  const [held] = await queue.receive("task:default", 1);
  if (held === undefined) throw new Error("the good run has sent nothing");
  await queue.remove(held.receipt);
  return held.body;
}

type Deps = Parameters<typeof createControlHandler>[0] & Parameters<typeof createDeadLetterHandler>[0] extends infer D
  ? Omit<D, "sourceOf"> & Pick<Deployment, "clock" | "coordinator">
  : never;

function handled(source: Source, event: SQSEvent, deps: Deps): Promise<SQSBatchResponse> {
  if (source === "control") return createControlHandler(deps)(event);
  if (source === "dead-letter") return createDeadLetterHandler({ ...deps, sourceOf })(event);
  const handler = createWorkerHandler({ ...deps, queue: "default" });
  return handler(event, { getRemainingTimeInMillis: () => 870_000 });
}
