/**
 * Scenarios of members that get a second copy: what either of the two comes to, and when.
 */
import { onError, one, ones, type Scenario, sum } from "./scenario-parts.ts";

/** What each attempt does: how long it takes, and how it ends. What is not listed succeeds at once. */
type Script = readonly (readonly [seconds: number, end: "ok" | "fails" | "dies"])[];
const member = (value: number, ...script: Script) => ({ task: "hedged", args: [value, ...script] });
const hedge = { afterPercentile: 75 };
const inPacks = { tasksPerMessage: () => 10 };
const levels = { leafSize: 2, fan: 2 };
/** The first begins, three quarters end at once, and the first is what it is. */
const chord = (last: object, more: object = {}) => ({
  chord: { header: [last, ...ones(3)], callback: sum, hedge, ...more },
});
const value = 10;
const status = "SUCCEEDED";

export const hedgeScenarios: readonly Scenario[] = [
  { name: "hedge: copy wins", workflow: chord(member(4, [300, "ok"], [5, "ok"])), status, value },
  { name: "hedge: original wins", workflow: chord(member(4, [40, "ok"], [300, "ok"])), status, value },
  { name: "hedge: both at once", workflow: chord(member(4, [40, "ok"], [40, "ok"])), status, value },
  {
    name: "hedge: original fails while its copy works",
    workflow: chord(member(4, [20, "fails"], [60, "ok"])),
    status,
    value,
  },
  {
    name: "hedge: original fails, and its copy works for long",
    workflow: chord(member(4, [20, "fails"], [400, "ok"])),
    status,
    value,
  },
  { name: "hedge: copy fails", workflow: chord(member(4, [60, "ok"], [1, "fails"])), status, value },
  {
    name: "hedge: copy fails, then the original",
    workflow: chord(member(4, [20, "fails"], [1, "fails"])),
    status,
    value,
  },
  {
    name: "hedge: original fails, then its copy",
    workflow: chord(member(4, [10, "fails"], [40, "fails"])),
    settings: { visibilitySeconds: 300 },
    status,
    value,
  },
  { name: "hedge: original dies", workflow: chord(member(4, [20, "dies"], [100, "ok"])), status, value },
  {
    name: "hedge: original dies, its copy comes late",
    workflow: chord(member(4, [20, "dies"], [300, "ok"], [300, "ok"])),
    base: [{ site: "slot.claim-beside", mode: "paused" }],
    settings: { visibilitySeconds: 300 },
    sweeper: true,
    status,
    value,
  },
  {
    name: "hedge: original dies, its copy is quick",
    workflow: chord(member(4, [20, "dies"], [5, "ok"], [400, "ok"])),
    status,
    value,
  },
  { name: "hedge: copy dies", workflow: chord(member(4, [100, "ok"], [5, "dies"])), status, value },
  {
    name: "hedge: copy dies, then the original fails",
    workflow: chord(member(4, [100, "fails"], [5, "dies"])),
    status,
    value,
  },
  { name: "hedge: both die", workflow: chord(member(4, [20, "dies"], [25, "dies"])), status, value },
  {
    name: "hedge: copy dies in the place of the original",
    workflow: chord(member(4, [10, "fails"], [40, "dies"])),
    status,
    value,
  },
  {
    name: "hedge: in a pack",
    workflow: chord(member(4, [200, "ok"], [5, "ok"])),
    shape: inPacks,
    status,
    value,
  },
  {
    name: "hedge: two in a pack",
    workflow: {
      chord: {
        header: [member(4, [20, "dies"], [60, "ok"]), member(5, [100, "ok"], [60, "ok"]), ...ones(3), ...ones(4)],
        callback: sum,
        hedge,
      },
    },
    shape: inPacks,
    status,
    value: 25,
  },
  {
    name: "hedge: on three levels",
    workflow: {
      chord: {
        header: [member(4, [200, "ok"], [5, "ok"]), ...ones(3), member(4, [20, "fails"], [60, "ok"]), ...ones(3)],
        callback: sum,
        hedge,
      },
    },
    shape: levels,
    status,
    value: 20,
  },
  {
    name: "hedge: a group, all at work at once",
    workflow: {
      chain: [
        { group: ones(3).map(({ args: [n] }) => member(n as number, [40, "ok"])), hedge: { afterPercentile: 50 } },
        sum,
      ],
    },
    shape: levels,
    status,
    value: 6,
  },
  {
    name: "hedge: a map of chains",
    workflow: {
      chord: {
        header: {
          map: {
            each: { chain: [{ task: "one" }, { task: "hedged", args: [[2, "ok"]] }] },
            over: [1, 2, 3, 4],
            hedge,
          },
        },
        callback: sum,
      },
    },
    status,
    value,
  },
  {
    name: "hedge: a map over a result",
    workflow: {
      chain: [{ task: "list", args: [4, 1] }, { map: { each: { task: "hedged", args: [[2, "ok"]] }, hedge } }, sum],
    },
    sweeper: true,
    status,
    value,
  },
  {
    name: "hedge: all-settled with a failure",
    workflow: {
      chord: {
        header: [member(4, [200, "ok"], [5, "ok"]), one(1), { task: "fails" }, one(3)],
        callback: { task: "outcomes" },
        when: "all-settled",
        hedge,
      },
    },
    status,
    value: [4, 1, "FAILED", 3],
  },
  {
    name: "hedge: tolerated failures",
    workflow: {
      chord: {
        header: [
          one(1),
          { task: "fails" },
          one(3),
          member(4, [20, "fails"], [60, "ok"]),
          one(5),
          one(6),
          one(7),
          one(8),
        ],
        callback: { task: "outcomes" },
        when: { tolerate: { count: 1 } },
        hedge,
      },
    },
    shape: levels,
    status,
    value: [1, "FAILED", 3, 4, 5, 6, 7, 8],
  },
  {
    name: "hedge: quorum that ends both",
    workflow: chord(member(4, [300, "ok"], [300, "ok"]), {
      header: [member(4, [300, "ok"], [300, "ok"]), member(5, [60, "ok"], [60, "ok"]), ...ones(3)],
      callback: { task: "outcomes" },
      when: { quorum: 4 },
      hedge: { afterPercentile: 60 },
      cancelRest: true,
    }),
    sweeper: true,
    status,
    open: true,
  },
  {
    name: "hedge: chord deadline while both are at work",
    workflow: chord(member(4, [300, "ok"], [300, "ok"]), { deadlineSeconds: 60, onError }),
    sweeper: true,
    status: "FAILED",
    open: true,
  },
  {
    name: "hedge: revoke of a member while both are at work",
    workflow: {
      chord: {
        header: [member(4, [300, "ok"], [300, "ok"]), ...ones(3)],
        callback: { task: "outcomes" },
        when: "all-settled",
        hedge,
      },
    },
    operations: [{ atStartOf: "header[0]", afterSeconds: 40, request: { type: "revoke", path: "header[0]" } }],
    sweeper: true,
    status,
    open: true,
  },
  {
    name: "hedge: retry while both are at work",
    workflow: {
      chord: {
        header: [member(5, [700, "ok"], [700, "ok"]), { task: "mendedAfter", args: [6, 50] }, ...ones(4)],
        callback: sum,
        hedge: { afterPercentile: 50 },
      },
    },
    operations: [{ atStartOf: "header[1]", afterSeconds: 350, request: { type: "retry" } }],
    sweeper: true,
    status,
    open: true,
  },
  {
    name: "hedge: budget for a copy",
    workflow: chord(member(4, [300, "ok"], [5, "ok"])),
    request: { budget: { maxAttemptsTotal: 60 } },
    status,
    value,
  },
  {
    name: "hedge: message of the copy given up",
    workflow: chord(member(4, [100, "ok"], [5, "ok"])),
    base: [{ site: "slot.claim-beside", mode: "crash-after" }],
    maxReceiveCount: 1,
    sweeper: true,
    status,
    value,
  },
  {
    name: "hedge: original dies, message gone",
    workflow: chord(member(4, [20, "dies"], [100, "ok"])),
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status,
    value,
  },
  {
    name: "hedge: original dies, message dead-lettered",
    workflow: chord(member(4, [20, "dies"], [100, "ok"])),
    maxReceiveCount: 1,
    sweeper: true,
    status,
    value,
  },
  {
    name: "hedge: not asked for, message gone",
    workflow: chord(member(4, [40, "ok"])),
    base: [{ site: "hedge.send", mode: "lost" }],
    status,
    value,
  },
];
