/**
 * What is said to programs elsewhere that run a task, and what they answer (docs/outside-workers.md).
 *
 * Everything such a program needs is in its message. What it gives back of it is the token: opaque to it, and to us the
 * attempt that it was given. A report of any other attempt changes nothing.
 */
import { z } from "zod";
import { idPattern, runIdSchema, taskNameSchema } from "./ids.ts";
import type { Json } from "./json.ts";
import { limits } from "./limits.ts";

/** One attempt of one task. */
export interface AttemptToken {
  readonly run: string;
  readonly generation: number;
  readonly dispatch: number;
  readonly attempt: number;
  /** Attempts before it whose worker vanished: with them one can tell how an attempt ended that is over. */
  readonly lost: number;
  readonly node: string;
}

/** A token as text: letters, digits, `-` and `_`, so that it stands in a shell, a link or a file name as it is. */
export function encodeToken({ run, generation, dispatch, attempt, lost, node }: AttemptToken): string {
  return Buffer.from([run, generation, dispatch, attempt, lost, node].join("#")).toString("base64url");
}

const numberPattern = /^[1-9]\d{0,8}$|^0$/;

/** The attempt that a text names; undefined when it is no token. */
export function decodeToken(token: string): AttemptToken | undefined {
  const text = Buffer.from(token, "base64url").toString("utf8");
  const [run = "", generation = "", dispatch = "", attempt = "", lost = "", ...node] = text.split("#");
  const numbers = [generation, dispatch, attempt, lost].every((part) => numberPattern.test(part));
  const decoded = {
    run,
    generation: Number(generation),
    dispatch: Number(dispatch),
    attempt: Number(attempt),
    lost: Number(lost),
    node: node.join("#"),
  };
  const good = numbers && runIdSchema.safeParse(run).success && node.length > 0 && encodeToken(decoded) === token;
  return good ? decoded : undefined;
}

/** Any JSON value, taken as it is. */
const jsonSchema = z.unknown().describe("Any JSON value") as unknown as z.ZodType<Json>;

/** Where arguments are that no message holds: items of the run's table, to be joined in this order. */
export const storedArgumentsSchema = z
  .strictObject({
    pk: z.string().describe("Partition key of the items"),
    sk: z.array(z.string()).min(1).describe("Their sort keys, in order"),
    bytes: z.int().min(1).describe("Bytes of the JSON text, the list of arguments, in UTF-8"),
    encoding: z
      .enum(["text", "gzip"])
      .describe("text: attribute `text` of the one item; gzip: attributes `data` of all, joined and then decompressed"),
  })
  .meta({ id: "StoredArguments" });

/** The message of a task that a program elsewhere runs. Fields may be added: ignore what you do not know. */
export const outsideTaskSchema = z
  .object({
    tutti: z.literal(1),
    type: z.literal("outside-task"),
    token: z.string().describe("Names this attempt; goes back with every report, unchanged"),
    taskId: z
      .string()
      .describe("<run id>/<path>, the same at every attempt: the idempotency key for effects elsewhere"),
    task: taskNameSchema,
    args: z.array(jsonSchema).optional().describe("The arguments; absent when they are too large: see storedArgs"),
    storedArgs: storedArgumentsSchema.optional(),
    headers: z.record(z.string(), z.string().nullable()).describe("Of the request and the task: tenant, user, trace"),
    label: z.string().nullable(),
    attempt: z.int().min(1).describe("Executions so far, with this one"),
    deadline: z.iso.datetime().describe("A report or heartbeat must come before; else the attempt counts as lost"),
    timeoutSeconds: z.int().min(1).describe("Each heartbeat moves the deadline to that long from then"),
    reportQueueUrl: z.string().describe("Where reports go: a queue of SQS"),
  })
  .meta({ id: "OutsideTask" });

export type OutsideTask = z.infer<typeof outsideTaskSchema>;

const around = {
  tutti: z.literal(1),
  type: z.literal("report"),
  /** Drawn by the sender; where a refusal is found. */
  requestId: z.string().regex(idPattern, "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}").optional(),
  /** Of the message that the task came with. */
  token: z.string().min(1).max(4096),
} as const;

/** What a program elsewhere says of the attempt it was given, by status. */
export const reportSchemas = {
  succeeded: z.strictObject({ ...around, status: z.literal("succeeded"), result: jsonSchema.optional() }),
  failed: z.strictObject({
    ...around,
    status: z.literal("failed"),
    /** Kept cut to 64 and 256 bytes. */
    error: z.strictObject({ name: z.string().min(1), message: z.string() }),
    /** False: no other attempt would end otherwise. Default: true, and the task's retries decide. */
    retryable: z.boolean().optional(),
    /** When the next attempt may begin, in place of the task's backoff. */
    afterSeconds: z.number().min(0).max(limits.delaySeconds).optional(),
  }),
  heartbeat: z.strictObject({ ...around, status: z.literal("heartbeat"), details: jsonSchema.optional() }),
} as const;

export const reportRequestSchema = z
  .discriminatedUnion("status", [reportSchemas.succeeded, reportSchemas.failed, reportSchemas.heartbeat])
  .meta({ id: "ReportRequest" });

export type ReportStatus = keyof typeof reportSchemas;
export type ReportRequest = z.infer<typeof reportRequestSchema>;

/** What is said of an attempt, without whose it is. */
export type AttemptReport =
  | { readonly status: "succeeded"; readonly result?: Json }
  | {
      readonly status: "failed";
      readonly error: { readonly name: string; readonly message: string };
      /** False: no other attempt would end otherwise. @default true: the task's retries decide */
      readonly retryable?: boolean;
      /** When the next attempt may begin. @default the task's backoff */
      readonly afterSeconds?: number;
    }
  /** Moves the deadline. Details of at most 256 bytes as JSON are shown by `inspect`. */
  | { readonly status: "heartbeat"; readonly details?: Json };

/** The message of outside tasks as JSON Schema (draft 2020-12). Shipped as `schema/outside-task-1.json`. */
export function outsideTaskJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(outsideTaskSchema, { io: "input", reused: "inline" }),
    title: "Tutti outside task, version 1",
  };
}
