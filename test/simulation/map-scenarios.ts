/**
 * Scenarios of maps whose list is known at run time: each expands into a run of its own (docs/maps.md).
 */
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const list = (count: number, of: unknown = 1) => ({ task: "list", args: [count, of] });
const map = (each: object, more: object = {}) => ({ map: { each, ...more } });
const plus = { task: "plus", args: [10] };
const retry = { type: "retry" };
/** Gives its item, slowly. */
const slowly = (seconds: number) => ({ task: "slowItem", args: [seconds] });
/** Fails, after ten seconds. */
const failsLate = { chain: [slowly(10), fails] };

export const mapScenarios: readonly Scenario[] = [
  {
    name: "map over a result",
    workflow: { chain: [list(3), map(plus), sum] },
    status: "SUCCEEDED",
    value: 11 + 12 + 13,
  },
  {
    name: "map over no items",
    workflow: { chain: [list(0), map(plus), sum] },
    status: "SUCCEEDED",
    value: 0,
  },
  {
    name: "chord over a map",
    workflow: { chain: [list(2), { chord: { header: map(plus), callback: sum } }, plus] },
    status: "SUCCEEDED",
    value: 11 + 12 + 10,
  },
  {
    name: "chord over no items",
    workflow: { chain: [list(0), { chord: { header: map(plus), callback: sum } }] },
    status: "SUCCEEDED",
    value: 0,
  },
  {
    name: "map in a map",
    workflow: { chain: [list(2), map({ chain: [{ task: "list", args: [1] }, map(plus), sum] }), sum] },
    status: "SUCCEEDED",
    value: 11 + (11 + 12),
  },
  {
    name: "maps in a header and a dag",
    workflow: {
      dag: {
        nodes: {
          numbers: list(2),
          more: one(100),
          sums: {
            chord: {
              header: [
                map({ task: "plus", args: [{ $result: "more" }] }, { over: { $result: "numbers" } }),
                { group: ones(1) },
              ],
            },
          },
        },
        output: "sums",
      },
    },
    status: "SUCCEEDED",
    value: [[101, 102], [1]],
  },
  {
    name: "map with a failing item",
    workflow: { chain: [list(3), map({ task: "failsAt", args: [2] }), sum] },
    status: "FAILED",
    open: true,
  },
  {
    name: "map with a failing item in an absorbing header",
    workflow: settledChord({ chain: [list(2), map({ task: "failsAt", args: [2] })] }, one(5)),
    status: "SUCCEEDED",
    value: ["FAILED", 5],
    open: true,
  },
  {
    name: "map beside a failure",
    workflow: { group: [{ chain: [list(2), map(slowly(100))] }, { chain: [{ task: "slow", args: [20, 1] }, fails] }] },
    status: "FAILED",
    open: true,
  },
  {
    name: "map over what is no list",
    workflow: { chain: [one(1), map(plus), sum] },
    status: "FAILED",
  },
  {
    name: "map over too long a list",
    workflow: { chain: [list(100_001, 0), map(plus)] },
    status: "FAILED",
  },
  {
    name: "map with large results",
    workflow: { chain: [list(2, "a"), map({ task: "large" }), { task: "lengths" }] },
    status: "SUCCEEDED",
    value: [5000, 5000],
  },
  {
    name: "map: revoke of the run",
    workflow: { chain: [list(2), map({ chain: [slowly(100), plus] }), sum] },
    operations: [{ request: { type: "revoke" }, atStartOf: "map:[0]/[0]", afterSeconds: 5 }],
    status: "REVOKED",
    open: true,
  },
  {
    // The child is there, and the process that made it dead before the map could wait for it.
    name: "map: revoke before it waits for its child",
    workflow: { chain: [list(2), map(slowly(100))] },
    base: [{ site: "map.wait", mode: "crash-before" }],
    sweeper: true,
    operations: [{ request: { type: "revoke" }, atStartOf: "[0]", afterSeconds: 5 }],
    status: "REVOKED",
    open: true,
  },
  {
    name: "map: revoke of the map alone",
    workflow: settledChord({ chain: [list(2), map(slowly(100))] }, one(5)),
    operations: [{ request: { type: "revoke", path: "header[0]/[1]" }, atStartOf: "map:[0]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: ["REVOKED", 5],
    open: true,
  },
  {
    name: "map: pause and resume",
    workflow: { chain: [list(2), map({ chain: [slowly(10), plus] }), sum] },
    operations: [
      { request: { type: "pause" }, atStartOf: "map:[0]/[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "map:[0]/[0]", afterSeconds: 100 },
    ],
    status: "SUCCEEDED",
    value: 11 + 12,
  },
  {
    // Its error callback waits for the end of the pause, when its parent has failed long since.
    name: "map: fails during a pause",
    workflow: { chain: [list(2), { chord: { header: map({ task: "endless" }), callback: sum, onError } }] },
    operations: [
      { request: { type: "pause" }, atStartOf: "map:header[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "map:header[0]", afterSeconds: 100 },
    ],
    status: "FAILED",
    open: true,
  },
  {
    // Who resumes it and dies there leaves both: its error callback to call, and its end to tell.
    name: "map: fails during a pause, and goes on before its parent knows",
    workflow: { chain: [list(1), { chord: { header: map({ task: "endless" }), callback: sum, onError } }] },
    base: [{ site: "map.commit", mode: "paused" }],
    operations: [
      { request: { type: "pause" }, atStartOf: "map:header[0]", afterSeconds: 2 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "map:header[0]", afterSeconds: 60 },
    ],
    status: "FAILED",
    open: true,
  },
  {
    // Its failure is not handed on before somebody else has settled the map: whoever resumes the run does not find it.
    name: "map: fails during a pause, and is revoked",
    workflow: settledChord({
      chain: [list(1), { chord: { header: map({ task: "endless" }), callback: sum, onError } }],
    }),
    base: [{ site: "map.commit", mode: "paused" }],
    operations: [
      { request: { type: "pause" }, atStartOf: "map:header[0]", afterSeconds: 2 },
      {
        request: { type: "revoke", path: "header[0]/[1]", requestId: "operation-2" },
        atStartOf: "map:header[0]",
        afterSeconds: 60,
      },
      { request: { type: "resume", requestId: "operation-3" }, atStartOf: "map:header[0]", afterSeconds: 600 },
    ],
    sweeper: true,
    status: "SUCCEEDED",
    open: true,
  },
  {
    // The map inside waits for the end of the pause, whose run does not.
    name: "map: fails in a map during a pause, and that is revoked",
    workflow: {
      chain: [
        list(1),
        map(
          settledChord(
            { chain: [list(1), { chord: { header: map(failsLate), callback: sum, onError } }] },
            slowly(2000),
          ),
        ),
      ],
    },
    settings: { leaseSeconds: 3000 },
    operations: [
      { request: { type: "pause" }, atStartOf: "map:header[0]/[0]", afterSeconds: 2 },
      { request: { type: "revoke", requestId: "operation-2" }, atStartOf: "map:header[0]/[0]", afterSeconds: 300 },
      { request: { type: "resume", requestId: "operation-3" }, atStartOf: "map:header[0]/[0]", afterSeconds: 600 },
    ],
    status: "REVOKED",
    open: true,
  },
  {
    // The error callback of the outer chord is told of it, by its place: what has failed is a task of another run.
    name: "map: fails in a chord in a chord",
    workflow: {
      chord: {
        header: [
          {
            chord: {
              header: [{ chain: [list(2), map(fails)] }, one(1)],
              callback: sum,
              when: { tolerate: { count: 0 } },
            },
          },
        ],
        callback: sum,
        onError,
      },
    },
    status: "FAILED",
    open: true,
  },
  {
    name: "map: retry",
    workflow: { chain: [list(2), map({ task: "mended" }), sum] },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 3,
    open: true,
  },
  {
    name: "map: retry of what gives its list",
    workflow: { chain: [list(2), map(plus), sum] },
    operations: [{ request: { ...retry, args: { "[0]": [3, 1] } } }],
    status: "SUCCEEDED",
    value: 11 + 12 + 13,
  },
  {
    name: "map: retry of a map that succeeded",
    workflow: { chain: [list(2), map({ task: "byGeneration" }), sum] },
    operations: [{ request: { ...retry, tasks: ["[1]"] } }],
    status: "SUCCEEDED",
    value: 2 + 2,
  },
  {
    name: "map not expanded, message gone",
    workflow: { chain: [list(2), map(plus), sum] },
    base: [
      { site: "map.wait", mode: "crash-before" },
      { site: "map.wait", mode: "crash-before" },
    ],
    maxReceiveCount: 1,
    sweeper: true,
    status: "SUCCEEDED",
    value: 23,
  },
  {
    name: "end of a map not told, message gone",
    workflow: { chain: [list(1), map(plus), sum] },
    base: [{ site: "parent.send", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 11,
  },
  {
    name: "deadline of a chord around a map",
    workflow: {
      chord: {
        header: [{ chain: [list(1), map(slowly(500))] }],
        callback: { task: "outcomes" },
        when: "all-settled",
        deadlineSeconds: 100,
      },
    },
    settings: { leaseSeconds: 600 },
    sweeper: true,
    status: "SUCCEEDED",
    value: ["TIMED_OUT"],
    open: true,
  },
  {
    // Whoever takes the child's failure over stands still until the next generation waits for the same child.
    name: "retry while the end of a map is not handed on",
    workflow: {
      group: [
        { chain: [list(1), map({ chain: [{ task: "mendedLater" }, slowly(300)] })] },
        {
          chain: [
            { task: "slow", args: [20, 1] },
            { task: "mended", args: [10] },
          ],
        },
      ],
    },
    base: [{ site: "map.commit", mode: "paused" }],
    settings: { leaseSeconds: 400 },
    operations: [
      { request: retry, atStartOf: "[1]/[0]", afterSeconds: 40 },
      // A fault may have kept the run from its end until now; else this one is refused.
      { request: { ...retry, requestId: "operation-2" } },
    ],
    rejects: 1,
    status: "SUCCEEDED",
    value: [[1], 1],
    open: true,
  },
  {
    // Nobody has ended the child when the next generation comes to its map: it goes on, for that generation.
    name: "retry while a map goes on",
    workflow: {
      group: [
        { chain: [list(1), map(slowly(300))] },
        {
          chain: [
            { task: "slow", args: [20, 1] },
            { task: "mended", args: [10] },
          ],
        },
      ],
    },
    base: [{ site: "follow.send", mode: "paused" }],
    settings: { leaseSeconds: 400 },
    operations: [
      { request: retry, atStartOf: "[1]/[0]", afterSeconds: 40 },
      { request: { ...retry, requestId: "operation-2" } },
    ],
    rejects: 1,
    status: "SUCCEEDED",
    value: [[1], 1],
    open: true,
  },
  {
    name: "end of a run not passed on to its map, message gone",
    workflow: { chain: [list(1), map(slowly(2000))] },
    base: [
      { site: "follow.send", mode: "crash-before" },
      { site: "follow.send", mode: "crash-before" },
    ],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    settings: { leaseSeconds: 3000 },
    operations: [{ request: { type: "revoke" }, atStartOf: "map:[0]", afterSeconds: 5 }],
    sweeper: true,
    status: "REVOKED",
    open: true,
  },
];
