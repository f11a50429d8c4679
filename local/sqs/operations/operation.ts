/**
 * What an operation is and what it works with.
 */
import type { z } from "zod";
import type { Broker, Queue } from "../broker.ts";
import type { MoveTasks } from "../move-tasks.ts";
import type { Polling } from "../polling.ts";
import { parseRequest } from "../requests.ts";

/** The parts of the server that operations use. */
export interface Service {
  readonly broker: Broker;
  readonly polling: Polling;
  readonly moves: MoveTasks;
  /** Called after a move task started. */
  readonly onMoveStarted: () => void;
  readonly accountId: string;
  readonly urlOf: (queue: Queue) => string;
}

/** One call as the operation sees it. */
export interface Call {
  readonly service: Service;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** Says how to undo the call in case its answer cannot be delivered. */
  readonly onUndelivered: (undo: () => void) => void;
}

/** Takes the parsed JSON of a request and returns what is sent as JSON. */
export type Operation = (input: unknown, call: Call) => object | Promise<object>;

/** Puts a schema before the function that does the work. */
export function operation<T>(
  schema: z.ZodType<T>,
  run: (request: T, call: Call) => object | Promise<object>,
): Operation {
  return (input, call) => run(parseRequest(schema, input), call);
}

/** The answer of operations that return nothing. */
export const nothing: object = {};
