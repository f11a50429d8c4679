/**
 * The budget of a run, as it is shown.
 */
import type { Store } from "../ports/index.ts";
import { usedIn } from "../protocol/budget.ts";
import type { Head } from "../protocol/head.ts";
import { budgetKey } from "../protocol/keys.ts";
import { readAccount } from "../records/budgets.ts";
import type { BudgetReport } from "./shapes.ts";

/** Reads the budget that a run has, or is part of; undefined when it has none. */
export async function budgetReport(store: Store, head: Head): Promise<BudgetReport | undefined> {
  const account = await readAccount(store, head);
  if (account === undefined || account === "gone") return undefined;
  const { run, limits } = account;
  const { tasks, attempts, nanoUsd } = usedIn(account, await store.get(budgetKey(run), "budget.read"));
  return {
    run,
    maxTasks: limits.tasks ?? null,
    maxAttemptsTotal: limits.attempts ?? null,
    maxCost: limits.nanoUsd === undefined ? null : limits.nanoUsd / 1e9,
    used: { tasks, attempts, cost: nanoUsd / 1e9 },
  };
}
