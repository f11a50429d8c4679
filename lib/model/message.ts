/**
 * The message that delivers one task.
 *
 * Self-contained for the common path: it carries the part of the plan that its worker needs, so that a member reads no
 * plan. Its identity is the token (run, generation, node, dispatch); every copy has the same one (S5).
 */
import { z } from "zod";
import { runIdSchema } from "./ids.ts";

/** What a message names. */
export interface Token {
  readonly run: string;
  readonly generation: number;
  readonly node: string;
  readonly dispatch: number;
}

export const taskMessageSchema = z.strictObject({
  tutti: z.literal(1),
  type: z.literal("task"),
  run: runIdSchema,
  generation: z.int().positive(),
  node: z.string().min(1),
  dispatch: z.int().positive(),
  /** Where the whole plan is. */
  plan: z.strictObject({ hash: z.string(), pages: z.int().positive() }),
  /** The parts of it that this task needs; absent when they would not fit. Written by us, so trusted once parsed. */
  fragment: z
    .strictObject({ nodes: z.record(z.string(), z.unknown()), joins: z.record(z.string(), z.unknown()) })
    .optional(),
});

export type TaskMessage = z.infer<typeof taskMessageSchema>;

/** Text of a token; equal for every copy. */
export function tokenText(token: Token): string {
  return `${token.run}#${token.generation}#${token.dispatch}#${token.node}`;
}
