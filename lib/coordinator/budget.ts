/**
 * Charges: what a run starts beyond its plan is counted first, on the item of the run that has the budget (protocol/budget.ts).
 *
 * Order of effects: charge → record → send. Whoever dies after the charge is followed by one who finds it counted. Whoever is
 * refused ends what it cannot start, so that the run goes on by its policies. Without a budget nothing is read or written.
 */
import { InvalidRequestError } from "../errors.ts";
import { type Budget, nanoUsdOf, type Usage } from "../model/budget.ts";
import type { StoredError } from "../model/outcome.ts";
import { attemptUsd, predict } from "../plan/predict.ts";
import type { Plan, PlanNode } from "../plan/types.ts";
import { type Charge, chargeWrite, limitsOf, type RunBudget } from "../protocol/budget.ts";
import type { Head } from "../protocol/head.ts";
import { readAccount } from "../records/budgets.ts";
import { storedError } from "../records/values.ts";
import type { Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";

/** Name of the error of whatever has no budget. */
const errorName = "budget-exceeded";

export function isBudgetError(error: StoredError | undefined): boolean {
  return error?.name === errorName;
}

/** A retry, or the next generation of a child run, that the budget does not allow. */
export class BudgetExceededError extends InvalidRequestError {
  constructor(readonly stored: StoredError) {
    super("budget", undefined, `${stored.message}: name a higher limit in the retry`);
  }
}

/** What a whole plan uses when nothing is retried. */
export function usageOf(plan: Plan, nowMs: number): Usage {
  const tasks = Object.keys(plan.nodes).length;
  return { tasks, attempts: tasks, nanoUsd: nanoUsdOf(predict(plan, nowMs).usd) };
}

/** What further attempts use. */
export function usageOfAttempts(count: number): Usage {
  return { tasks: 0, attempts: count, nanoUsd: count * nanoUsdOf(attemptUsd) };
}

/** What the head of a child says: whose budget it is part of. */
export function budgetOfChild({ runId, budget }: Head): { readonly budget?: RunBudget } {
  if (budget === undefined) return {};
  return { budget: { kind: "of", run: budget.kind === "of" ? budget.run : runId } };
}

/**
 * Counts what is to be started.
 *
 * @param head - Of the run that starts it: the budget is its own, or of the run that it is part of.
 * @returns Why it may not be started; undefined when it may.
 */
export async function charge(deps: CoordinatorDeps, head: Head, more: Charge): Promise<StoredError | undefined> {
  const account = await readAccount(deps.store, head);
  if (account === undefined) return undefined;
  if (account === "gone") return { name: errorName, message: "the run with the budget was removed" };
  const result = await deps.store.write(chargeWrite(account, more), "budget.charge");
  const row = deps.protocol.chargeRow(account, more, result);
  if (row.kind === "granted") return undefined;
  deps.log.write("warn", "budget exceeded", { run: head.runId, budgetOf: account.run, why: row.why });
  return { name: errorName, message: row.why };
}

/** A retry: the attempts that it adds, and the limits it brings. */
export interface Raising {
  readonly generation: number;
  readonly requestId: string;
  /** Tasks that have begun, and run again. */
  readonly attempts: number;
  readonly budget?: Budget | undefined;
}

/**
 * Counts the attempts of a new generation.
 *
 * @returns The limits that hold in it, where the retry brings new ones.
 * @throws BudgetExceededError when they are too many; InvalidRequestError for limits of a run that was submitted without any
 */
export async function chargeGeneration(
  deps: CoordinatorDeps,
  head: Head,
  { generation, requestId, attempts, budget }: Raising,
): Promise<RunBudget | undefined> {
  if (budget !== undefined && head.budget?.kind !== "own")
    throw new InvalidRequestError("budget", undefined, "must not be there: the run was submitted without a budget");
  const raised =
    budget === undefined || head.budget?.kind !== "own"
      ? undefined
      : { ...head.budget, limits: { ...head.budget.limits, ...limitsOf(budget) } };
  if (head.budget === undefined || attempts === 0) return raised;
  const refused = await charge(deps, raised === undefined ? head : { ...head, budget: raised }, {
    id: [head.runId, generation, requestId],
    ...usageOfAttempts(attempts),
  });
  if (refused) throw new BudgetExceededError(refused);
  return raised;
}

/**
 * Counts one more attempt of a task.
 *
 * @param seen - Attempts claimed so far: whoever counts the one after them, after whichever end of the last, counts the same.
 * @param last - How the last one ended.
 * @returns What the task ends with instead; undefined when there may be another attempt.
 */
export async function chargeAttempt(
  { deps, run }: Delivery,
  node: PlanNode,
  seen: { readonly attempt: number },
  last: StoredError,
): Promise<StoredError | undefined> {
  // A budget is the same for a whole generation: the head in hand knows it, however old it is.
  const head = await run.head(Number.POSITIVE_INFINITY);
  if (head?.budget === undefined) return undefined;
  const next = seen.attempt + 1;
  const refused = await charge(deps, head, { id: [run.id, run.generation, node.id, next], ...usageOfAttempts(1) });
  if (refused === undefined) return undefined;
  const message = `no attempt ${next}: ${refused.message}; the last one: ${last.name}: ${last.message}`;
  return storedError(Object.assign(new Error(message), { name: refused.name }));
}
