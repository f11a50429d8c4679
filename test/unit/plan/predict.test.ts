import { describe, expect, it } from "vitest";
import { describePlan } from "../../../lib/plan/describe.ts";
import { predict } from "../../../lib/plan/predict.ts";
import { anyArgs, catalog, plan } from "./support.ts";

const a = { task: "a" };
const times = (count: number) => Array.from({ length: count }, () => a);
const tasks = new Map([...catalog, ["other", { ...anyArgs, queue: "other" }]]);

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
    ["an empty group", { group: [] }, 7 + 1, 3],
  ])("%s", (_name, workflow, writeUnits, sqsRequests) => {
    expect(predict(plan(workflow, tasks))).toMatchObject({ writeUnits, sqsRequests });
  });

  it.each([1000, 10_000])("stays within 2.45 write units and 0.31 requests a member for %d members", (members) => {
    const { writeUnits, sqsRequests, usd } = predict(plan({ chord: { header: times(members), callback: a } }));
    expect(writeUnits / members).toBeLessThan(2.45);
    expect(sqsRequests / members).toBeLessThan(0.31);
    expect(usd).toBeCloseTo(writeUnits * 0.625e-6 + sqsRequests * 0.4e-6, 9);
  });

  it("costs a small part of that where ten members travel together", () => {
    const packed = { tasksPerInvocation: () => 10 };
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
    expect(described.joins).toEqual([
      {
        id: ".",
        kind: "chord",
        when: "all-succeeded",
        count: null,
        cancelRest: false,
        expected: 2,
        deadlineSeconds: 600,
        if: [],
      },
      {
        id: "header[0]",
        kind: "group",
        when: "all-succeeded",
        count: null,
        cancelRest: false,
        expected: 1,
        deadlineSeconds: null,
        if: [],
      },
      {
        id: "header[1]@end",
        kind: "dag",
        when: "all-succeeded",
        count: null,
        cancelRest: false,
        expected: 2,
        deadlineSeconds: null,
        if: [],
      },
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
});
