/**
 * How long a plan waits, sleeps in it, and the deadlines that have to leave room for that.
 */
import { describe, expect, it } from "vitest";
import type { SubmitRequest } from "../../../lib/model/request.ts";
import { compile } from "../../../lib/plan/compile.ts";
import { parseDocument } from "../../../lib/plan/parse-request.ts";
import { longestWaitMs } from "../../../lib/plan/waits.ts";
import { catalog, node, plan, refusal, slot } from "./support.ts";

const nowMs = Date.UTC(2026, 10, 21, 8);
const a = { task: "a" };
const sleep = (seconds: number) => ({ sleep: seconds });
const days = 86_400;

/** A request as it would come from outside, submitted now. */
function compiled(workflow: object, around: Partial<SubmitRequest> = {}) {
  return compile(parseDocument({ tutti: 1, type: "submit", ...around, workflow }), catalog, { nowMs });
}

describe("a sleep in a plan", () => {
  it("is a node without task, queue and attempts", () => {
    expect(plan({ chain: [a, sleep(60), a] }).nodes["[1]"]).toMatchObject({
      task: "sleep",
      queue: "",
      sleep: true,
      delaySeconds: 60,
      input: node("[0]"),
      next: [node("[2]")],
    });
    expect(plan({ sleep: { until: "2026-12-01T08:00:00+01:00" } }).nodes.sleep).toMatchObject({
      sleep: true,
      notBeforeMs: Date.UTC(2026, 11, 1, 7),
      input: null,
      next: [{ kind: "end" }],
    });
  });

  it("gives on what came before it: a task gets the result before the sleep", () => {
    const { nodes } = plan({ chain: [a, sleep(1), { chain: [sleep(2), sleep(3)] }, a] });
    expect(nodes["[3]"]?.input).toEqual(node("[0]"));
    expect(nodes["[2]/[1]"]?.input).toEqual(node("[0]"));
  });

  it("gives on nothing where nothing came before", () => {
    expect(plan({ chain: [sleep(1), a] }).nodes["[1]"]?.input).toBeNull();
  });

  it("feeds a header by a slot of its own, and travels alone", () => {
    const { nodes, releases } = plan({ group: [a, sleep(1), a] }, catalog, { tasksPerMessage: () => 10 });
    expect(nodes["[1]"]?.slot).toEqual({ join: ".", index: 1 });
    expect(releases["."]).toEqual([{ kind: "pack", join: ".", members: [0, 2] }, node("[1]")]);
  });

  it("is passed over when a run says which task gives its value", () => {
    expect(plan({ chain: [a, sleep(1)] })).toMatchObject({ output: node("[1]"), callback: "[0]" });
    expect(plan(sleep(1)).callback).toBeNull();
  });

  it("leaves the task after it the limits of a callback", () => {
    const callback = { chain: [sleep(1), a, a] };
    const { nodes } = plan({ chord: { header: [a], callback } });
    expect([1, 2].map((i) => nodes[`callback/[${i}]`]?.timeoutSeconds)).toEqual([900, 300]);
  });

  it("joins in a dag", () => {
    const { nodes, joins } = plan({
      dag: { nodes: { x: a, nap: { ...sleep(1), after: ["x"] }, y: { ...a, after: ["x", "nap"] } } },
    });
    expect(nodes.nap?.slot).toEqual({ join: "y@after", index: 1 });
    expect(nodes.x?.next).toEqual([node("nap"), slot("y@after", 0)]);
    expect(joins["y@after"]?.size).toBe(2);
  });
});

describe("at", () => {
  it("is a time in the plan, whatever its zone", () => {
    const { nodes } = plan({ task: "a", at: "2026-12-01T08:00:00+01:00" });
    expect(nodes.task?.notBeforeMs).toBe(Date.UTC(2026, 11, 1, 7));
  });

  it("is refused beside a delay, in an error callback too", () => {
    const both = { task: "a", at: "2026-12-01T08:00:00Z", delaySeconds: 5 };
    const rule = "must not be beside delaySeconds: a task has one of the two";
    expect(refusal(() => plan({ chain: [both] }))).toMatchObject({ path: "workflow.chain[0].at", rule });
    const onError = both;
    expect(refusal(() => plan({ chord: { header: [a], onError } }))).toMatchObject({
      path: "workflow.chord.onError.at",
      rule,
    });
  });
});

