/**
 * Delays, times and sleeps: those that a message can carry (up to 900 s), and timers of the head.
 */
import type { CompileOptions } from "../../lib/plan/compile.ts";
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const startAtMs = Date.UTC(2026, 0, 1);
const inSeconds = (seconds: number) => new Date(startAtMs + seconds * 1000).toISOString();
const ranges: CompileOptions = { messagesPerRange: 3 };
const plus = (more: number) => ({ task: "plus", args: [more] });
const later = (value: number) => ({ ...one(value), delaySeconds: 3000 });
const days = 86_400;

export const timerScenarios: readonly Scenario[] = [
  {
    name: "long delays in a header",
    workflow: {
      chord: { header: [one(1), later(2), { chain: [one(3), { ...plus(1), delaySeconds: 2000 }] }], callback: sum },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: 7,
  },
  {
    name: "long delays in packs",
    workflow: { chord: { header: [...ones(3), later(4), later(5)], callback: sum } },
    shape: { tasksPerMessage: () => 10 },
    sweeper: true,
    status: "SUCCEEDED",
    value: 15,
  },
  {
    name: "long delays in ranges",
    workflow: { chord: { header: [later(1), one(2), later(3), one(4), later(5)], callback: sum } },
    shape: ranges,
    sweeper: true,
    status: "SUCCEEDED",
    value: 15,
  },
  {
    name: "long delay of a callback",
    workflow: { chord: { header: ones(2), callback: { ...sum, delaySeconds: 3000 } } },
    sweeper: true,
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "long delay of an error callback",
    workflow: { chord: { header: [fails, one(1)], callback: sum, onError: { ...onError, delaySeconds: 3000 } } },
    sweeper: true,
    status: "FAILED",
    open: true,
  },
  {
    name: "long delays in a dag",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          b: { task: "plus", args: [{ $result: "a" }, 1], delaySeconds: 2000 },
          c: { task: "plus", args: [{ $result: "a" }, 2], delaySeconds: 30 },
          d: { task: "pair", args: [{ $result: "b" }, { $result: "c" }] },
        },
        output: "d",
      },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: [2, 3],
  },
  {
    name: "times to start at",
    workflow: {
      chord: {
        header: [
          { ...one(1), at: inSeconds(3600) },
          { ...one(2), at: inSeconds(90) },
          { ...one(3), at: inSeconds(-90) },
        ],
        callback: sum,
      },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "long delay, retried by timer",
    workflow: { task: "patient", args: [1], delaySeconds: 2000 },
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "short sleep",
    workflow: { chain: [one(1), { sleep: 60 }, plus(1)] },
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "long sleep",
    workflow: { chain: [one(1), { sleep: 3000 }, plus(1)] },
    sweeper: true,
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "sleeps alone",
    workflow: { chain: [{ sleep: 5 }, { sleep: { until: inSeconds(-5) } }] },
    status: "SUCCEEDED",
    value: null,
  },
  {
    name: "short sleeps in a header",
    workflow: {
      chord: { header: [{ sleep: 60 }, { chain: [one(1), { sleep: 30 }] }, one(2)], callback: { task: "one" } },
    },
    status: "SUCCEEDED",
    value: [null, 1, 2],
  },
  {
    name: "sleeps of all kinds in a header",
    workflow: {
      chain: [one(7), settledChord({ sleep: 60 }, { sleep: 3000 }, { sleep: { until: inSeconds(2000) } }, fails)],
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: [7, 7, 7, "FAILED"],
  },
  {
    name: "sleeps in ranges",
    workflow: { chord: { header: [{ sleep: 60 }, { sleep: 3000 }, one(3), { sleep: 10 }], callback: { task: "one" } } },
    shape: { ...ranges, messagesPerRange: 2 },
    sweeper: true,
    status: "SUCCEEDED",
    value: [null, null, 3, null],
  },
  {
    name: "sleep as callback",
    workflow: { chain: [{ chord: { header: ones(2), callback: { sleep: 20 } } }, sum] },
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "sleeps in a dag",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          nap: { sleep: 30, after: ["a"] },
          rest: { chain: [one(2), { sleep: 3000 }] },
          b: { task: "pair", args: [{ $result: "a" }, { $result: "rest" }], after: ["nap"] },
        },
      },
    },
    sweeper: true,
    status: "SUCCEEDED",
    value: { b: [1, 2] },
  },
  {
    name: "sleep whose message is lost",
    workflow: { chain: [{ sleep: 60 }, one(1)] },
    base: [{ site: "release.send", mode: "lost" }],
    sweeper: true,
    status: "SUCCEEDED",
    value: 1,
  },
  {
    name: "sleep released by nobody",
    workflow: { chain: [one(1), { sleep: 60 }, plus(1)] },
    base: [{ site: "slot.timer", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 2,
  },
  {
    name: "chord deadline during a sleep",
    workflow: {
      chord: {
        header: [{ chain: [{ task: "slow", args: [200, 1] }, { sleep: 640 }] }, one(2)],
        callback: { task: "outcomes" },
        when: "all-settled",
        deadlineSeconds: 650,
      },
    },
    settings: { leaseSeconds: 90 },
    sweeper: true,
    status: "SUCCEEDED",
    value: ["TIMED_OUT", 2],
    open: true,
  },
  {
    name: "run that fails during a sleep",
    workflow: { chord: { header: [{ sleep: 600 }, { sleep: 3000 }, fails], callback: sum } },
    status: "FAILED",
    open: true,
  },
  {
    name: "sleep beyond the default deadline",
    workflow: { chain: [one(1), { sleep: 8 * days }, plus(1)] },
    sweeper: true,
    status: "SUCCEEDED",
    value: 2,
  },
];
