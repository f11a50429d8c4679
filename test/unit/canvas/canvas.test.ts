import { describe, expect, it } from "vitest";
import { z } from "zod";
import { after, chain, chord, dag, group, map, sleep } from "../../../lib/canvas/canvas.ts";
import { literal, ref } from "../../../lib/canvas/reference.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { refusal } from "../plan/support.ts";

const resize = defineTask({ name: "resize", args: z.tuple([z.string(), z.int()]) }, () => null);
const collect = defineTask({ name: "collect", args: z.tuple([z.array(z.unknown()), z.string()]) }, () => null);
const report = defineTask({ name: "report", args: z.array(z.unknown()) }, () => null);

const document = (workflow: unknown) => JSON.parse(JSON.stringify(workflow)) as unknown;

describe("the canvas", () => {
  it.each([
    ["a task with arguments", resize.with("a.png", 200), { task: "resize", args: ["a.png", 200] }],
    ["a task without", report, { task: "report" }],
    ["a task bound to nothing", report.with(), { task: "report" }],
    ["an immutable one", resize.with("a", 1).immutable(), { task: "resize", args: ["a", 1], immutable: true }],
    [
      "one with options, the later ones on top",
      resize
        .with(1)
        .withOptions({ label: "x", queue: "q", delaySeconds: 1 })
        .withOptions({ label: "y", headers: { t: null }, retry: { maxAttempts: 1 } }),
      {
        task: "resize",
        args: [1],
        label: "y",
        queue: "q",
        delaySeconds: 1,
        headers: { t: null },
        retry: { maxAttempts: 1 },
      },
    ],
    [
      "one that starts at a time",
      report.with().withOptions({ at: "2026-12-01T08:00:00+01:00" }),
      { task: "report", at: "2026-12-01T08:00:00+01:00" },
    ],
    ["a sleep", chain(report, sleep(60)), { chain: [{ task: "report" }, { sleep: 60 }] }],
    [
      "a sleep until a time",
      sleep.until(new Date(Date.UTC(2026, 11, 1, 8))),
      { sleep: { until: "2026-12-01T08:00:00.000Z" } },
    ],
    ["the same, as text", sleep.until("2026-12-01T08:00:00+01:00"), { sleep: { until: "2026-12-01T08:00:00+01:00" } }],
    [
      "a chain",
      chain(report, resize.with(1), { task: "other" }),
      { chain: [{ task: "report" }, { task: "resize", args: [1] }, { task: "other" }] },
    ],
    ["a group", group([report, group([])]), { group: [{ task: "report" }, { group: [] }] }],
    [
      "a hedged group",
      group([report], { hedge: { afterPercentile: 95 } }),
      { group: [{ task: "report" }], hedge: { afterPercentile: 95 } },
    ],
    [
      "a hedged chord",
      chord([report], undefined, { hedge: { afterPercentile: 90 } }),
      { chord: { header: [{ task: "report" }], hedge: { afterPercentile: 90 } } },
    ],
    [
      "a hedged map",
      map(report, { over: [1], hedge: { afterPercentile: 50 } }),
      { map: { each: { task: "report" }, over: [1], hedge: { afterPercentile: 50 } } },
    ],
    ["a map", map(resize.with(200)), { map: { each: { task: "resize", args: [200] } } }],
    [
      "a map over a list",
      map(report, { over: [1, { $result: "x" }], maxConcurrency: 5 }),
      { map: { each: { task: "report" }, over: [1, { $result: "x" }], maxConcurrency: 5 } },
    ],
    [
      "a chord over a map",
      chord(map(report, { over: ref("list", "items") }), collect.with("run")),
      {
        chord: {
          header: { map: { each: { task: "report" }, over: { $result: "list", path: "items" } } },
          callback: { task: "collect", args: ["run"] },
        },
      },
    ],
    ["a chord without callback", chord([report]), { chord: { header: [{ task: "report" }] } }],
    ["a map", map(resize.with(200), { over: ["a"] }), { map: { each: { task: "resize", args: [200] }, over: ["a"] } }],
    [
      "a map with bounded concurrency, as a header",
      chord(map(chain(report), { over: [{ a: 1 }, null], maxConcurrency: 2 }), collect.with("run")),
      {
        chord: {
          header: { map: { each: { chain: [{ task: "report" }] }, over: [{ a: 1 }, null], maxConcurrency: 2 } },
          callback: { task: "collect", args: ["run"] },
        },
      },
    ],
    [
      "a chord with everything",
      chord(
        ["a", "b"].map((name) => resize.with(name, 1)),
        collect.with("run"),
        {
          when: "all-settled",
          deadlineSeconds: { auto: { workers: 2 } },
          onError: report.with("ops"),
        },
      ),
      {
        chord: {
          header: [
            { task: "resize", args: ["a", 1] },
            { task: "resize", args: ["b", 1] },
          ],
          callback: { task: "collect", args: ["run"] },
          when: "all-settled",
          deadlineSeconds: { auto: { workers: 2 } },
          onError: { task: "report", args: ["ops"] },
        },
      },
    ],
    [
      "a dag",
      dag({
        nodes: {
          fetch: report.with("url"),
          first: resize.with(ref("fetch", "items[0].id"), 1),
          last: after(["first", "fetch"], chain(report.with(literal({ $result: "no" }), [ref("first")]))),
        },
        output: "last",
      }),
      {
        dag: {
          nodes: {
            fetch: { task: "report", args: ["url"] },
            first: { task: "resize", args: [{ $result: "fetch", path: "items[0].id" }, 1] },
            last: {
              chain: [{ task: "report", args: [{ $literal: { $result: "no" } }, [{ $result: "first" }]] }],
              after: ["first", "fetch"],
            },
          },
          output: "last",
        },
      },
    ],
  ])("writes %s in the grammar of requests", (_name, workflow, expected) => {
    expect(document(workflow)).toEqual(expected);
    expect(parseWorkflowDocument(document(workflow))).toEqual(expected);
  });

  it("leaves a signature as it is when another is made of it", () => {
    const plain = resize.with("a", 1);
    plain.immutable();
    plain.withOptions({ label: "x" });
    expect(plain.toJSON()).toEqual({ task: "resize", args: ["a", 1] });
  });

  it("writes a map over what is known at run time alone", () => {
    expect(document(map(report))).toEqual({ map: { each: { task: "report" } } });
    expect(document(map(report, { over: ref("urls", "items") }))).toEqual({
      map: { each: { task: "report" }, over: { $result: "urls", path: "items" } },
    });
  });

  it("refuses items that JSON cannot hold", () => {
    expect(refusal(() => map(report, { over: [1, { a: Number.NaN }] })).path).toBe("over[1].a");
  });

  it("refuses references that cannot be one", () => {
    expect(refusal(() => ref("a/b"))).toEqual({ path: "ref", value: "a/b", rule: "must be the name of a dag node" });
    expect(refusal(() => ref("a", "b..c"))).toEqual({
      path: "ref",
      value: "b..c",
      rule: "must be a path such as items[0].id",
    });
  });
});
