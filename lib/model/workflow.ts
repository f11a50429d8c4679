/**
 * The grammar of workflows: zod schemas, and the types inferred from them.
 *
 * Objects are strict: an unknown key anywhere is an error. JSON inside arguments is not looked into: whoever parses has walked it before
 * (`findJsonProblem`), since a recursive schema would overflow the stack on deep documents.
 */
import { z } from "zod";
import { fairnessKeySchema, idPattern, queueNameSchema, taskNameSchema } from "./ids.ts";
import type { Json } from "./json.ts";
import { limits } from "./limits.ts";
import { isResultPath } from "./result-path.ts";

/** Any JSON value, taken as it is. */
const jsonSchema = z.unknown().describe("Any JSON value") as unknown as z.ZodType<Json>;

/** Name of a node of a dag; it becomes a part of paths and keys. */
export const nodeNameSchema = z.string().regex(idPattern, "must match [A-Za-z0-9][A-Za-z0-9_.:-]{0,127}");

const seconds = (max: number) => z.int().min(1).max(max);

/** What a document may say about retries; what it leaves out is the task's, then the default. */
export const retrySchema = z
  .strictObject({
    maxAttempts: z.int().min(1).max(limits.maxAttempts).optional(),
    maxLost: z.int().min(1).max(limits.maxLost).optional(),
    backoffSeconds: z.number().min(0).max(limits.backoffSeconds).optional(),
    maxBackoffSeconds: z.number().min(0).max(limits.backoffSeconds).optional(),
  })
  .meta({ id: "Retry" });

/** Strings that travel to the worker as they are: tenant, user, trace. */
export const headersSchema = z
  .record(z.string().min(1), z.string().nullable())
  .refine((headers) => Object.keys(headers).length <= limits.headerKeys, `must have at most ${limits.headerKeys} keys`)
  .refine(
    (headers) => headersBytes(headers) <= limits.headerBytes,
    `must have at most ${limits.headerBytes} bytes in keys and values`,
  )
  .meta({ id: "Headers" });

/** Bytes of keys and values in UTF-8: what the limit counts. */
export function headersBytes(headers: Readonly<Record<string, string | null>>): number {
  return Object.entries(headers).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value ?? ""),
    0,
  );
}

/** A time: ISO-8601 with a zone, so that it means the same wherever it is read. */
export const timeSchema = z.iso.datetime({
  offset: true,
  error: "must be an ISO-8601 time with a zone, such as 2026-12-01T08:00:00Z",
});

/** One task. */
export const taskSchema = z
  .strictObject({
    task: taskNameSchema,
    args: z.array(jsonSchema).optional(),
    label: z.string().max(limits.labelLength).optional(),
    queue: queueNameSchema.optional(),
    headers: headersSchema.optional(),
    fairnessKey: fairnessKeySchema.optional(),
    immutable: z.boolean().optional(),
    delaySeconds: z.int().min(0).max(limits.delaySeconds).optional(),
    /** It starts then, or at once when that is past. Not beside `delaySeconds`. */
    at: timeSchema.optional(),
    /** Up to 12 h; of a task that a program elsewhere runs, up to a year. */
    timeoutSeconds: seconds(limits.outsideTimeoutSeconds).optional(),
    softTimeoutSeconds: seconds(limits.taskTimeoutSeconds).optional(),
    retry: retrySchema.optional(),
  })
  .meta({ id: "Task" });

/** Waits, and passes on what came before it. No worker is taken meanwhile. */
export const sleepSchema = z
  .strictObject({ sleep: z.union([seconds(limits.delaySeconds), z.strictObject({ until: timeSchema })]) })
  .meta({ id: "Sleep" });

/** Bounds of the lists that canvases are made of. */
const links = <Part extends z.ZodType>(part: Part) => z.array(part).min(1).max(limits.tasksPerRun);
const members = <Part extends z.ZodType>(part: Part) => z.array(part).max(limits.membersPerGroup);

/** One after the other, each with the result of the one before as its first argument. */
export const chainSchema = z
  .strictObject({
    get chain() {
      return links(workflowSchema);
    },
  })
  .meta({ id: "Chain" });

