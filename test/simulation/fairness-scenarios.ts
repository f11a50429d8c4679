/**
 * Runs for several tenants: what they send is told apart by its fairness key, on every way it is sent.
 */
import type { CompileOptions } from "../../lib/plan/compile.ts";
import { one, type Scenario, sum } from "./scenario-parts.ts";

const ten: CompileOptions = { tasksPerMessage: () => 10 };
const request = { fairnessKey: "acme" };

/** The same task for another tenant. */
const forOther = (task: object) => ({ ...task, fairnessKey: "other" });

export const fairnessScenarios: readonly Scenario[] = [
  {
    name: "packs of two tenants",
    workflow: {
      chord: {
        header: [one(1), forOther(one(2)), one(3), forOther({ task: "flaky", args: [4] })],
        callback: forOther(sum),
      },
    },
    shape: ten,
    request,
    status: "SUCCEEDED",
    value: 10,
  },
  {
    name: "packs of two tenants, a worker dies",
    workflow: {
      chord: { header: [one(1), forOther(one(2)), one(3), forOther({ task: "killsOnce", args: [4] })], callback: sum },
    },
    shape: ten,
    request,
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: 10,
  },
  {
    name: "chain from tenant to tenant",
    workflow: {
      chain: [one(1), forOther({ task: "plus", args: [2] }), forOther({ task: "plus", args: [3] })],
    },
    request,
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "lost ranges of two tenants",
    workflow: { chord: { header: [one(1), forOther(one(2)), one(3), forOther(one(4)), one(5)], callback: sum } },
    shape: { messagesPerRange: 3 },
    request,
    sweeper: true,
    base: [
      { site: "range.send", mode: "lost" },
      { site: "release.send", mode: "lost" },
    ],
    status: "SUCCEEDED",
    value: 15,
  },
];
