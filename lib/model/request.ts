/**
 * The grammar of requests (PRODUCT.md, 4): what any program may send to the request queue.
 */
import { z } from "zod";
import { idPattern, runIdSchema } from "./ids.ts";
import { limits } from "./limits.ts";
import { reportRequestSchema } from "./outside.ts";
import { headersSchema, type Workflow, workflowSchema } from "./workflow.ts";

/** Drawn by the sender; where its answer is found. */
export const requestIdSchema = z.string().regex(idPattern, "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}");

/** Starts a run. */
export const submitRequestSchema = z
  .strictObject({
    tutti: z.literal(1),
    type: z.literal("submit"),
    requestId: requestIdSchema.optional(),
    /** Idempotency key and run id; drawn when absent. */
    id: runIdSchema.optional(),
    name: z.string().min(1).max(limits.nameLength).optional(),
    onFailure: z.literal("fail-fast").optional(),
    deadlineSeconds: z.int().min(1).max(limits.runDeadlineSeconds).optional(),
    /** For every task; a task's own go on top. */
    headers: headersSchema.optional(),
    workflow: workflowSchema,
  })
  .meta({ id: "SubmitRequest" });

/** A workflow that is stored in the table, apart from its request: how to know that it is whole. */
export const documentReferenceSchema = z
  .strictObject({
    /** Of the workflow's JSON text, before it is compressed. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 as 64 lower-case hexadecimal digits"),
    /** Of that text in UTF-8. */
    bytes: z.int().min(1).max(limits.documentBytes),
    /** Items that hold it. */
    parts: z.int().min(1).max(limits.documentParts),
  })
  .meta({ id: "DocumentReference" });

/** Starts a run whose workflow is too large for a message. The request id says where it is stored (docs/requests.md). */
export const storedRequestSchema = submitRequestSchema
  .omit({ workflow: true })
  .extend({ requestId: requestIdSchema, document: documentReferenceSchema })
  .meta({ id: "StoredRequest" });

/** A request as such: its workflow is parsed apart, since that takes other steps. */
export const aroundWorkflowSchema = submitRequestSchema.extend({ workflow: z.unknown() });

export type SubmitRequest = z.infer<typeof submitRequestSchema>;

export type StoredRequest = z.infer<typeof storedRequestSchema>;
export type DocumentReference = z.infer<typeof documentReferenceSchema>;

/** A request around a bare workflow. */
export function requestOf(workflow: Workflow): SubmitRequest {
  return { tutti: 1, type: "submit", workflow };
}

/** The grammar as JSON Schema (draft 2020-12), for editors and other languages. Shipped as `schema/tutti-1.json`. */
export function requestJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(z.union([submitRequestSchema, storedRequestSchema, reportRequestSchema]), {
    io: "input",
    reused: "inline",
  });
  return { ...schema, title: "Tutti request, version 1" };
}
