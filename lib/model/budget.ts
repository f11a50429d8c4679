/**
 * The budget of a run: what it may use, with everything that its maps expand into (docs/budgets.md).
 */
import { z } from "zod";
import { limits } from "./limits.ts";

const count = z.int().min(1).max(limits.budgetCount);

const budgetFields = {
  /** Tasks, as `tutti plan` counts them: those of the plan, and of each map's expansion. */
  maxTasks: count.optional(),
  /** The same, and each further attempt: after a failure, a lost worker, or by a retry. */
  maxAttemptsTotal: count.optional(),
  /** US dollars, by the estimate of `tutti plan`: Lambda's time apart. */
  maxCost: z.number().positive().max(limits.budgetUsd).optional(),
};

export const budgetSchema = z
  .strictObject(budgetFields)
  .refine((budget) => Object.values(budget).some((limit) => limit !== undefined), {
    error: `must have at least one limit: ${Object.keys(budgetFields).join(", ")}`,
  })
  .meta({ id: "Budget" });

export type Budget = z.infer<typeof budgetSchema>;

/** What counts against a budget. */
export interface Usage {
  readonly tasks: number;
  readonly attempts: number;
  /** Whole nano-dollars, so that sums have no rest: 1,000,000,000 are one US dollar. */
  readonly nanoUsd: number;
}

/** US dollars as they are summed: never less than they are. */
export function nanoUsdOf(usd: number): number {
  return Math.ceil(Number((usd * 1e9).toFixed(6)));
}
