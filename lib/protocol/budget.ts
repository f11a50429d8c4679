/**
 * The budget of a run: one item counts what the run and everything that its maps expand into may use (docs/budgets.md).
 *
 * What a plan holds is known at the submit and is never counted again. What comes on top, an expansion, a further attempt, a
 * new generation, is *charged*: added on the condition that the sum stays within the limits, and only then started. So there
 * is never more started than is counted.
 *
 * A charge leaves a mark, so that a repeated one is recognised and counted once. Marks have a fixed number of places, by
 * the hash of the charge: the item does not grow with history (S17). One that another charge has overwritten is counted
 * twice, never too little.
 */
import { StoreError } from "../errors.ts";
import { type Budget, nanoUsdOf, type Usage } from "../model/budget.ts";
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import type { Condition, Image, Value, Write, WriteResult } from "../ports/store.ts";
import { budgetKey } from "./keys.ts";

/** Limits as they are compared with what is used; absent: none. */
export type UsageLimits = Partial<Usage>;

/** What a head says of budgets. */
export type RunBudget =
  /** The run has one. `planned`: what its plan was predicted to cost at the submit. */
  | { readonly kind: "own"; readonly limits: UsageLimits; readonly plannedNanoUsd: number }
  /** It is part of a run that has one: a map of that has expanded into it. */
  | { readonly kind: "of"; readonly run: RunId };

/** Limits of a request. */
export function limitsOf({ maxTasks, maxAttemptsTotal, maxCost }: Budget): UsageLimits {
  return {
    ...(maxTasks === undefined ? {} : { tasks: maxTasks }),
    ...(maxAttemptsTotal === undefined ? {} : { attempts: maxAttemptsTotal }),
    ...(maxCost === undefined ? {} : { nanoUsd: nanoUsdOf(maxCost) }),
  };
}

export function encodeBudget(budget: RunBudget): Value {
  if (budget.kind === "of") return { r: budget.run };
  const { tasks, attempts, nanoUsd } = budget.limits;
  return {
    ...(tasks === undefined ? {} : { t: tasks }),
    ...(attempts === undefined ? {} : { a: attempts }),
    ...(nanoUsd === undefined ? {} : { c: nanoUsd }),
    p: budget.plannedNanoUsd,
  };
}

export function decodeBudget(value: Value): RunBudget {
  const entry = value as Readonly<Record<string, Value>>;
  if (entry.r !== undefined) return { kind: "of", run: String(entry.r) };
  return {
    kind: "own",
    limits: {
      ...(entry.t === undefined ? {} : { tasks: Number(entry.t) }),
      ...(entry.a === undefined ? {} : { attempts: Number(entry.a) }),
      ...(entry.c === undefined ? {} : { nanoUsd: Number(entry.c) }),
    },
    plannedNanoUsd: Number(entry.p),
  };
}

/** The run with the budget, as far as counting needs it. */
export interface Account {
  readonly run: RunId;
  readonly limits: UsageLimits;
  /** What the submit has counted: where the item begins. */
  readonly planned: Usage;
}

/** What is to be started. */
export interface Charge extends Usage {
  /** The same for whoever starts the same. */
  readonly id: readonly (string | number)[];
}

/** Counters of the item, and the name of each limit in a request. */
const counters = {
  tasks: { attribute: "tasks", limit: "maxTasks" },
  attempts: { attribute: "attempts", limit: "maxAttemptsTotal" },
  nanoUsd: { attribute: "nanoUsd", limit: "maxCost" },
} as const;
type Counter = keyof typeof counters;
const counterNames = Object.keys(counters) as Counter[];

/** Places of marks: with a name and a number each, they keep the item within a kilobyte. */
export const markPlaces = 48;

function markOf({ id }: Charge): { readonly attribute: string; readonly value: number } {
  const hash = contentHash(JSON.stringify(id));
  return {
    attribute: `k${Number.parseInt(hash.slice(12, 20), 16) % markPlaces}`,
    value: Number.parseInt(hash.slice(0, 12), 16),
  };
}

/** Charge: adds to what is used, when it stays within the limits, once for each id. */
export function chargeWrite({ run, limits, planned }: Account, charge: Charge): Write {
  const mark = markOf(charge);
  const unmarked: Condition = {
    is: "any",
    of: [
      { is: "absent", path: [mark.attribute] },
      { is: "below", path: [mark.attribute], value: mark.value },
      { is: "above", path: [mark.attribute], value: mark.value },
    ],
  };
  const within = counterNames.flatMap((name): Condition[] => {
    const limit = limits[name];
    if (limit === undefined || charge[name] === 0) return [];
    const { attribute } = counters[name];
    const fits: Condition = { is: "below", path: [attribute], value: limit - charge[name] + 1 };
    return planned[name] + charge[name] > limit
      ? [fits]
      : [{ is: "any", of: [{ is: "absent", path: [attribute] }, fits] }];
  });
  return {
    key: budgetKey(run),
    set: [
      ...counterNames.map((name) => ({
        path: [counters[name].attribute] as const,
        minus: -charge[name],
        initial: planned[name],
      })),
      { path: [mark.attribute], value: mark.value },
    ],
    condition: { is: "all", of: [unmarked, ...within] },
  };
}

/** What a run has used, by its counter. */
export function usedIn({ planned }: Pick<Account, "planned">, image: Image | undefined): Usage {
  const used = (name: Counter) => Number(image?.[counters[name].attribute] ?? planned[name]);
  return { tasks: used("tasks"), attempts: used("attempts"), nanoUsd: used("nanoUsd") };
}

export type ChargeRow =
  /** It is counted, by this write or an earlier one: it may be started. */
  | { readonly kind: "granted" }
  /** Whoever asked ends what it cannot start: nobody else will. */
  | { readonly kind: "refused"; readonly why: string };

/** What the answer to a charge means. A refused one may be its own, or a copy's, that has been counted before. */
export function chargeRow(account: Account, charge: Charge, result: WriteResult): ChargeRow {
  const mark = markOf(charge);
  if (result.applied || result.image?.[mark.attribute] === mark.value) return { kind: "granted" };
  const used = usedIn(account, result.image);
  const over = counterNames.find(
    (name) => charge[name] > 0 && used[name] + charge[name] > (account.limits[name] ?? Infinity),
  );
  if (over === undefined) throw new StoreError(`run ${account.run}: its budget was refused by nothing`);
  const { limit } = counters[over];
  const amount = (value: number) => amountText(over, value);
  const why = `budget.${limit} is ${amount(account.limits[over] as number)}, used are ${amount(used[over])}, asked for ${amount(charge[over])} more`;
  return { kind: "refused", why };
}

function amountText(name: Counter, value: number): string {
  return name === "nanoUsd" ? `$${usdText(value)}` : `${value}`;
}

/** Nano-dollars as US dollars, without what they do not have. */
export function usdText(nanoUsd: number): string {
  return (nanoUsd / 1e9).toFixed(9).replace(/\.?0+$/, "");
}
