/**
 * Which operations there are.
 */
import { SqsError } from "../errors.ts";
import { batchOperations } from "./batches.ts";
import { messageOperations } from "./messages.ts";
import { moveOperations } from "./moves.ts";
import type { Operation } from "./operation.ts";
import { queueOperations } from "./queues.ts";

const operations = new Map<string, Operation>(
  Object.entries({ ...queueOperations, ...messageOperations, ...batchOperations, ...moveOperations }),
);

/** Operations of SQS that the local server does not have. */
const notBuilt: readonly string[] = ["TagQueue", "UntagQueue", "ListQueueTags", "AddPermission", "RemovePermission"];

/**
 * Finds an operation by its name.
 *
 * @throws {@link SqsError} `UnsupportedOperation` for one of SQS that is not built, `UnknownOperationException` otherwise.
 */
export function findOperation(name: string): Operation {
  const operation = operations.get(name);
  if (operation !== undefined) {
    return operation;
  }
  if (notBuilt.includes(name)) {
    throw new SqsError("UnsupportedOperation", `${name} is not built into the local SQS server.`);
  }
  throw new SqsError("UnknownOperationException", `The operation ${name} is not one of SQS.`);
}
