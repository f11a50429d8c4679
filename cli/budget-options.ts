/**
 * The limits of a run's budget, as flags.
 */
import { type Command, Option } from "commander";
import type { Budget } from "../lib/model/budget.ts";
import { limits } from "../lib/model/limits.ts";
import { parseIntegerIn, parseNumberIn } from "./usage.ts";

export interface BudgetFlags {
  readonly maxTasks?: number;
  readonly maxAttemptsTotal?: number;
  readonly maxCost?: number;
}

/** Adds the flags of a budget. */
export function addBudgetOptions(command: Command): Command {
  const count = parseIntegerIn(1, limits.budgetCount);
  return command
    .addOption(
      new Option("--max-tasks <N>", "budget: tasks of the run, with all that its maps expand into").argParser(count),
    )
    .addOption(
      new Option("--max-attempts-total <N>", "budget: one attempt for each task, and each further one").argParser(
        count,
      ),
    )
    .addOption(
      new Option("--max-cost <USD>", "budget: predicted cost in US dollars, without Lambda time").argParser(
        parseNumberIn(0, limits.budgetUsd),
      ),
    );
}

/** The budget that the flags name; undefined when they name none. */
export function budgetIn({ maxTasks, maxAttemptsTotal, maxCost }: BudgetFlags): Budget | undefined {
  if (maxTasks === undefined && maxAttemptsTotal === undefined && maxCost === undefined) return undefined;
  return {
    ...(maxTasks === undefined ? {} : { maxTasks }),
    ...(maxAttemptsTotal === undefined ? {} : { maxAttemptsTotal }),
    ...(maxCost === undefined ? {} : { maxCost }),
  };
}
