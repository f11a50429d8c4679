/**
 * A plan that is over its budget already is refused: nothing of it starts.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Budget } from "../model/budget.ts";
import { predict } from "./predict.ts";
import type { Plan } from "./types.ts";

/** @throws InvalidRequestError for the first limit that the plan itself is over. */
export function checkBudget({ maxTasks, maxAttemptsTotal, maxCost }: Budget, plan: Plan, nowMs?: number): void {
  const tasks = Object.keys(plan.nodes).length;
  if (maxTasks !== undefined && tasks > maxTasks)
    throw new InvalidRequestError("budget.maxTasks", maxTasks, `must be at least ${tasks}, the tasks of the plan`);
  if (maxAttemptsTotal !== undefined && tasks > maxAttemptsTotal) {
    const rule = `must be at least ${tasks}, one attempt for each task of the plan`;
    throw new InvalidRequestError("budget.maxAttemptsTotal", maxAttemptsTotal, rule);
  }
  if (maxCost === undefined) return;
  const { usd } = predict(plan, nowMs);
  if (usd > maxCost)
    throw new InvalidRequestError(
      "budget.maxCost",
      maxCost,
      `must be at least ${usd}, the predicted cost in US dollars`,
    );
}
