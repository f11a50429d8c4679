/**
 * Scenarios of maps that run only a few of their members at the same time. That they never run more is judged in all of them
 * (lane-check.ts).
 */
import { onError, type Scenario, sum } from "./scenario-parts.ts";

const works = { task: "works" };
const plus = { task: "plus", args: [10] };
const outcomes = { task: "outcomes" };
const retry = { type: "retry" };
const map = (maxConcurrency: number, over: readonly unknown[], each: object = works) => ({
  map: { each, over, maxConcurrency },
});
const settled = (header: object, more: object = {}) => ({
  chord: { header, callback: outcomes, when: "all-settled", ...more },
});
const six = [1, 2, 3, 4, 5, 6];
/** Long enough that a request about the run comes while its first members are at work, whatever goes wrong. */
const slowly = { task: "works", args: [100] };
const withoutHeartbeats = { leaseSeconds: 300 };

export const laneScenarios: readonly Scenario[] = [
  { name: "lanes of single members", workflow: map(2, six), status: "SUCCEEDED", value: six },
  { name: "one lane", workflow: map(1, [1, 2, 3]), status: "SUCCEEDED", value: [1, 2, 3] },
  {
    name: "lanes of packs",
    workflow: map(4, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    shape: { tasksPerMessage: () => 2 },
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  },
  {
    name: "lane of packs that are smaller than their queue's",
    workflow: map(3, [1, 2, 3, 4, 5, 6, 7]),
    shape: { tasksPerMessage: () => 10 },
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5, 6, 7],
  },
  {
    name: "lanes of a pack with a retried member",
    workflow: map(2, [101, 2, 3, 104]),
    shape: { tasksPerMessage: () => 2 },
    status: "SUCCEEDED",
    value: [101, 2, 3, 104],
  },
  {
    name: "lanes in ranges and buckets, three levels",
    workflow: map(3, [1, 2, 3, 4, 5, 6, 7]),
    shape: { messagesPerRange: 2, leafSize: 2, fan: 2, membersPerBucket: 3 },
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5, 6, 7],
  },
  {
    name: "lanes after a task, before a callback",
    workflow: { chain: [{ task: "one", args: [1] }, { chord: { header: map(2, six), callback: sum } }, plus] },
    status: "SUCCEEDED",
    value: 31,
  },
  {
    name: "lanes with a tolerated failure",
    workflow: { chord: { header: map(2, [1, 0, 3, 4, 5]), callback: outcomes, when: { tolerate: { count: 1 } } } },
    status: "SUCCEEDED",
    value: [1, "FAILED", 3, 4, 5],
  },
  {
    name: "lanes after one failure too many",
    workflow: {
      chord: { header: map(2, [0, 2, 3, 4, 5, 6, 7, 8]), callback: sum, onError },
    },
    status: "FAILED",
    open: true,
  },
  {
    name: "lanes after their quorum",
    workflow: {
      chain: [
        { chord: { header: map(2, [1, 2, 3, 4, 5, 6, 7, 8]), callback: { task: "one" }, when: { quorum: 2 } } },
        { task: "works", immutable: true, args: [1, 60] },
      ],
    },
    status: "SUCCEEDED",
    value: 1,
    open: true,
  },
  {
    name: "lanes whose members fail, in a run that goes on",
    workflow: map(2, [0, 2, 0, 4, 5]),
    request: { onFailure: "finish" },
    status: "FAILED",
  },
  {
    name: "lanes of chains",
    workflow: map(2, [1, 2, 3, 4, 5], { chain: [works, plus] }),
    status: "SUCCEEDED",
    value: [11, 12, 13, 14, 15],
  },
  {
    name: "lanes of chains that fail",
    workflow: settled(map(2, [0, 2, 3, 0, 5], { chain: [works, plus] })),
    status: "SUCCEEDED",
    value: ["FAILED", 12, 13, "FAILED", 15],
  },
  {
    name: "lanes of chords and maps",
    workflow: map(1, [1, 2, 3], {
      chain: [{ group: [works, { map: { each: works, over: [4, 5], maxConcurrency: 1 } }] }, { task: "one" }],
    }),
    status: "SUCCEEDED",
    value: [1, 2, 3].map((item) => [item, [4, 5]]),
  },
  {
    // No worker ends these members: the messages of control that do go on in the lane.
    name: "lanes of sleeps",
    workflow: map(2, [1, 2, 3, 4, 5], { sleep: 3 }),
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5],
  },
  {
    name: "lanes of tasks that run elsewhere",
    workflow: map(2, [1, 2, 3, 4, 5], { task: "elsewhere" }),
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5],
  },
  {
    name: "lanes of maps over results",
    workflow: map(1, [2, 1, 0], { chain: [{ task: "list", args: [1] }, { map: { each: plus } }] }),
    status: "SUCCEEDED",
    value: [[11, 12], [11], []],
  },
  {
    // Their value is not that of the task: no task of a pack, as far as lanes go.
    name: "lanes of dags of one task",
    workflow: map(3, [1, 2, 3, 4], { dag: { nodes: { only: { task: "one", args: [5] } } } }),
    shape: { tasksPerMessage: () => 3 },
    status: "SUCCEEDED",
    value: [1, 2, 3, 4].map(() => ({ only: 5 })),
  },
  {
    // Nobody runs the first two: whoever releases them goes on.
    name: "lane of lists, the first ones empty",
    workflow: map(1, [[], [], [1, 2], [], [3]], { map: { each: works, maxConcurrency: 1 } }),
    status: "SUCCEEDED",
    value: [[], [], [1, 2], [], [3]],
  },
  {
    name: "retry of a lane of lists, the first ones empty",
    workflow: {
      chain: [{ task: "mended", args: [1] }, map(1, [[], [], [1]], { map: { each: works } })],
    },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [[], [], [1]],
  },
  {
    name: "lane of long lists of empty lists",
    workflow: map(1, [1, 2], {
      chain: [{ task: "one" }, { group: [{ group: [] }, { group: [] }, { group: [] }] }],
    }),
    shape: { messagesPerRange: 2 },
    status: "SUCCEEDED",
    value: [
      [[], [], []],
      [[], [], []],
    ],
  },
  {
    name: "lanes whose workers die",
    workflow: map(2, [1, 2, 3, 4, 5], { task: "killsOnce" }),
    status: "SUCCEEDED",
    value: [1, 2, 3, 4, 5],
  },
  {
    name: "lane whose message is gone",
    workflow: map(1, [1, 2, 3]),
    base: [{ site: "lane.look", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: [1, 2, 3],
  },
  {
    name: "lanes that the sweeper visits",
    workflow: map(2, [1, 2, 3, 4], slowly),
    settings: { ...withoutHeartbeats, visibilitySeconds: 20, sweepSeconds: 30 },
    sweeper: true,
    status: "SUCCEEDED",
    value: [1, 2, 3, 4],
  },
  {
    name: "revoke of a member before its turn",
    workflow: settled(map(2, six, slowly)),
    settings: withoutHeartbeats,
    operations: [{ request: { type: "revoke", path: "header[2]" }, atStartOf: "header[0]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: [1, 2, "REVOKED", 4, 5, 6],
  },
  {
    name: "revoke of a member at work",
    workflow: settled(map(1, [1, 2, 3], slowly)),
    settings: withoutHeartbeats,
    operations: [{ request: { type: "revoke", path: "header[0]" }, atStartOf: "header[0]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: ["REVOKED", 2, 3],
  },
  {
    name: "revoke inside a member before its turn",
    workflow: settled(map(1, [1, 2, 3], { chain: [slowly, plus] })),
    settings: withoutHeartbeats,
    operations: [{ request: { type: "revoke", path: "header[1]/[0]" }, atStartOf: "header[0]/[0]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: [11, "FAILED", 13],
  },
  {
    name: "revoke inside a member before its turn, and its chord goes on",
    workflow: settled(map(1, [1, 2, 3], { chord: { header: [slowly], when: "all-settled", callback: outcomes } })),
    settings: withoutHeartbeats,
    operations: [
      { request: { type: "revoke", path: "header[2]/header[0]" }, atStartOf: "header[0]/header[0]", afterSeconds: 5 },
    ],
    status: "SUCCEEDED",
    value: [[1], [2], ["REVOKED"]],
  },
  {
    name: "deadline of lanes",
    workflow: settled(map(1, [1, 2, 3], { task: "works", args: [20] }), { deadlineSeconds: 30 }),
    settings: { sweepSeconds: 10 },
    sweeper: true,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "pause and resume of lanes",
    workflow: map(2, six),
    operations: [
      { request: { type: "pause" }, atStartOf: "[2]", afterSeconds: 2 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "[2]", afterSeconds: 100 },
    ],
    sweeper: true,
    status: "SUCCEEDED",
    value: six,
  },
  {
    name: "retry of lanes, some succeeded",
    workflow: map(2, [1, 2, -3, 4, 5, -6]),
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [1, 2, -3, 4, 5, -6],
  },
  {
    name: "retry of lanes after their first failure",
    workflow: { chord: { header: map(2, [1, -2, 3, 4, 5]), callback: sum } },
    shape: { tasksPerMessage: () => 1, leafSize: 2 },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 11,
    open: true,
  },
  {
    name: "retry of lanes of packs",
    workflow: map(2, [1, 2, 3, -4, -5, 6, 7]),
    shape: { tasksPerMessage: () => 2 },
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [1, 2, 3, -4, -5, 6, 7],
  },
  {
    name: "retry of lanes whose members are long lists",
    workflow: map(1, [-1, -2], { group: [{ task: "one" }, works] }),
    shape: { messagesPerRange: 1 },
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [
      [-1, -1],
      [-2, -2],
    ],
  },
  {
    // A member's group is complete, and whoever was to say so has died; the next generation finds that.
    name: "retry of a lane whose member is done",
    workflow: {
      group: [
        map(1, [1, 2], { group: [{ task: "one" }, { task: "one" }] }),
        { task: "mended", args: [3], delaySeconds: 5 },
      ],
    },
    base: [{ site: "slot.settle", mode: "crash-before" }],
    operations: [
      { request: retry, atStartOf: "[1]", afterSeconds: 10 },
      // A fault may have kept the run from its end until now; else this one is refused.
      { request: { ...retry, requestId: "operation-2" } },
    ],
    rejects: 1,
    status: "SUCCEEDED",
    value: [
      [
        [1, 1],
        [2, 2],
      ],
      3,
    ],
    open: true,
  },
  {
    // A part of the list has succeeded, and nothing is to be written any more where it is.
    name: "retry of a lane whose long list has begun",
    workflow: map(1, [1, 2], { group: [{ task: "one" }, { task: "mended" }, { task: "one" }] }),
    shape: { messagesPerRange: 2, leafSize: 1, fan: 2 },
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [1, 2].map((item) => [item, item, item]),
  },
  {
    name: "retry of a lane whose chains have begun",
    workflow: map(1, [1, 2], {
      group: [{ chain: [works, works] }, { task: "mended" }, { chain: [works, works] }],
    }),
    shape: { leafSize: 1, fan: 2 },
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [1, 2].map((item) => [item, item, item]),
  },
  {
    // The header of the second member is taken over; its callback still waits for its turn.
    name: "retry of a lane whose headers are decided",
    workflow: map(1, [1, 2, 3], {
      chord: { header: [works, works], callback: { chain: [{ task: "mended", immutable: true, args: [5] }, works] } },
    }),
    shape: { leafSize: 1, fan: 2 },
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [5, 5, 5],
  },
  {
    name: "retry of lanes of chains",
    workflow: map(1, [1, 2], {
      chain: [works, { chain: [{ task: "one" }, { group: [{ task: "mended" }, { chain: [works, plus] }] }] }],
    }),
    request: { onFailure: "finish" },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: [1, 2].map((item) => [item, item + 10]),
  },
];
