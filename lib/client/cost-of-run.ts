/**
 * Reads what a cost is counted from: a run with all its items, and those that its maps have expanded into.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import { ruleOfIssue } from "../model/issue-rule.ts";
import { type PriceTable, priceTableSchema, usEast1Prices } from "../model/prices.ts";
import { childIn } from "../protocol/child.ts";
import type { Head } from "../protocol/head.ts";
import { isTombstone } from "../protocol/head.ts";
import { slotOf, snapshotOf } from "../protocol/snapshot.ts";
import { bucketPartitions, readAll, readHead } from "../records/snapshots.ts";
import { costOf, type StoredRun } from "./cost.ts";
import { findHead } from "./runs.ts";
import type { CostReport } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** What a cost is worked out with. */
export interface CostOptions {
  /** @default list prices of us-east-1 */
  readonly prices?: PriceTable;
}

/** Counts what a run has cost. @throws InvalidRequestError for prices that break a rule */
export async function costOfRun(reading: Reading, id: string, options: CostOptions = {}): Promise<CostReport> {
  const prices = options.prices === undefined ? usEast1Prices : parsePrices(options.prices);
  const runs: StoredRun[] = [];
  const heads: Head[] = [await findHead(reading.store, id)];
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    const run = await readRun(reading, head);
    runs.push(run);
    for (const child of childrenOf(run)) {
      const found = await readHead(reading.store, child);
      if (found && !isTombstone(found)) heads.push(found);
    }
  }
  return costOf(runs, prices);
}

async function readRun({ store, plans }: Reading, head: Head): Promise<StoredRun> {
  const plan = await plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
  const items = await readAll(store, head.runId, "");
  for (const partition of bucketPartitions(head.runId, plan)) items.push(...(await readAll(store, partition, "")));
  return { snapshot: snapshotOf(head, plan, items), items };
}

function childrenOf({ snapshot }: StoredRun): string[] {
  return Object.values(snapshot.plan.nodes).flatMap((node) =>
    node.map === undefined ? [] : (childIn(slotOf(snapshot, node)) ?? []),
  );
}

/** Parses a table of prices. @throws InvalidRequestError for the first problem, with path, value and rule */
export function parsePrices(value: unknown): PriceTable {
  const parsed = priceTableSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw new InvalidRequestError("prices", value, "must be a table of prices");
  const path = issue.path as (string | number)[];
  const found = path.reduce<unknown>((holder, key) => (holder as Record<string, unknown> | undefined)?.[key], value);
  const { at, value: shown, rule } = ruleOfIssue(issue, found, priceTableSchema);
  throw new InvalidRequestError(pathText("prices", [...path, ...at]), shown, rule);
}
