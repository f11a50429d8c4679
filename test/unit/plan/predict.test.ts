import { describe, expect, it } from "vitest";
import { describePlan } from "../../../lib/plan/describe.ts";
import { predict } from "../../../lib/plan/predict.ts";
import { anyArgs, catalog, plan } from "./support.ts";

const a = { task: "a" };
const times = (count: number) => Array.from({ length: count }, () => a);
const tasks = new Map([
  ...catalog,
  ["other", { ...anyArgs, queue: "other" }],
  ["there", { ...anyArgs, queue: "there", outside: true as const }],
]);

describe("predict", () => {
  // Head 7, plan pages, then claims, commits and arrivals; requests: submit 3, and 3 a batch of ten.
  it.each([
    ["a task", a, 7 + 1 + 2, 6],
    ["a chain of 5, carried inline", { chain: times(5) }, 7 + 1 + 10, 6],
    ["a chain over two queues", { chain: [a, { task: "other" }, a] }, 7 + 1 + 6, 12],
    ["a chain from tenant to tenant", { chain: [a, { task: "a", fairnessKey: "b" }, a] }, 7 + 1 + 6, 12],
    ["a chain with a delay", { chain: [a, { task: "a", delaySeconds: 5 }] }, 7 + 1 + 4, 9],
    ["a chord of 4: one leaf", { chord: { header: times(4), callback: a } }, 7 + 1 + 8 + 2, 6],
    ["a chord of 12: three leaves and a top", { chord: { header: times(12), callback: a } }, 7 + 1 + 24 + 3 + 2, 9],
    ["a chord with an error callback, which does not run", { chord: { header: times(4), onError: a } }, 7 + 1 + 8, 6],
    ["a group in a group: its value is taken over by one write", { group: [a, { group: [a] }] }, 7 + 1 + 4 + 1, 9],
    ["two tasks that run elsewhere", { chain: [{ task: "there" }, { task: "there" }] }, 7 + 1 + 4, 3 + 2 * 9],
    ["an empty group", { group: [] }, 7 + 1, 3],
    // Its record and its end; a message of its own.
    ["a short sleep between two tasks", { chain: [a, { sleep: 900 }, a] }, 7 + 1 + 6, 3 + 3 + 3 + 3],
    // The head's due time and the sweeper's visit.
    ["a long sleep between two tasks", { chain: [a, { sleep: 901 }, a] }, 7 + 1 + 6 + 6, 3 + 3 + 3],
    // The same, and two writes more of its slot; the sweeper sends it.
    ["a long delay", { chain: [a, { task: "a", delaySeconds: 901 }] }, 7 + 1 + 4 + 8, 3 + 3 + 3],
  ])("%s", (_name, workflow, writeUnits, sqsRequests) => {
    expect(predict(plan(workflow, tasks))).toMatchObject({ writeUnits, sqsRequests });
  });

  it("counts a time to wait for by the time of the submit", () => {
    const workflow = plan({ chain: [a, { sleep: { until: "2026-12-01T08:00:00Z" } }, a] });
    const short = predict(plan({ chain: [a, { sleep: 60 }, a] }));
    expect(predict(workflow, Date.UTC(2026, 11, 1, 7))).toEqual(predict(plan({ chain: [a, { sleep: 3600 }, a] })));
    expect(predict(workflow, Date.UTC(2026, 11, 1, 7, 45))).toEqual(short);
    expect(predict(workflow, Date.UTC(2026, 11, 2))).toEqual(short);
    expect(predict(workflow)).toEqual(short);
  });

  it.each([1000, 10_000])("stays within 2.45 write units and 0.31 requests a member for %d members", (members) => {
    const { writeUnits, sqsRequests, usd } = predict(plan({ chord: { header: times(members), callback: a } }));
    expect(writeUnits / members).toBeLessThan(2.45);
    expect(sqsRequests / members).toBeLessThan(0.31);
    expect(usd).toBeCloseTo(writeUnits * 0.625e-6 + sqsRequests * 0.4e-6, 9);
  });

  it("costs a small part of that where ten members travel together", () => {
    const packed = { tasksPerMessage: () => 10 };
    const { writeUnits, sqsRequests } = predict(plan({ chord: { header: times(1000), callback: a } }, catalog, packed));
    // Claim, commit and arrival of each of 100 packs; head 7, callback 2, plan pages 20.
    expect(writeUnits).toBe(3 * 100 + 7 + 2 + 20);
    // The submit, and ten batches of ten packs.
    expect(sqsRequests).toBe(3 + 3 * 10);
  });

  it("counts the ranges of a long release", () => {
    const estimate = (messagesPerRange: number) => predict(plan({ group: times(1000) }, catalog, { messagesPerRange }));
    const [direct, ranges] = [estimate(1000), estimate(100)];
    expect(ranges.writeUnits - direct.writeUnits).toBe(2 * 10);
    expect(ranges.sqsRequests - direct.sqsRequests).toBe(3);
  });

  it("costs more for a small fan", () => {
    const units = (fan: number) => predict(plan({ group: times(1000) }, catalog, { leafSize: 4, fan })).writeUnits;
    expect(units(2)).toBeGreaterThan(units(16));
  });
});