/**
 * When so many percent of the members have ended, a second copy of each that is still at work is started; the first outcome
 * counts. For tasks that may run twice at a time.
 */
export const hedgeSchema = z
  .strictObject({ afterPercentile: z.int().min(limits.minHedgePercentile).max(limits.maxHedgePercentile) })
  .meta({ id: "Hedge" });

/** All at once; the value is the list of theirs. */
export const groupSchema = z
  .strictObject({
    get group() {
      return members(workflowSchema);
    },
    hedge: hedgeSchema.optional(),
  })
  .meta({ id: "Group" });

/** The result of a dag node, or a part of it, as the list of a map. */
export const referenceSchema = z
  .strictObject({ $result: nodeNameSchema, path: z.string().optional() })
  .meta({ id: "Reference" });

const over = {
  /** The items, taken as they are. Default: the result of what comes before. */
  over: z.union([z.array(jsonSchema).meta({ maxItems: limits.membersPerGroup }), referenceSchema]).optional(),
  /** Members that run at the same time, at most. Default: all. */
  maxConcurrency: z.int().min(1).max(limits.membersPerGroup).optional(),
  /** Not beside `maxConcurrency`. */
  hedge: hedgeSchema.optional(),
};

/** One copy of a workflow for each item of a list, all at once or a few at a time; the value is the list of theirs. */
export const mapSchema = z
  .strictObject({
    get map() {
      return mapBodySchema;
    },
  })
  .meta({ id: "Map" });

export const mapBodySchema = z
  .strictObject({
    get each() {
      return workflowSchema;
    },
    ...over,
  })
  .meta({ id: "MapBody" });

/** How the deadline `"auto"` is computed from the number of members. */
export const autoDeadlineSchema = z
  .strictObject({
    workers: z.int().min(1).max(1_000_000).optional(),
    secondsPerTask: z.number().positive().max(limits.taskTimeoutSeconds).optional(),
    buffer: z.number().min(1).max(100).optional(),
    floorSeconds: seconds(limits.chordDeadlineSeconds).optional(),
  })
  .meta({ id: "AutoDeadline" });

export const deadlineSchema = z.union([
  seconds(limits.chordDeadlineSeconds),
  z.literal("auto"),
  z.strictObject({ auto: autoDeadlineSchema }),
]);

/** When a chord is decided: by the first failure, when all have settled, or by a count of failures or successes. */
export const whenSchema = z.union([
  z.enum(["all-succeeded", "all-settled"]),
  z.strictObject({
    tolerate: z.union([
      z.strictObject({ count: z.int().min(0).max(limits.membersPerGroup) }),
      z.strictObject({ percent: z.number().min(0).max(100) }),
    ]),
  }),
  z.strictObject({ quorum: z.int().min(1).max(limits.membersPerGroup) }),
]);

/** A header, and the callback that gets its list. */
export const chordSchema = z
  .strictObject({
    get chord() {
      return chordBodySchema;
    },
  })
  .meta({ id: "Chord" });

export const chordBodySchema = z
  .strictObject({
    get header() {
      return z.union([members(workflowSchema), mapSchema]);
    },
    get callback() {
      return workflowSchema.optional();
    },
    when: whenSchema.optional(),
    /** Members that are not needed any more, once the chord is decided without them, are ended. Default: they go on. */
    cancelRest: z.boolean().optional(),
    /** For the members of the header. A map that is the header may have it instead. */
    hedge: hedgeSchema.optional(),
    deadlineSeconds: deadlineSchema.optional(),
    onError: taskSchema.optional(),
  })
  .meta({ id: "ChordBody" });

/** Any acyclic graph: edges are `after`, and `{"$result": name}` in arguments. */
export const dagSchema = z
  .strictObject({
    get dag() {
      return dagBodySchema;
    },
  })
  .meta({ id: "Dag" });

export const dagBodySchema = z
  .strictObject({
    get nodes() {
      return z.record(nodeNameSchema, dagNodeSchema);
    },
    output: nodeNameSchema.optional(),
  })
  .meta({ id: "DagBody" });

