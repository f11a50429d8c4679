/**
 * Long lists, which control sends in ranges.
 */
import type { CompileOptions } from "../../lib/plan/compile.ts";
import { one, ones, type Scenario, sum } from "./scenario-parts.ts";

/** Three messages at once, and ranges of as many. */
const ranges: CompileOptions = { messagesPerRange: 3 };

const chordOf8 = { chord: { header: ones(8), callback: sum } };

export const rangeScenarios: readonly Scenario[] = [
  { name: "ranges of a header", workflow: chordOf8, shape: ranges, status: "SUCCEEDED", value: 36 },
  {
    name: "ranges of packs, three levels",
    workflow: { chord: { header: ones(9), callback: sum } },
    shape: { ...ranges, tasksPerMessage: () => 2, fan: 2 },
    status: "SUCCEEDED",
    value: 45,
  },
  {
    name: "ranges delivered twice",
    workflow: chordOf8,
    shape: ranges,
    base: [{ site: "range.claim", mode: "twice-at-once" }],
    status: "SUCCEEDED",
    value: 36,
  },
  {
    name: "ranges delivered twice, once claimed",
    workflow: chordOf8,
    shape: ranges,
    base: [{ site: "range.commit", mode: "twice-at-once" }],
    status: "SUCCEEDED",
    value: 36,
  },
  {
    name: "lost ranges",
    workflow: chordOf8,
    shape: ranges,
    sweeper: true,
    base: [{ site: "range.send", mode: "lost" }],
    status: "SUCCEEDED",
    value: 36,
  },
  {
    name: "range whose sender dies",
    workflow: chordOf8,
    shape: ranges,
    base: [{ site: "release.send", mode: "crash-before" }],
    status: "SUCCEEDED",
    value: 36,
  },
  {
    name: "range whose sender dies, message gone",
    workflow: chordOf8,
    shape: ranges,
    base: [{ site: "release.send", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 36,
  },
  {
    name: "releaser of ranges dies",
    workflow: { chain: [one(1), { chord: { header: ones(4), callback: sum } }] },
    shape: { messagesPerRange: 1 },
    base: [{ site: "range.send", mode: "crash-before" }],
    status: "SUCCEEDED",
    value: 4,
  },
  {
    name: "ranges of roots and dependents",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          b: one(2),
          c: one(3),
          d: { task: "plus", args: [{ $result: "a" }, 10] },
          e: { task: "plus", args: [{ $result: "a" }, 20] },
          f: { task: "plus", args: [{ $result: "a" }, 30] },
        },
      },
    },
    shape: { messagesPerRange: 2 },
    status: "SUCCEEDED",
    value: { b: 2, c: 3, d: 11, e: 21, f: 31 },
  },
  {
    name: "ranges of inner chords",
    workflow: {
      chord: { header: [1, 2, 3].map(() => ({ chord: { header: ones(2), callback: sum } })), callback: sum },
    },
    shape: { messagesPerRange: 2 },
    status: "SUCCEEDED",
    value: 9,
  },
];
