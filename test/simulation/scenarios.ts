/**
 * The scenarios of the crash lane: small workflows that together reach every call of the driver.
 */

import { budgetScenarios } from "./budget-scenarios.ts";
import { cancelScenarios } from "./cancel-scenarios.ts";
import { commandScenarios } from "./command-scenarios.ts";
import { conditionScenarios } from "./condition-scenarios.ts";
import { countScenarios } from "./count-scenarios.ts";
import { fairnessScenarios } from "./fairness-scenarios.ts";
import { finishScenarios } from "./finish-scenarios.ts";
import { hedgeScenarios } from "./hedge-scenarios.ts";
import { laneScenarios } from "./lane-scenarios.ts";
import { mapScenarios } from "./map-scenarios.ts";
import { operationScenarios } from "./operation-scenarios.ts";
import { outsideScenarios } from "./outside-scenarios.ts";
import { packScenarios } from "./pack-scenarios.ts";
import { rangeScenarios } from "./range-scenarios.ts";
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";
import { timerScenarios } from "./timer-scenarios.ts";

export const scenarios: readonly Scenario[] = [
  ...budgetScenarios,
  ...cancelScenarios,
  ...hedgeScenarios,
  ...commandScenarios,
  ...conditionScenarios,
  ...countScenarios,
  ...finishScenarios,
  ...laneScenarios,
  ...operationScenarios,
  ...mapScenarios,
  ...packScenarios,
  ...rangeScenarios,
  ...fairnessScenarios,
  ...timerScenarios,
  ...outsideScenarios,
  {
    name: "chain of 3",
    workflow: { chain: [one(1), { task: "plus", args: [2] }, { task: "plus", args: [3] }] },
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "chain of 20",
    workflow: { chain: [one(1), ...ones(19).map(({ args }) => ({ task: "plus", args }))] },
    status: "SUCCEEDED",
    value: 191,
  },
  { name: "group of 5", workflow: { group: ones(5) }, status: "SUCCEEDED", value: [1, 2, 3, 4, 5] },
  {
    name: "null results",
    workflow: { chord: { header: [{ task: "one", args: [null] }, one(2)], callback: { task: "one" } } },
    status: "SUCCEEDED",
    value: [null, 2],
  },
  {
    name: "diamond",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          b: { task: "plus", args: [{ $result: "a" }, 10] },
          c: { task: "plus", args: [{ $result: "a" }, 20] },
          d: { task: "pair", args: [{ $result: "b" }, { $result: "c" }] },
        },
        output: "d",
      },
    },
    status: "SUCCEEDED",
    value: [11, 21],
  },
  {
    name: "chord of 5",
    workflow: { chord: { header: ones(5), callback: { task: "sum", args: [100] } } },
    status: "SUCCEEDED",
    value: 115,
  },
  {
    name: "map of 25",
    workflow: {
      chord: {
        header: { map: { each: { task: "plus", args: [1] }, over: Array.from({ length: 25 }, (_, item) => item) } },
        callback: sum,
      },
    },
    status: "SUCCEEDED",
    value: 325,
  },
  {
    name: "chord of 9, three levels",
    workflow: { chord: { header: ones(9), callback: sum } },
    shape: { leafSize: 2, fan: 2 },
    status: "SUCCEEDED",
    value: 45,
  },
  {
    name: "chord in one batch",
    workflow: { chord: { header: ones(5), callback: sum } },
    batchSize: 10,
    status: "SUCCEEDED",
    value: 15,
  },
  {
    name: "callback on another queue",
    workflow: { chord: { header: ones(2), callback: { task: "sumOther" } } },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "nested chord",
    workflow: {
      chord: {
        header: [
          { chain: [one(1), { task: "plus", args: [1] }] },
          { chord: { header: ones(2), callback: sum } },
          { chain: [{ group: ones(2) }, sum] },
          one(4),
        ],
        callback: sum,
      },
    },
    status: "SUCCEEDED",
    value: 12,
  },
  {
    name: "group in a header",
    workflow: { chord: { header: [{ group: ones(2) }, one(3)], callback: { task: "one" } } },
    status: "SUCCEEDED",
    value: [[1, 2], 3],
  },
  {
    name: "chord in a chain",
    workflow: { chain: [{ chord: { header: ones(2), callback: sum } }, { task: "plus", args: [1] }] },
    status: "SUCCEEDED",
    value: 4,
  },
  {
    name: "empty chord",
    workflow: { chord: { header: [], callback: { task: "sum", args: [7] } } },
    status: "SUCCEEDED",
    value: 7,
  },
  { name: "empty group in a chain", workflow: { chain: [one(1), { group: [] }, sum] }, status: "SUCCEEDED", value: 0 },
  {
    name: "retried member",
    workflow: { chord: { header: [one(1), { task: "flaky", args: [2] }], callback: sum } },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "retried callback",
    workflow: { chord: { header: ones(2), callback: { task: "flaky" } } },
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "large values",
    workflow: {
      chord: {
        header: [
          { task: "large", args: ["a"] },
          { task: "large", args: ["b"] },
        ],
        callback: { task: "lengths" },
      },
    },
    status: "SUCCEEDED",
    value: [5000, 5000],
  },
  {
    name: "large values in parts",
    workflow: {
      chord: {
        header: [{ task: "large", args: ["a"] }, one(1), { task: "large", args: ["b"] }],
        callback: { task: "lengths" },
      },
    },
    partBytes: 16,
    status: "SUCCEEDED",
    value: [5000, 1, 5000],
  },
  {
    name: "streamed results",
    workflow: {
      chord: {
        header: [...ones(4), { task: "large", args: ["a"] }],
        callback: { task: "streamed", args: [2] },
      },
    },
    partBytes: 16,
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5000, 1, 2, 3, 4, 5000],
  },
  {
    name: "document by reference",
    workflow: { chord: { header: ones(3), callback: sum } },
    stored: true,
    partBytes: 60,
    copies: 2,
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "document by reference, removed",
    workflow: { group: ones(2) },
    stored: true,
    partBytes: 60,
    settings: { retentionSeconds: 3600 },
    sweeper: true,
    status: "SUCCEEDED",
    ends: "removed",
  },
  {
    name: "document that is not there",
    workflow: {},
    request: { workflow: undefined, document: { sha256: "0".repeat(64), bytes: 300_000, parts: 2 } },
    status: "FAILED",
    ends: "rejected",
  },
  {
    name: "failing member, all-succeeded",
    workflow: { chord: { header: [fails, ...ones(2)], callback: sum, onError } },
    status: "FAILED",
    open: true,
  },
  {
    name: "failing member last, all-succeeded",
    workflow: { chord: { header: [...ones(2), { chain: [one(1), fails] }], callback: sum, onError } },
    status: "FAILED",
    open: true,
  },
  {
    name: "failing member, two levels",
    workflow: { chord: { header: [fails, ...ones(4)], callback: sum, onError } },
    shape: { leafSize: 2, fan: 2 },
    status: "FAILED",
    open: true,
  },
  {
    name: "failing member, all-settled",
    workflow: { chord: { header: [one(1), fails, one(3)], callback: { task: "outcomes" }, when: "all-settled" } },
    status: "SUCCEEDED",
    value: [1, "FAILED", 3],
  },
  {
    name: "failing member last, all-settled",
    workflow: {
      chord: {
        header: [one(1), { chain: [one(2), one(3), fails] }],
        callback: { task: "outcomes" },
        when: "all-settled",
      },
    },
    status: "SUCCEEDED",
    value: [1, "FAILED"],
  },
  {
    name: "failing chain link in an absorbing header",
    workflow: {
      chord: {
        header: [{ chain: [fails, { task: "plus", args: [1] }] }, one(3)],
        callback: { task: "outcomes" },
        when: "all-settled",
      },
    },
    status: "SUCCEEDED",
    value: ["FAILED", 3],
  },
  {
    name: "failing inner chord in an absorbing header",
    workflow: {
      chord: {
        header: [{ chord: { header: [fails, one(1)], callback: sum, onError } }, one(3)],
        callback: { task: "outcomes" },
        when: "all-settled",
      },
    },
    status: "SUCCEEDED",
    value: ["FAILED", 3],
    open: true,
  },
  { name: "failing callback", workflow: { chord: { header: ones(2), callback: fails, onError } }, status: "FAILED" },
  {
    name: "failing branch of a diamond",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          b: { ...fails, after: ["a"] },
          c: { ...one(3), after: ["a"] },
          d: { ...one(4), after: ["b", "c"] },
        },
      },
    },
    status: "FAILED",
    open: true,
  },
  {
    name: "long task with heartbeats",
    workflow: { chord: { header: [{ task: "slow", args: [65, 1] }, one(2)], callback: sum } },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "tasks that say how far they are",
    workflow: {
      chord: {
        header: [
          { task: "telling", args: [14] },
          { task: "telling", args: [3] },
        ],
        callback: sum,
      },
    },
    shape: { tasksPerMessage: () => 2 },
    status: "SUCCEEDED",
    value: 17,
  },
  {
    name: "task time-out",
    workflow: { chord: { header: [{ task: "endless" }, one(2)], callback: { task: "outcomes" }, when: "all-settled" } },
    status: "SUCCEEDED",
    value: ["TIMED_OUT", 2],
  },
  { name: "duplicate submit", workflow: { group: ones(2) }, copies: 3, status: "SUCCEEDED", value: [1, 2] },
  {
    name: "chord deadline",
    workflow: {
      chord: {
        header: [one(1), { task: "slow", args: [500, 2] }],
        callback: { task: "outcomes" },
        when: "all-settled",
        deadlineSeconds: 90,
      },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: [1, "TIMED_OUT"],
    valueWhenLate: ["TIMED_OUT", "TIMED_OUT"],
  },
  {
    name: "chord deadline, all-succeeded",
    workflow: {
      chord: { header: [one(1), { task: "slow", args: [500, 2] }], callback: sum, onError, deadlineSeconds: 90 },
    },
    sweeper: true,
    status: "FAILED",
    open: true,
  },
  {
    name: "run deadline",
    workflow: { task: "slow", args: [500, 2] },
    request: { deadlineSeconds: 100 },
    sweeper: true,
    status: "TIMED_OUT",
    open: true,
  },
  {
    name: "retry by timer",
    workflow: {
      chain: [
        { task: "patient", args: [1] },
        { task: "plus", args: [1] },
      ],
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "delayed start",
    workflow: {
      chain: [
        { task: "one", args: [1], delaySeconds: 30 },
        { task: "plus", args: [1], delaySeconds: 3000 },
      ],
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "lost members",
    workflow: { chord: { header: ones(3), callback: sum } },
    sweeper: true,
    base: [{ site: "release.send", mode: "lost" }],
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "lost callback",
    workflow: { chord: { header: ones(2), callback: { task: "sumOther" } } },
    sweeper: true,
    base: [{ site: "node.send", mode: "lost" }],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "lost retry",
    workflow: { chord: { header: [{ task: "flaky", args: [1] }, one(2)], callback: sum } },
    sweeper: true,
    base: [{ site: "retry.send", mode: "lost" }],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "task that kills its worker",
    workflow: settledChord({ task: "kills" }, one(2)),
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "task that kills its batch",
    workflow: settledChord({ task: "kills" }, ...ones(4)),
    batchSize: 10,
    status: "SUCCEEDED",
    value: ["FAILED", 1, 2, 3, 4],
  },
  {
    name: "worker dies once",
    workflow: settledChord({ task: "killsOnce", args: [1] }, one(2)),
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "worker dies, message dead-lettered",
    workflow: settledChord({ task: "killsOnce", args: [1] }, one(2)),
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "task kills its worker, dead-lettered",
    workflow: settledChord({ task: "kills" }, one(2)),
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "worker dies, message gone",
    workflow: settledChord({ task: "killsOnce", args: [1] }, one(2)),
    maxReceiveCount: 1,
    deadLetters: false,
    sweeper: true,
    status: "SUCCEEDED",
    value: [1, 2],
    drops: true,
  },
  {
    name: "task kills its worker, messages gone",
    workflow: settledChord({ task: "kills" }, one(2)),
    maxReceiveCount: 1,
    deadLetters: false,
    sweeper: true,
    status: "SUCCEEDED",
    value: ["FAILED", 2],
    drops: true,
  },
  {
    name: "retry not sent",
    workflow: { chord: { header: [{ task: "flaky", args: [1] }, one(2)], callback: sum } },
    base: [{ site: "retry.send", mode: "crash-before" }],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "retry not sent, dead-lettered",
    workflow: { chord: { header: [{ task: "flaky", args: [1] }, one(2)], callback: sum } },
    base: [{ site: "retry.send", mode: "crash-before" }],
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "request dead-lettered",
    workflow: { group: ones(2) },
    base: [{ site: "head.create", mode: "crash-after" }],
    sweeper: true,
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "acknowledgement lost",
    workflow: { chord: { header: ones(2), callback: sum } },
    base: [{ site: "message.acknowledge", mode: "crash-before" }],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "delivered twice at the commit",
    workflow: { chord: { header: ones(3), callback: sum } },
    base: [{ site: "slot.commit", mode: "twice-at-once" }],
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "paused at the carried callback",
    workflow: { chord: { header: ones(2), callback: { task: "flaky" } } },
    base: [{ site: "slot.carry", mode: "crash-after" }],
    status: "SUCCEEDED",
    value: [1, 2],
  },
  { name: "rejected request", workflow: { task: "nobody-knows-it" }, status: "FAILED", ends: "rejected" },
  {
    name: "rejected request, removed",
    workflow: { task: "nobody-knows-it" },
    sweeper: true,
    status: "FAILED",
    ends: "forgotten",
  },
  {
    name: "clean-up",
    workflow: { chord: { header: [{ task: "large", args: ["a"] }, one(2)], callback: { task: "one" } } },
    settings: { retentionSeconds: 3600 },
    sweeper: true,
    status: "SUCCEEDED",
    ends: "removed",
  },
  {
    name: "a stalled copy completes the join",
    workflow: { chord: { header: ones(3), callback: sum } },
    shape: { leafSize: 2, fan: 2 },
    base: [
      { site: "slot.claim", mode: "twice-at-once" },
      { site: "tally.arrive", mode: "stalled" },
    ],
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "failure not handed on, message gone",
    workflow: { chain: [fails, one(1)] },
    base: [{ site: "head.end", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "FAILED",
  },
  {
    name: "error decided, message gone",
    workflow: { chord: { header: [fails, one(1)], callback: sum, onError } },
    base: [{ site: "head.end", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "FAILED",
    open: true,
  },
  {
    name: "absorbed failure not handed on, message gone",
    workflow: settledChord({ chain: [fails, one(1)] }, one(3)),
    base: [{ site: "slot.settle", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: ["FAILED", 3],
  },
  {
    name: "arrival not recorded, message gone",
    workflow: { chord: { header: ones(5), callback: sum } },
    shape: { leafSize: 2, fan: 2 },
    base: [{ site: "tally.arrive", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 15,
  },
  {
    name: "end not recorded, message gone",
    workflow: { chord: { header: ones(2), callback: sum } },
    base: [{ site: "head.end", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "reference not settled, message gone",
    workflow: { chord: { header: [{ group: ones(2) }, one(3)], callback: { task: "one" } } },
    base: [{ site: "slot.settle", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: [[1, 2], 3],
  },
  {
    name: "worker dies once, then is slow",
    workflow: settledChord({ task: "slowAfterDeath", args: [1] }, one(2)),
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "task unknown to the workers",
    workflow: settledChord({ task: "unknown" }, one(2)),
    maxReceiveCount: 2,
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "retry after a time asked for",
    workflow: {
      chain: [
        { task: "busy", args: [1] },
        { task: "plus", args: [1] },
      ],
    },
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "two failing members",
    workflow: { chord: { header: [fails, fails, one(1)], callback: sum, onError } },
    status: "FAILED",
    open: true,
  },
];