describe("longestWaitMs", () => {
  it.each([
    ["tasks", { chain: [a, a] }, 0],
    ["the links of a chain, one after the other", { chain: [a, sleep(10), { ...a, delaySeconds: 5 }] }, 15],
    ["the slowest member, then the callback", { chord: { header: [sleep(10), sleep(30)], callback: sleep(7) } }, 37],
    [
      "the slowest parents of a dag",
      { dag: { nodes: { x: sleep(10), y: sleep(4), z: { ...sleep(1), after: ["x", "y"] } } } },
      11,
    ],
    ["a time", { chain: [sleep(10), { sleep: { until: "2026-11-21T08:01:00Z" } }, sleep(5)] }, 65],
    ["a time that is past when its turn comes", { chain: [sleep(90), { ...a, at: "2026-11-21T08:01:00Z" }] }, 90],
    ["no error callback", { chord: { header: [sleep(10)], onError: { ...a, delaySeconds: 99 } } }, 10],
    [
      "a member of a pack, a chain and an empty group",
      { chain: [{ group: [a, a, { chain: [a, sleep(3)] }] }, { group: [] }, sleep(2)] },
      5,
    ],
  ])("counts %s", (_, workflow, seconds) => {
    expect(longestWaitMs(plan(workflow), nowMs)).toBe(seconds * 1000);
  });
});

describe("a deadline that leaves no room for a wait is refused", () => {
  it.each([
    [
      "of the run",
      { chain: [a, sleep(60)] },
      { deadlineSeconds: 60 },
      "workflow.chain[1].sleep",
      "must be over before the run's deadlineSeconds of 60: with what it waits for it takes 60 s at least",
    ],
    [
      "of the run, by the sum of the waits on one path",
      { chain: [sleep(40), { ...a, delaySeconds: 30 }] },
      { deadlineSeconds: 60 },
      "workflow.chain[1].delaySeconds",
      "must be over before the run's deadlineSeconds of 60: with what it waits for it takes 70 s at least",
    ],
    [
      "of the run, by a time",
      { ...a, at: "2026-11-21T09:00:00Z" },
      { deadlineSeconds: 3600 },
      "workflow.at",
      "must be over before the run's deadlineSeconds of 3600: with what it waits for it takes 3600 s at least",
    ],
    [
      "of a chord",
      { chord: { header: [a, { chain: [a, sleep(60)] }], deadlineSeconds: 60 } },
      {},
      "workflow.chord.deadlineSeconds",
      "must be above 60: its members wait that long",
    ],
    [
      "the longest there is",
      { chain: [sleep(200 * days), sleep(166 * days)] },
      {},
      "workflow.chain[1].sleep",
      `must be over ${365 * days} s after the submit at the latest, with what it waits for: it would be after ${366 * days} s`,
    ],
    [
      "the longest there is, by a time",
      { sleep: { until: "2028-01-01T00:00:00Z" } },
      {},
      "workflow.sleep.until",
      expect.stringMatching(/^must be over 31536000 s after the submit/),
    ],
    [
      "the longest there is, of an error callback",
      { chord: { header: [a], onError: { ...a, at: "2028-01-01T00:00:00Z" } } },
      {},
      "workflow.chord.onError.at",
      expect.stringMatching(/^must be over 31536000 s after the submit/),
    ],
  ])("%s", (_, workflow, around, path, rule) => {
    expect(refusal(() => compiled(workflow, around))).toMatchObject({ path, rule });
  });

  it("and one second more is enough", () => {
    const inChord = { chord: { header: [sleep(59)], deadlineSeconds: 60 } };
    expect(compiled({ chain: [inChord] }, { deadlineSeconds: 60 }).joins["[0]"]?.deadlineSeconds).toBe(60);
  });

  it("but the time before its header is released is no wait of a chord", () => {
    const chord = { chord: { header: [sleep(5)], deadlineSeconds: 60 } };
    expect(() => compiled({ chain: [sleep(100), chord, sleep(100)] })).not.toThrow();
  });

  it("and an error callback may start after the end", () => {
    const onError = { ...a, delaySeconds: 3600 };
    expect(() =>
      compiled({ chord: { header: [a], onError, deadlineSeconds: 60 } }, { deadlineSeconds: 60 }),
    ).not.toThrow();
  });
});

it('gives a chord with the deadline "auto" the time its members wait', () => {
  const { joins } = compiled({ chord: { header: [a, sleep(3000)], deadlineSeconds: "auto" } });
  expect(joins["."]?.deadlineSeconds).toBe(3600);
});
