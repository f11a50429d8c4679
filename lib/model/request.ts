/**
 * The grammar of requests: what any program may send to the request queue.
 */
import { z } from "zod";
import { budgetSchema } from "./budget.ts";
import { fairnessKeySchema, idPattern, runIdSchema } from "./ids.ts";
import type { Json } from "./json.ts";
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
    /**
     * What a failure does that no chord absorbs. `fail-fast`: the run is FAILED at once, nothing new starts. `finish`: what
     * follows from it is SKIPPED, everything else goes on, and the run is FAILED when all has ended. Default: fail-fast.
     */
    onFailure: z.enum(["fail-fast", "finish"]).optional(),
    deadlineSeconds: z.int().min(1).max(limits.runDeadlineSeconds).optional(),
    /** What the run may use, with everything that its maps expand into. Default: no limit (docs/budgets.md). */
    budget: budgetSchema.optional(),
    /** For every task; a task's own go on top. */
    headers: headersSchema.optional(),
    /** Whose work this is, for every task that names nobody else (docs/queues.md). */
    fairnessKey: fairnessKeySchema.optional(),
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

/** What every request about an existing run says: which one, and the generation that its sender saw. */
const about = {
  tutti: z.literal(1),
  requestId: requestIdSchema.optional(),
  id: runIdSchema,
  generation: z.int().min(1),
};

/** Path of a task, chord or group within a run, as `inspect` shows it; `.` is the outermost chord or group. */
const pathSchema = z
  .string()
  .min(1, "must have at least 1 character")
  .max(limits.pathLength, `must have at most ${limits.pathLength} characters`);

/** Ends a run, or settles one task, or what is missing of one chord or group, as REVOKED. */
export const revokeRequestSchema = z
  .strictObject({
    ...about,
    type: z.literal("revoke"),
    path: pathSchema.optional(),
    reason: z.string().min(1).max(limits.reasonLength).optional(),
  })
  .meta({ id: "RevokeRequest" });

/** Nothing new starts until the run is resumed. What runs goes on, and so do deadlines. */
export const pauseRequestSchema = z.strictObject({ ...about, type: z.literal("pause") }).meta({ id: "PauseRequest" });

export const resumeRequestSchema = z
  .strictObject({ ...about, type: z.literal("resume") })
  .meta({ id: "ResumeRequest" });

/** Runs again what did not succeed, as a new generation. */
export const retryRequestSchema = z
  .strictObject({
    ...about,
    type: z.literal("retry"),
    /** Tasks that run again too, though they succeeded or their failure was tolerated; with them all that follows. */
    tasks: z.array(pathSchema).max(limits.retryTasks).optional(),
    /** New bound arguments, by task. */
    args: z.record(pathSchema, z.array(z.unknown() as unknown as z.ZodType<Json>)).optional(),
    /** New limits of a run that has a budget; those that are not named stay. What was used stays used. */
    budget: budgetSchema.optional(),
  })
  .meta({ id: "RetryRequest" });

/** Removes a run that has ended, before its retention is over. */
export const removeRequestSchema = z
  .strictObject({ ...about, type: z.literal("remove"), reason: z.string().min(1).max(limits.reasonLength).optional() })
  .meta({ id: "RemoveRequest" });

export const operateRequestSchemas = {
  revoke: revokeRequestSchema,
  pause: pauseRequestSchema,
  resume: resumeRequestSchema,
  retry: retryRequestSchema,
  remove: removeRequestSchema,
} as const;

export type RevokeRequest = z.infer<typeof revokeRequestSchema>;
export type PauseRequest = z.infer<typeof pauseRequestSchema>;
export type ResumeRequest = z.infer<typeof resumeRequestSchema>;
export type RetryRequest = z.infer<typeof retryRequestSchema>;
export type RemoveRequest = z.infer<typeof removeRequestSchema>;
/** A request about an existing run. */
export type OperateRequest = RevokeRequest | PauseRequest | ResumeRequest | RetryRequest | RemoveRequest;

export type SubmitRequest = z.infer<typeof submitRequestSchema>;

export type StoredRequest = z.infer<typeof storedRequestSchema>;
export type DocumentReference = z.infer<typeof documentReferenceSchema>;

/** A request around a bare workflow. */
export function requestOf(workflow: Workflow): SubmitRequest {
  return { tutti: 1, type: "submit", workflow };
}

/** The grammar as JSON Schema (draft 2020-12), for editors and other languages. Shipped as `schema/tutti-1.json`. */
export function requestJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(
    z.union([submitRequestSchema, storedRequestSchema, ...Object.values(operateRequestSchemas), reportRequestSchema]),
    { io: "input", reused: "inline" },
  );
  return { ...schema, title: "Tutti request, version 1" };
}
