/**
 * The budget of a run as stored: on the head of the run that was submitted with one.
 */
import type { Store } from "../ports/index.ts";
import type { Account, RunBudget } from "../protocol/budget.ts";
import { type Head, isTombstone } from "../protocol/head.ts";
import { readHead } from "./snapshots.ts";

/** Whose budget a run is part of: its own, or that of the run around it. `gone`: that was removed. Undefined: it has none. */
export async function readAccount(store: Store, head: Head): Promise<Account | "gone" | undefined> {
  if (head.budget === undefined) return undefined;
  if (head.budget.kind === "own") return ownAccount(head, head.budget);
  const root = await readHead(store, head.budget.run);
  if (root === undefined || isTombstone(root) || root.budget?.kind !== "own") return "gone";
  return ownAccount(root, root.budget);
}

function ownAccount(
  { runId, taskCount }: Head,
  { limits, plannedNanoUsd }: Extract<RunBudget, { kind: "own" }>,
): Account {
  return { run: runId, limits, planned: { tasks: taskCount, attempts: taskCount, nanoUsd: plannedNanoUsd } };
}
