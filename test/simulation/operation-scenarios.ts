/**
 * Scenarios of what operators ask of a run: revoke, pause, resume, retry.
 */
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const mended = (value: number) => ({ task: "mended", args: [value] });
const slow = (seconds: number, value: number) => ({ task: "slow", args: [seconds, value] });
const delayed = (value: number) => ({ task: "one", args: [value], delaySeconds: 800 });
const outcomes = { task: "outcomes" };
const allSettled = (...header: object[]) => ({ chord: { header, when: "all-settled" } });
const retry = { type: "retry" };
const inPacks = { tasksPerMessage: () => 10 };

export const operationScenarios: readonly Scenario[] = [
  {
    // The failure ends the run while a member still runs: it is removed when no worker holds a task any more.
    name: "remove of a run whose workers still run",
    workflow: { chord: { header: [slow(20, 1), fails, one(3)], callback: sum, onError } },
    shape: { leafSize: 2, fan: 2 },
    sweeper: true,
    operations: [{ request: { type: "remove" }, atStartOf: "onError", afterSeconds: 1 }],
    status: "FAILED",
    ends: "removed",
  },
  {
    name: "retry of a chain",
    workflow: { chain: [one(1), mended(2), { task: "plus", args: [3] }] },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 1 + 3,
  },
  {
    name: "retry of a failing member",
    workflow: { chord: { header: [one(1), mended(2), one(3), one(4), one(5)], callback: sum } },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 15,
    open: true,
  },
  {
    name: "retry of a pack",
    workflow: { chord: { header: [one(1), mended(2), one(3), mended(4)], callback: sum } },
    shape: inPacks,
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 10,
    open: true,
  },
  {
    name: "retry of three levels",
    workflow: { chord: { header: [1, 2, 3, 4, 5].map((n) => (n === 4 ? mended(n) : one(n))), callback: sum } },
    shape: { leafSize: 2, fan: 2 },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: 15,
    open: true,
  },
  {
    name: "retry of a failed callback",
    workflow: settledChordWith(mended(7), one(1), fails),
    operations: [{ request: retry }],
    status: "SUCCEEDED",
  },
  {
    name: "retry with an error callback",
    workflow: { chord: { header: [one(1), fails], callback: sum, onError } },
    operations: [{ request: retry }],
    status: "FAILED",
    open: true,
  },
  {
    name: "retry of a task that succeeded",
    workflow: { chain: [one(1), { task: "plus", args: [2] }] },
    operations: [{ request: { ...retry, args: { "[1]": [10] } } }],
    status: "SUCCEEDED",
    value: 11,
  },
  {
    // The quorum stays as it is, and so do those that never settled for it: the sweeper has to leave them alone.
    name: "retry behind a quorum with stragglers",
    workflow: {
      group: [
        { chain: [slow(30, 5), { task: "mended" }] },
        { chord: { header: [one(1), delayed(2), one(3), delayed(4)], when: { quorum: 2 }, callback: outcomes } },
      ],
    },
    shape: { leafSize: 2, fan: 2 },
    base: [{ site: "restart.send", mode: "lost" }],
    sweeper: true,
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    open: true,
  },
  {
    // The inner chord is decided after the run's end. Its callback is not needed for the quorum, which is taken over.
    name: "retry behind a quorum with an inner chord",
    workflow: {
      chord: {
        header: [{ chord: { header: [slow(30, 5)], callback: sum } }, one(1)],
        when: { quorum: 1 },
        callback: { ...mended(7), immutable: true },
      },
    },
    shape: { leafSize: 1, fan: 2 },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    open: true,
  },
  {
    // The header is decided after the run's end, so nobody releases the empty list that follows it. The retry takes the header over.
    name: "retry before an empty list",
    workflow: {
      dag: {
        nodes: {
          broken: { chain: [slow(10, 1), mended(1)] },
          empty: { chord: { header: [slow(30, 5)], callback: { map: { each: one(1), over: [] } } } },
        },
      },
    },
    operations: [{ request: retry }],
    status: "SUCCEEDED",
    value: { broken: 1, empty: [] },
    open: true,
  },
  {
    name: "two retries at once",
    workflow: { group: [mended(1), one(2)] },
    operations: [
      { request: retry, atStartOf: "[0]", afterSeconds: 5 },
      { request: { ...retry, requestId: "operation-2" }, atStartOf: "[0]", afterSeconds: 5 },
      { request: { ...retry, requestId: "operation-3" } },
    ],
    rejects: 2,
    status: "SUCCEEDED",
    value: [1, 2],
    open: true,
  },
  {
    name: "retry half done, message gone",
    workflow: { chain: [one(1), mended(2), { task: "plus", args: [3] }] },
    base: [
      { site: "item.reopen", mode: "crash-before" },
      { site: "item.reopen", mode: "crash-before" },
    ],
    maxReceiveCount: 1,
    operations: [{ request: retry }],
    sweeper: true,
    status: "SUCCEEDED",
    value: 4,
  },
  {
    name: "retry before a long list",
    workflow: { chain: [one(1), { group: ones(5).map((task) => ({ ...task, immutable: true })) }, sum] },
    shape: { messagesPerRange: 2 },
    operations: [{ request: { ...retry, tasks: ["[0]"] } }],
    status: "SUCCEEDED",
    value: 15,
  },
  {
    // The member that fails first stands still before it says so, until the next generation is under way.
    name: "retry while a failure is not handed on",
    workflow: {
      group: [
        { ...mended(1), delaySeconds: 10 },
        settledChord({ chord: { header: [mended(2), slow(150, 3), slow(150, 4)], callback: sum } }),
      ],
    },
    shape: { leafSize: 2, fan: 2 },
    base: [{ site: "join.decide", mode: "paused" }],
    settings: { leaseSeconds: 100 },
    operations: [
      { request: retry, atStartOf: "[0]", afterSeconds: 20 },
      // A fault may have kept the run from its end until now; else this one is refused.
      { request: { ...retry, requestId: "operation-2" } },
    ],
    rejects: 1,
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "error callback long after the end",
    workflow: {
      group: [
        { chord: { header: [fails], callback: sum, onError } },
        { chord: { header: [{ task: "failsLate" }], callback: sum, onError } },
      ],
    },
    status: "FAILED",
    open: true,
  },
  {
    // Of this and the next two, the body is still at work when the request comes for the third time.
    name: "revoke of a run",
    workflow: { chain: [slow(150, 1), one(2)] },
    operations: [{ request: { type: "revoke" }, atStartOf: "[0]", afterSeconds: 5 }],
    status: "REVOKED",
    open: true,
  },
  {
    name: "revoke of a run during its join",
    workflow: { chord: { header: [one(1), slow(150, 2)], callback: sum } },
    operations: [{ request: { type: "revoke" }, atStartOf: "header[1]", afterSeconds: 5 }],
    status: "REVOKED",
    open: true,
  },
  {
    name: "revoke of a run after its join",
    workflow: { chord: { header: [one(1), one(2)], callback: { task: "slowItem", args: [150] } } },
    operations: [{ request: { type: "revoke" }, atStartOf: "callback", afterSeconds: 5 }],
    status: "REVOKED",
    open: true,
  },
  {
    name: "revoke of a member",
    workflow: settledChord(one(1), slow(150, 2), one(3)),
    operations: [{ request: { type: "revoke", path: "header[1]" }, atStartOf: "header[1]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: [1, "REVOKED", 3],
  },
  {
    name: "revoke of a chord",
    workflow: settledChord(settledChord(one(1), slow(150, 2)), one(3), { chain: [slow(150, 4), one(5)] }),
    operations: [{ request: { type: "revoke", path: "." }, atStartOf: "header[0]/header[1]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    open: true,
  },
  {
    // After the last visit that the run needed: another has to come for what is started now.
    name: "revoke of a chord in a run that has failed, its error callback lost",
    workflow: { group: [{ chord: { header: [{ ...one(1), delaySeconds: 5000 }], callback: sum, onError } }, fails] },
    sweeper: true,
    base: [{ site: "node.send", mode: "lost" }],
    operations: [{ request: { type: "revoke", path: "[0]" }, atStartOf: "[1]", afterSeconds: 1000 }],
    status: "FAILED",
    open: true,
  },
  {
    name: "revoke of a chord before its turn",
    workflow: { chord: { header: [one(1), slow(100, 2)], callback: settledChord(one(3), one(4)) } },
    sweeper: true,
    operations: [{ request: { type: "revoke", path: "callback" }, atStartOf: "header[1]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: ["REVOKED", "REVOKED"],
  },
  {
    // The last one has no callback: what follows it is the end of the run.
    name: "revoke of chords in a row before their turn",
    workflow: { chain: [slow(100, 1), settledChord(one(2)), settledChord(one(3)), allSettled(one(4), one(5))] },
    sweeper: true,
    operations: [
      { request: { type: "revoke", path: "[3]" }, atStartOf: "[0]", afterSeconds: 5 },
      { request: { type: "revoke", path: "[1]", requestId: "operation-2" }, atStartOf: "[0]", afterSeconds: 10 },
      { request: { type: "revoke", path: "[2]", requestId: "operation-3" }, atStartOf: "[0]", afterSeconds: 15 },
    ],
    status: "SUCCEEDED",
    open: true,
  },
  {
    // The tasks inside are skipped after one that was revoked, and the run tells of their member, which was revoked too.
    name: "revoke of a part before its turn, run goes on",
    workflow: {
      chord: {
        header: [slow(900, 1)],
        callback: {
          group: [
            {
              chord: {
                header: ones(1),
                callback: { dag: { nodes: { a: one(1), b: one(2) }, output: "b" } },
                when: { quorum: 1 },
              },
            },
          ],
        },
      },
    },
    request: { onFailure: "finish" },
    settings: { leaseSeconds: 1000 },
    operations: [{ request: { type: "revoke", path: "callback" }, atStartOf: "header[0]", afterSeconds: 5 }],
    status: "FAILED",
    open: true,
  },
  {
    name: "pause and resume",
    workflow: { chain: [slow(10, 1), { task: "plus", args: [2] }] },
    operations: [
      { request: { type: "pause" }, atStartOf: "[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "[0]", afterSeconds: 100 },
    ],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "pause and resume while a task runs",
    workflow: { chain: [slow(250, 1), { task: "plus", args: [2] }] },
    settings: { leaseSeconds: 100 },
    operations: [
      { request: { type: "pause" }, atStartOf: "[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "[0]", afterSeconds: 100 },
    ],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    // Whoever stands still at the claim makes it during the pause, and hands nothing out.
    name: "pause while an outside task is handed out",
    workflow: { group: [slow(10, 1), { task: "elsewhere", args: [2] }] },
    operations: [
      { request: { type: "pause" }, atStartOf: "[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "[0]", afterSeconds: 250 },
    ],
    status: "SUCCEEDED",
    value: [1, 2],
  },
  {
    name: "pause and resume while the parts of a list are sent",
    workflow: { chord: { header: [slow(10, 1), ...ones(5)], callback: sum } },
    shape: { messagesPerRange: 2 },
    settings: { leaseSeconds: 300 },
    operations: [
      { request: { type: "pause" }, atStartOf: "header[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "header[0]", afterSeconds: 200 },
    ],
    status: "SUCCEEDED",
    value: 16,
  },
  {
    // What it had sent was dropped, and afterwards it says that all is sent.
    name: "pause and resume while a part of a list stands before its end",
    workflow: {
      chord: {
        header: [1, 2].flatMap((value) => [slow(10, value), { ...one(value), delaySeconds: 60 }]),
        callback: sum,
      },
    },
    shape: { messagesPerRange: 2 },
    settings: { leaseSeconds: 300 },
    base: [{ site: "range.commit", mode: "paused" }],
    operations: [
      { request: { type: "pause" }, atStartOf: "header[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "header[0]", afterSeconds: 100 },
    ],
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "pause before an empty group",
    workflow: { group: [{ chain: [slow(250, 1), { group: [] }] }, { task: "plus", args: [1, 1] }] },
    operations: [
      { request: { type: "pause" }, atStartOf: "[0]/[0]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "[0]/[0]", afterSeconds: 1000 },
    ],
    status: "SUCCEEDED",
    value: [[], 2],
  },
  {
    name: "pause, resume and a pack",
    workflow: { chord: { header: [slow(10, 1), slow(20, 2), slow(10, 3)], callback: sum } },
    shape: inPacks,
    operations: [
      { request: { type: "pause" }, atStartOf: "header[1]", afterSeconds: 5 },
      { request: { type: "resume", requestId: "operation-2" }, atStartOf: "header[1]", afterSeconds: 15 },
    ],
    status: "SUCCEEDED",
    value: 6,
  },
];

function settledChordWith(callback: object, ...header: readonly object[]): object {
  return { chord: { header, callback, when: "all-settled" } };
}
