/**
 * Scenarios of budgets: what is started beyond the plan is counted first, whoever dies, and the run ends (docs/budgets.md).
 */
import { one, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const list = (count: number) => ({ task: "list", args: [count, 1] });
const map = (each: object) => ({ map: { each } });
const plus = { task: "plus", args: [10] };
const within = (budget: object) => ({ request: { budget } });
const again = { type: "retry" };
const mended = { task: "mended", args: [10] };
/** Fails at every attempt, and may try often. */
const never = { task: "never" };
/** Kills its worker at every attempt, and may try often. */
const deadly = { task: "killsAlways" };

export const budgetScenarios: readonly Scenario[] = [
  {
    // As many tasks as there will be: if the first charge was counted twice, the second map would fail.
    name: "budget: maps that just fit",
    workflow: { chain: [list(1), map(plus), map(plus), sum] },
    ...within({ maxTasks: 4 + 1 + 1 }),
    status: "SUCCEEDED",
    value: 21,
  },
  {
    name: "budget: map beyond it",
    workflow: { chain: [list(4), map(plus), sum] },
    ...within({ maxTasks: 6 }),
    status: "FAILED",
  },
  {
    name: "budget: map beyond it in an absorbing header",
    workflow: settledChord({ chain: [list(4), map(plus)] }, one(5)),
    ...within({ maxTasks: 7 }),
    status: "SUCCEEDED",
    value: ["FAILED", 5],
    open: true,
  },
  {
    name: "budget: map in a map that just fits",
    workflow: { chain: [list(2), map({ chain: [list(1), map(plus), sum] }), sum] },
    ...within({ maxTasks: 3 + 2 * 3 + 1 + 2 }),
    status: "SUCCEEDED",
    value: 11 + (11 + 12),
  },
  {
    // Either of the two inner maps gets what is left.
    name: "budget: one map of two beyond it",
    workflow: settledChord({ chain: [list(1), map(plus)] }, { chain: [list(1), map(plus)] }),
    ...within({ maxTasks: 6 }),
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "budget: attempts of a map beyond it",
    workflow: { chain: [list(3), map(plus), sum] },
    ...within({ maxAttemptsTotal: 5 }),
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: cost of a map beyond it",
    workflow: { chain: [list(3), map(plus), sum] },
    ...within({ maxCost: 0.000016 }),
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: retries beyond it",
    workflow: never,
    ...within({ maxAttemptsTotal: 3 }),
    status: "FAILED",
  },
  {
    name: "budget: retry in a child beyond it",
    workflow: { chain: [list(1), map(never), sum] },
    ...within({ maxAttemptsTotal: 6 }),
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: lost workers beyond it",
    workflow: deadly,
    ...within({ maxAttemptsTotal: 3 }),
    status: "FAILED",
  },
  {
    name: "budget: lost workers of a pack beyond it",
    workflow: { group: [deadly, one(2)] },
    shape: { tasksPerMessage: () => 10 },
    ...within({ maxAttemptsTotal: 4 }),
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: lost workers beyond it, dead-lettered",
    workflow: deadly,
    maxReceiveCount: 1,
    ...within({ maxAttemptsTotal: 3 }),
    status: "FAILED",
  },
  {
    name: "budget: lost workers beyond it, messages gone",
    workflow: deadly,
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    ...within({ maxAttemptsTotal: 3 }),
    status: "FAILED",
  },
  {
    name: "budget: outside task that is silent beyond it",
    workflow: { task: "elsewhereNever", args: [1] },
    sweeper: true,
    ...within({ maxAttemptsTotal: 1 }),
    status: "FAILED",
  },
  {
    // Its message comes back when its lease is over, and before the sweeper does.
    name: "budget: outside task that was never handed out beyond it",
    workflow: { task: "elsewhereNever", args: [1] },
    base: [{ site: "outside.send", mode: "crash-before" }],
    settings: { visibilitySeconds: 90, sweepSeconds: 300 },
    sweeper: true,
    ...within({ maxAttemptsTotal: 1 }),
    status: "FAILED",
  },
  {
    name: "budget: outside task that fails beyond it",
    workflow: { task: "elsewhereFlaky", args: [1] },
    ...within({ maxAttemptsTotal: 1 }),
    status: "FAILED",
  },
  {
    name: "budget: retry of a run within it",
    workflow: { chain: [one(1), mended] },
    ...within({ maxAttemptsTotal: 6 }),
    operations: [{ request: again }],
    status: "SUCCEEDED",
    value: 1,
    open: true,
  },
  {
    // Whatever a fault has lost: three tasks more are too many.
    name: "budget: retry of a run beyond it",
    workflow: { group: [mended, mended, mended] },
    request: { budget: { maxAttemptsTotal: 5 }, onFailure: "finish" },
    operations: [{ request: again }],
    rejects: 1,
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: retry of a run that raises it",
    workflow: { chain: [one(1), mended] },
    ...within({ maxAttemptsTotal: 2 }),
    operations: [{ request: { ...again, budget: { maxAttemptsTotal: 6 } } }],
    status: "SUCCEEDED",
    value: 1,
    open: true,
  },
  {
    name: "budget: retry of a map beyond it",
    workflow: { chain: [list(4), map({ task: "mended" }), sum] },
    request: { budget: { maxAttemptsTotal: 10 }, onFailure: "finish" },
    operations: [{ request: again }],
    status: "FAILED",
    open: true,
  },
  {
    name: "budget: clean-up",
    workflow: never,
    ...within({ maxAttemptsTotal: 2 }),
    settings: { retentionSeconds: 3600 },
    sweeper: true,
    status: "FAILED",
    ends: "removed",
  },
];
