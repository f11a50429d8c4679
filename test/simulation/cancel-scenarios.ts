/**
 * Scenarios of chords that end the members they were decided without.
 */
import { fails, onError, one, type Scenario } from "./scenario-parts.ts";

const outcomes = { task: "outcomes" };
const plus = { task: "plus", args: [1] };
const levels = { leafSize: 2, fan: 2 };
const inPacks = { tasksPerMessage: () => 10 };
const slow = (seconds: number, value: number) => ({ task: "slow", args: [seconds, value] });
/** Starts after all that faults put off. */
const delayed = (value: number) => ({ task: "one", args: [value], delaySeconds: 800 });
const chord = (when: object | string, header: readonly object[], more: object = {}) => ({
  chord: { header, callback: outcomes, when, cancelRest: true, ...more },
});
/** Whoever decided may die before it has ended the others: then the sweeper does. */
const sweeper = true;

export const cancelScenarios: readonly Scenario[] = [
  {
    name: "cancel: quorum with queued members",
    workflow: chord({ quorum: 2 }, [one(1), delayed(2), one(3), delayed(4)]),
    shape: levels,
    sweeper,
    status: "SUCCEEDED",
    value: [1, "SKIPPED", 3, "SKIPPED"],
  },
  {
    name: "cancel: quorum with running members",
    workflow: chord({ quorum: 1 }, [one(1), slow(300, 2), slow(300, 3)]),
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "cancel: quorum of a pack",
    workflow: chord({ quorum: 2 }, [one(1), one(2), slow(300, 3), slow(300, 4)]),
    shape: inPacks,
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "cancel: parts of members",
    workflow: chord({ quorum: 1 }, [
      one(1),
      { chain: [slow(300, 2), plus, plus] },
      { chord: { header: [slow(300, 1), delayed(2)], callback: { task: "sum" }, onError } },
      { dag: { nodes: { a: delayed(1), b: { ...one(2), after: ["a"] }, c: { ...one(3), after: ["a"] } } } },
    ]),
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "cancel: one failure too many",
    workflow: chord({ tolerate: { count: 0 } }, [fails, slow(300, 2), delayed(3), { chain: [delayed(4), plus] }], {
      onError,
    }),
    sweeper,
    status: "FAILED",
    open: true,
  },
  {
    name: "cancel: fail-fast",
    workflow: chord("all-succeeded", [fails, slow(300, 2), delayed(3), { chain: [delayed(4), plus] }]),
    sweeper,
    status: "FAILED",
    open: true,
  },
  {
    name: "cancel: in a chord that goes on",
    workflow: {
      chord: { header: [chord({ quorum: 1 }, [one(1), delayed(2)]), one(3)], callback: outcomes, when: "all-settled" },
    },
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "cancel: a quorum inside that never began",
    workflow: chord({ quorum: 1 }, [{ chain: [fails, { group: [chord({ quorum: 1 }, [one(1), one(2)])] }] }]),
    sweeper,
    status: "FAILED",
  },
  {
    name: "cancel: message gone after the decision",
    workflow: chord({ quorum: 1 }, [one(1), delayed(2), { chain: [delayed(3), plus] }]),
    base: [{ site: "slot.end", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "cancel: message gone in the middle, run failed",
    workflow: chord("all-succeeded", [fails, delayed(2), { chain: [delayed(3), plus] }]),
    base: [{ site: "slot.end", mode: "crash-after" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper,
    status: "FAILED",
    open: true,
  },
  {
    name: "cancel: beside what a retry has kept",
    workflow: chord({ quorum: 2 }, [
      { group: [one(1), one(2)] },
      { task: "mended", args: [1] },
      { chain: [delayed(3), plus] },
    ]),
    operations: [
      { request: { type: "revoke" }, atStartOf: "header[1]", afterSeconds: 5 },
      { request: { type: "retry", requestId: "operation-2" }, atStartOf: "header[1]", afterSeconds: 600 },
    ],
    sweeper,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "retry of a chord that has ended its members",
    workflow: {
      chord: {
        header: [{ task: "mended", args: [1] }, slow(300, 2), delayed(3), { chain: [delayed(4), plus] }],
        callback: { task: "sum" },
        cancelRest: true,
      },
    },
    operations: [{ request: { type: "retry" } }],
    sweeper,
    status: "SUCCEEDED",
    value: 11,
  },
];
