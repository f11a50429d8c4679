/**
 * The messages between our own functions: tasks for workers; ranges, and the ends of short sleeps, for control.
 *
 * A task's message is self-contained for the common path: it carries the part of the plan that its worker needs, so that a
 * member reads no plan. Its identity is the token (run, generation, nodes, dispatch); every copy has the same one (S5).
 */
import { z } from "zod";
import { runIdSchema } from "./ids.ts";
import { limits } from "./limits.ts";

/** What a message names. */
export interface Token {
  readonly run: string;
  readonly generation: number;
  /** One node, several separated by a space, a copy, or a range. */
  readonly node: string;
  readonly dispatch: number;
}

/** Where a run's whole plan is. */
const planRefSchema = z.strictObject({ hash: z.string(), pages: z.int().positive() });

const taskFields = {
  tutti: z.literal(1),
  run: runIdSchema,
  generation: z.int().positive(),
  dispatch: z.int().positive(),
  plan: planRefSchema,
  /** The parts of the plan that its tasks need; absent when they would not fit. Written by us, so trusted once parsed. */
  fragment: z
    .strictObject({ nodes: z.record(z.string(), z.unknown()), joins: z.record(z.string(), z.unknown()) })
    .optional(),
} as const;

/** One task, or a pack: members of one leaf of a group. */
export const taskMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({
    ...taskFields,
    type: z.literal("task"),
    node: z.string().min(1),
    /** Set for a second copy: the attempt beside which it is to run. */
    copyOf: z.int().positive().optional(),
  }),
  z.strictObject({
    ...taskFields,
    type: z.literal("pack"),
    nodes: z.array(z.string().min(1)).min(2).max(limits.packMembers),
  }),
]);

export type TaskMessage = z.infer<typeof taskMessageSchema>;

/** What the message of a task is known by: that of a copy is another one than its member's own. */
export function tokenOf(message: TaskMessage): Token {
  const { run, generation, dispatch } = message;
  const copyOf = message.type === "task" ? message.copyOf : undefined;
  const names = nodesOf(message).join(" ");
  return { run, generation, dispatch, node: copyOf === undefined ? names : `${names} beside ${copyOf}` };
}

/** The nodes a message names. */
export function nodesOf(message: TaskMessage): readonly string[] {
  return message.type === "task" ? [message.node] : message.nodes;
}

/** The end of a sleep that a message can carry, on the request queue. */
export const wakeMessageSchema = z.strictObject({ ...taskFields, type: z.literal("wake"), node: z.string().min(1) });

export type WakeMessage = z.infer<typeof wakeMessageSchema>;

/** A part of a long list that is to be started, on the request queue. */
export const rangeMessageSchema = z.strictObject({
  tutti: z.literal(1),
  type: z.literal("range"),
  run: runIdSchema,
  generation: z.int().positive(),
  dispatch: z.int().positive(),
  plan: planRefSchema,
  /** Name of the list (protocol/release.ts). */
  list: z.string().min(1),
  range: z.int().nonnegative(),
});

export type RangeMessage = z.infer<typeof rangeMessageSchema>;

/** A map that is to be expanded, or whose child run has ended, on the request queue. */
export const mapMessageSchema = z.strictObject({
  tutti: z.literal(1),
  type: z.literal("map"),
  run: runIdSchema,
  generation: z.int().positive(),
  node: z.string().min(1),
});

export type MapMessage = z.infer<typeof mapMessageSchema>;

/** A run that is to do as its parent does, and then its own children, on the request queue. */
export const followMessageSchema = z.strictObject({
  tutti: z.literal(1),
  type: z.literal("follow"),
  run: runIdSchema,
});

export type FollowMessage = z.infer<typeof followMessageSchema>;

/** A hedged join whose members that are late are to be copied, on the request queue. */
export const hedgeMessageSchema = z.strictObject({
  tutti: z.literal(1),
  type: z.literal("hedge"),
  run: runIdSchema,
  generation: z.int().positive(),
  join: z.string().min(1),
});

export type HedgeMessage = z.infer<typeof hedgeMessageSchema>;

/** Text of a token; equal for every copy. */
export function tokenText(token: Token): string {
  return `${token.run}#${token.generation}#${token.dispatch}#${token.node}`;
}