describe("describePlan", () => {
  it("says what waits, and how long the run waits at least", () => {
    const chain = [a, { sleep: 60 }, { task: "a", at: "2026-12-01T08:00:00Z" }, { task: "a", delaySeconds: 5 }];
    const { nodes, waitSeconds } = describePlan(plan({ chain }), Date.UTC(2026, 11, 1, 7));
    expect(nodes.map(({ id, task, delaySeconds, at }) => [id, task, delaySeconds, at])).toEqual([
      ["[0]", "a", undefined, undefined],
      ["[1]", "sleep", 60, undefined],
      ["[2]", "a", undefined, "2026-12-01T08:00:00.000Z"],
      ["[3]", "a", 5, undefined],
    ]);
    expect(waitSeconds).toBe(3605);
  });

  it("lists nodes, and joins with what they wait for, outer ones first", () => {
    const described = describePlan(
      plan({
        chord: { header: [{ group: [a] }, { dag: { nodes: { x: a, y: a } } }], deadlineSeconds: "auto", callback: a },
      }),
    );
    expect(described.tasks).toBe(4);
    expect(described.nodes[0]).toEqual({
      id: "header[0]/[0]",
      task: "a",
      label: null,
      queue: "default",
      fairnessKey: null,
      softTimeoutSeconds: null,
      timeoutSeconds: 300,
      if: [],
    });
    const all = {
      when: "all-succeeded",
      count: null,
      cancelRest: false,
      hedgePercentile: null,
      deadlineSeconds: null,
      maxConcurrency: null,
      rounds: 1,
      if: [],
    };
    expect(described.joins).toEqual([
      { ...all, id: ".", kind: "chord", expected: 2, deadlineSeconds: 600 },
      { ...all, id: "header[0]", kind: "group", expected: 1 },
      { ...all, id: "header[1]@end", kind: "dag", expected: 2 },
    ]);
    expect(described.predicted).toEqual(
      predict(plan({ chord: { header: [{ group: [a] }, { dag: { nodes: { x: a, y: a } } }], callback: a } })),
    );
  });

  it("gives the counts of joins that are decided by one, in members and not in percent", () => {
    const header = [a, { chord: { header: [a, a, a], when: { quorum: 2 } } }, a];
    const { joins } = describePlan(plan({ chord: { header, when: { tolerate: { percent: 34 } } } }));
    expect(joins.map(({ id, when, count }) => [id, when, count])).toEqual([
      [".", "tolerate", 1],
      ["header[1]", "quorum", 2],
    ]);
  });

  it.each([
    // members, at once, pack, rounds
    [6, 2, 1, 3],
    [7, 2, 1, 4],
    [25, 4, 2, 7],
    [25, 5, 2, 7],
    [25, 3, 10, 9],
    [3, 3, 1, 1],
    [0, 3, 1, 0],
  ])(
    "says of %d members, %d at once in packs of %d, in how many rounds they run",
    (size, maxConcurrency, pack, rounds) => {
      const map = { each: a, over: new Array(size).fill(1), maxConcurrency };
      const { joins } = describePlan(plan({ map }, undefined, { tasksPerMessage: () => pack }));
      expect(joins).toMatchObject([{ id: ".", kind: "group", expected: size, maxConcurrency, rounds }]);
    },
  );
});

describe("predict, of a map with bounded concurrency", () => {
  it("sends the first of each lane together, and every later one by itself", () => {
    const map = { each: a, over: new Array(40).fill(1) };
    const all = predict(plan({ map }));
    const few = predict(plan({ map: { ...map, maxConcurrency: 10 } }));
    // The submit; then batches of ten; or one of ten and 30 of one.
    expect(all.sqsRequests).toBe(3 + 4 * 3);
    expect(few.sqsRequests).toBe(3 + 3 + 30 * 3);
    expect(few.writeUnits).toBe(all.writeUnits);
  });

  it("writes once more for each smaller pack", () => {
    const map = { each: a, over: new Array(40).fill(1) };
    const packs = { tasksPerMessage: () => 10 };
    const of = (more: object) => predict(plan({ map: { ...map, ...more } }, undefined, packs));
    // Packs of five: eight claims and commits of leaves half as large, and eight arrivals, where there were four.
    expect(of({ maxConcurrency: 5 }).writeUnits).toBe(of({}).writeUnits + 4 * 2 + 4);
  });
});
