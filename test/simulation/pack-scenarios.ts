/**
 * Members that travel together: every state a member of a pack can be in when its message comes again.
 */
import type { CompileOptions } from "../../lib/plan/compile.ts";
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

/** Packs of ten, as by default. */
const ten: CompileOptions = { tasksPerMessage: () => 10 };
/** Packs of two, and three levels of tallies from five members on. */
const threeLevels: CompileOptions = { tasksPerMessage: () => 2, fan: 2 };

const neighbours = ones(9);
const nine = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export const packScenarios: readonly Scenario[] = [
  {
    name: "pack of 10",
    workflow: { chord: { header: ones(10), callback: sum } },
    shape: ten,
    status: "SUCCEEDED",
    value: 55,
  },
  {
    name: "two packs, delivered together",
    workflow: { chord: { header: ones(12), callback: sum } },
    shape: ten,
    batchSize: 10,
    status: "SUCCEEDED",
    value: 78,
  },
  {
    name: "pack with a member that fails",
    workflow: { chord: { header: [fails, ...neighbours], callback: sum, onError } },
    shape: ten,
    status: "FAILED",
    open: true,
  },
  {
    name: "pack with a member that fails, all-settled",
    workflow: settledChord(fails, ...neighbours),
    shape: ten,
    status: "SUCCEEDED",
    value: ["FAILED", ...nine],
  },
  {
    name: "pack with a member that is retried",
    workflow: { chord: { header: [{ task: "flaky", args: [10] }, ...neighbours], callback: sum } },
    shape: ten,
    status: "SUCCEEDED",
    value: 55,
  },
  {
    name: "pack with a slow member and one that is retried",
    workflow: {
      chord: {
        header: [{ task: "flaky", args: [10] }, { task: "slow", args: [45, 20] }, ...neighbours.slice(1)],
        callback: sum,
      },
    },
    shape: ten,
    status: "SUCCEEDED",
    value: 74,
  },
  {
    name: "pack with a member that kills its process",
    workflow: settledChord({ task: "kills" }, ...neighbours),
    shape: ten,
    status: "SUCCEEDED",
    value: ["FAILED", ...nine],
  },
  {
    name: "pack with a member that kills its process after the others",
    workflow: settledChord({ task: "killsLate" }, ...neighbours),
    shape: ten,
    status: "SUCCEEDED",
    value: ["FAILED", ...nine],
  },
  {
    name: "pack of which one lease runs out",
    workflow: settledChord({ task: "diesLate", args: [10] }, ...neighbours),
    shape: ten,
    status: "SUCCEEDED",
    value: [10, ...nine],
  },
  {
    name: "pack of which one lease runs out, message gone",
    workflow: settledChord({ task: "diesLate", args: [10] }, ...neighbours),
    shape: ten,
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: [10, ...nine],
  },
  {
    name: "pack dead-lettered after its claim",
    workflow: settledChord({ task: "killsOnce", args: [10] }, ...neighbours),
    shape: ten,
    maxReceiveCount: 1,
    status: "SUCCEEDED",
    value: [10, ...nine],
  },
  {
    name: "lost packs",
    workflow: { chord: { header: ones(4), callback: sum } },
    shape: { tasksPerMessage: () => 2 },
    sweeper: true,
    base: [{ site: "release.send", mode: "lost" }],
    status: "SUCCEEDED",
    value: 10,
  },
  {
    name: "pack of long tasks with heartbeats",
    workflow: {
      chord: {
        header: [
          { task: "slow", args: [65, 1] },
          { task: "slow", args: [42, 2] },
          { task: "slow", args: [65, 3] },
        ],
        callback: sum,
      },
    },
    shape: ten,
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "packs of one batch",
    workflow: { chord: { header: ones(6), callback: sum } },
    shape: threeLevels,
    batchSize: 10,
    status: "SUCCEEDED",
    value: 21,
  },
  {
    name: "pack larger than its process takes",
    workflow: { chord: { header: ones(5), callback: sum } },
    shape: { tasksPerMessage: () => 5 },
    settings: { tasksPerInvocation: 2 },
    status: "SUCCEEDED",
    value: 15,
  },
  {
    name: "pack that waits its turn for too long",
    workflow: {
      group: [
        { task: "slow", args: [3000, 1] },
        { task: "slow", args: [3000, 2] },
        { task: "slow", args: [3000, 3] },
      ],
    },
    shape: { tasksPerMessage: () => 2 },
    settings: { tasksPerInvocation: 2, leaseSeconds: 900 },
    batchSize: 10,
    status: "SUCCEEDED",
    value: [1, 2, 3],
  },
  {
    name: "pack under a chord deadline",
    workflow: {
      chord: {
        header: [{ task: "slow", args: [500, 0] }, ...ones(3)],
        callback: { task: "outcomes" },
        when: "all-settled",
        deadlineSeconds: 90,
      },
    },
    shape: ten,
    sweeper: true,
    status: "SUCCEEDED",
    value: ["TIMED_OUT", 1, 2, 3],
  },
  {
    name: "pack with a task unknown to the workers",
    workflow: settledChord({ task: "unknown" }, ...ones(3)),
    shape: ten,
    maxReceiveCount: 2,
    status: "SUCCEEDED",
    value: ["FAILED", 1, 2, 3],
  },
  {
    name: "packs, three levels, spread over buckets",
    workflow: { chord: { header: ones(9), callback: sum } },
    shape: { ...threeLevels, membersPerBucket: 3 },
    status: "SUCCEEDED",
    value: 45,
  },
  {
    name: "packs, three levels, a member that fails",
    workflow: { chord: { header: [...ones(8), fails], callback: sum, onError } },
    shape: threeLevels,
    status: "FAILED",
    open: true,
  },
  {
    name: "packs of two queues",
    workflow: {
      chord: { header: [one(1), { ...one(2), queue: "other" }, one(3), { ...one(4), queue: "other" }], callback: sum },
    },
    shape: ten,
    status: "SUCCEEDED",
    value: 10,
  },
  {
    name: "clean-up of buckets",
    workflow: { group: ones(6) },
    shape: { ...threeLevels, membersPerBucket: 2 },
    settings: { retentionSeconds: 3600 },
    sweeper: true,
    status: "SUCCEEDED",
    ends: "removed",
  },
];
