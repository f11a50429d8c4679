/**
 * Scenarios of runs that go on to their end after a failure: what follows from it is skipped, everything else runs.
 */
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const finish = { onFailure: "finish" };
const plus = { task: "plus", args: [1] };
const levels = { leafSize: 2, fan: 2 };
const slow = { task: "slow", args: [20, 1] };

export const finishScenarios: readonly Scenario[] = [
  {
    name: "finish: a chain",
    workflow: { chain: [fails, plus, plus] },
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: a group goes on",
    workflow: { group: [fails, { chain: [one(1), plus] }, slow] },
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: a failing member of three levels",
    workflow: { chord: { header: [one(1), fails, one(3), one(4), one(5)], callback: sum, onError } },
    shape: levels,
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: a chord that is never released",
    workflow: { chain: [fails, { chord: { header: ones(3), callback: sum } }, plus] },
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: chords decided by a count that are never released",
    workflow: {
      chain: [
        fails,
        { chord: { header: ones(2), callback: sum, when: { quorum: 1 } } },
        { chord: { header: ones(2), callback: sum, when: { tolerate: { count: 1 } } } },
      ],
    },
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: a chord of three levels that is never released",
    workflow: { chain: [fails, { chord: { header: ones(5), callback: sum } }] },
    shape: levels,
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: a graph",
    workflow: {
      dag: {
        nodes: {
          a: fails,
          b: one(2),
          c: { task: "pair", args: [{ $result: "a" }, { $result: "b" }] },
          d: { task: "plus", args: [{ $result: "b" }, 1] },
        },
      },
    },
    request: finish,
    status: "FAILED",
  },
  {
    name: "finish: an absorbed failure",
    workflow: settledChord({ chain: [fails, plus] }, one(2)),
    request: finish,
    status: "SUCCEEDED",
    value: ["FAILED", 2],
  },
  {
    name: "finish: a chain whose message is gone",
    workflow: { chain: [fails, plus, plus] },
    request: finish,
    base: [{ site: "slot.skip", mode: "crash-after" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "FAILED",
  },
];
