/**
 * Scenarios of joins that are decided by a count: tolerated failures, and quorums.
 */
import { fails, onError, one, type Scenario } from "./scenario-parts.ts";

const outcomes = { task: "outcomes" };
const inPacks = { tasksPerMessage: () => 10 };
const levels = { leafSize: 2, fan: 2 };
/** Starts after all that faults put off, and needs no heartbeat until then. */
const delayed = (value: number) => ({ task: "one", args: [value], delaySeconds: 800 });
const slow = (seconds: number, value: number) => ({ task: "slow", args: [seconds, value] });
const chord = (when: object, header: readonly object[], more: object = {}) => ({
  chord: { header, callback: outcomes, when, ...more },
});
const tolerate = (count: number) => ({ tolerate: { count } });
const quorum = (count: number) => ({ quorum: count });

export const countScenarios: readonly Scenario[] = [
  {
    name: "tolerated failure",
    workflow: chord(tolerate(1), [one(1), fails, one(3)]),
    status: "SUCCEEDED",
    value: [1, "FAILED", 3],
  },
  {
    name: "tolerated failures on three levels",
    workflow: chord(tolerate(2), [one(1), fails, one(3), one(4), fails]),
    shape: levels,
    status: "SUCCEEDED",
    value: [1, "FAILED", 3, 4, "FAILED"],
  },
  {
    name: "one failure too many",
    workflow: chord(tolerate(1), [fails, one(2), fails, slow(50, 4)], { onError }),
    status: "FAILED",
    open: true,
  },
  {
    name: "one failure too many, three levels",
    workflow: chord(tolerate(1), [fails, one(2), one(3), fails, slow(50, 5)], { onError }),
    shape: levels,
    status: "FAILED",
    open: true,
  },
  {
    name: "tolerated failures of a pack",
    workflow: chord({ tolerate: { percent: 50 } }, [fails, one(2), fails, one(4)]),
    shape: inPacks,
    status: "SUCCEEDED",
    value: ["FAILED", 2, "FAILED", 4],
  },
  {
    name: "quorum of all",
    workflow: chord(quorum(3), [one(1), one(2), one(3)]),
    status: "SUCCEEDED",
    value: [1, 2, 3],
  },
  {
    name: "quorum with a straggler in each leaf",
    workflow: chord(quorum(2), [one(1), slow(50, 2), one(3), slow(50, 4)]),
    shape: levels,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "quorum with stragglers on three levels",
    workflow: chord(quorum(3), [one(1), slow(50, 2), one(3), slow(50, 4), one(5)]),
    shape: levels,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "quorum long before its stragglers",
    workflow: chord(quorum(2), [one(1), delayed(2), one(3), delayed(4)]),
    shape: levels,
    status: "SUCCEEDED",
    value: [1, "SKIPPED", 3, "SKIPPED"],
  },
  {
    name: "quorum by its last member",
    workflow: chord(quorum(2), [one(1), fails, fails, slow(50, 4)], { onError }),
    shape: levels,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "quorum that cannot be reached",
    workflow: chord(quorum(3), [one(1), fails, fails, slow(50, 4)], { onError }),
    shape: levels,
    status: "FAILED",
    open: true,
  },
  {
    name: "quorum of a pack",
    workflow: chord(quorum(2), [one(1), one(2), slow(50, 3), fails]),
    shape: inPacks,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "quorum not decided, message gone",
    workflow: chord(quorum(2), [one(1), one(2), delayed(3)]),
    base: [{ site: "join.read", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "quorum in a tolerant chord",
    workflow: chord(tolerate(1), [chord(quorum(1), [one(1), fails]), chord(quorum(1), [fails, fails]), one(3)]),
    status: "SUCCEEDED",
    open: true,
  },
];