/** A condition over the result of another node: its node is skipped unless that part of the result is that value. */
export const conditionSchema = z
  .strictObject({
    $result: nodeNameSchema,
    path: z.string().refine(isResultPath, "must be a path such as items[0].id").optional(),
    equals: jsonSchema,
  })
  .refine(({ equals }) => equals !== undefined, { path: ["equals"], message: "is required" })
  .meta({ id: "Condition" });

const after = { after: z.array(nodeNameSchema).optional() };
const placed = { ...after, if: conditionSchema.optional() };

/** A workflow, what else it comes after, and on what condition it runs. */
export const dagNodeSchema = z.union([
  taskSchema.extend(placed).meta({ id: "TaskNode" }),
  chainSchema.extend(placed).meta({ id: "ChainNode" }),
  groupSchema.extend(placed).meta({ id: "GroupNode" }),
  chordSchema.extend(placed).meta({ id: "ChordNode" }),
  dagSchema.extend(placed).meta({ id: "DagNode" }),
  // What waits is no work: a condition stands at what comes after it.
  sleepSchema.extend(after).meta({ id: "SleepNode" }),
  mapSchema.extend(placed).meta({ id: "MapNode" }),
]);

export const workflowSchema = z
  .union([taskSchema, chainSchema, groupSchema, chordSchema, dagSchema, sleepSchema, mapSchema])
  .meta({ id: "Workflow" });

/** A workflow inside another, not looked into. */
const part = z.unknown();
/** The same where it has to be there. */
const requiredPart = part.refine((value) => value !== undefined, "is required");
const mapOutline = z.strictObject({ map: z.strictObject({ each: requiredPart, ...over }) });

/**
 * Each canvas without what is inside. Checked one by one from the outside in, so that the first problem is found in linear
 * time and at its place; the union above can only say that nothing fits, and tries all of it again at every level.
 */
export const outlineSchemas = {
  task: taskSchema,
  chain: z.strictObject({ chain: links(part) }),
  group: z.strictObject({ group: members(part), hedge: hedgeSchema.optional() }),
  chord: z.strictObject({ chord: chordBodySchema.extend({ header: members(part), callback: part.optional() }) }),
  dag: z.strictObject({ dag: dagBodySchema.extend({ nodes: z.record(nodeNameSchema, part) }) }),
  sleep: sleepSchema,
  map: mapOutline,
} as const;

/** A chord whose header is a map. */
const chordOverMap = z.strictObject({
  chord: chordBodySchema.extend({ header: mapOutline, callback: part.optional() }),
});

/** The same for nodes of a dag. */
export const nodeOutlineSchemas = {
  task: outlineSchemas.task.extend(placed),
  chain: outlineSchemas.chain.extend(placed),
  group: outlineSchemas.group.extend(placed),
  chord: outlineSchemas.chord.extend(placed),
  dag: outlineSchemas.dag.extend(placed),
  sleep: outlineSchemas.sleep.extend(after),
  map: outlineSchemas.map.extend(placed),
} as const;

/** What a chord is checked by when its header is an object. */
export const chordOverMapSchemas = { plain: chordOverMap, node: chordOverMap.extend(placed) } as const;

/** The keys that say what a workflow is. */
export const canvasKeys = ["task", "chain", "group", "chord", "dag", "map", "sleep"] as const;
export type CanvasKey = (typeof canvasKeys)[number];

export type Task = z.infer<typeof taskSchema>;
export type Chain = z.infer<typeof chainSchema>;
export type Group = z.infer<typeof groupSchema>;
export type Chord = z.infer<typeof chordSchema>;
export type MapWorkflow = z.infer<typeof mapSchema>;
export type Dag = z.infer<typeof dagSchema>;
export type Sleep = z.infer<typeof sleepSchema>;
export type DagNode = z.infer<typeof dagNodeSchema>;
export type Workflow = z.infer<typeof workflowSchema>;
export type Retry = z.infer<typeof retrySchema>;
export type Headers = z.infer<typeof headersSchema>;
export type Deadline = z.infer<typeof deadlineSchema>;
export type NodeCondition = z.infer<typeof conditionSchema>;
export type When = z.infer<typeof whenSchema>;
export type Hedge = z.infer<typeof hedgeSchema>;
