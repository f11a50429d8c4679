/**
 * Fairness keys in requests and plans: what is taken, whose work a task is, and what travels together.
 */
import { describe, expect, it } from "vitest";
import { compile } from "../../../lib/plan/compile.ts";
import { parseDocument } from "../../../lib/plan/parse-request.ts";
import { anyArgs, catalog, refusal } from "./support.ts";

const request = (more: object) => parseDocument({ tutti: 1, type: "submit", workflow: { task: "a" }, ...more });
const known = new Map([...catalog, ["other", { ...anyArgs, queue: "other" }]]);
const compiled = (more: object) => compile(request(more), known, { tasksPerMessage: () => 10 });

describe("a fairness key", () => {
  it.each(["a", "tenant-1", "!~", "a/b#c@d:e{}", "x".repeat(128)])("may be %s", (fairnessKey) => {
    expect(request({ fairnessKey }).fairnessKey).toBe(fairnessKey);
    expect(compiled({ workflow: { task: "a", fairnessKey } }).nodes.task?.fairnessKey).toBe(fairnessKey);
  });

  it.each(["", "two words", "grün", "a\n", "x".repeat(129)])("may not be %j: SQS would refuse it", (fairnessKey) => {
    const rule = "must be 1 to 128 letters, digits and punctuation marks of ASCII, without spaces";
    expect(refusal(() => request({ fairnessKey }))).toEqual({ path: "fairnessKey", value: fairnessKey, rule });
    expect(refusal(() => request({ workflow: { task: "a", fairnessKey } }))).toMatchObject({
      path: "workflow.fairnessKey",
      rule,
    });
  });

  it("of a task goes before that of the request, which holds for every other, error callbacks included", () => {
    const { nodes, fairnessKey } = compiled({
      fairnessKey: "acme",
      workflow: {
        chord: {
          header: [{ task: "a" }, { task: "a", fairnessKey: "b" }],
          callback: { task: "a" },
          onError: { task: "a" },
        },
      },
    });
    const keys = Object.values(nodes).map((node) => [node.id, node.fairnessKey]);
    expect(Object.fromEntries(keys)).toEqual({
      "header[0]": "acme",
      "header[1]": "b",
      callback: "acme",
      onError: "acme",
    });
    expect(fairnessKey).toBe("acme");
  });

  it("leaves no trace in a plan where nobody has one", () => {
    const plan = compiled({});
    expect(plan).not.toHaveProperty("fairnessKey");
    expect(plan.nodes.task).not.toHaveProperty("fairnessKey");
  });
});

describe("members of a group", () => {
  const packs = (header: readonly object[], more: object = {}) =>
    compiled({ workflow: { group: header }, ...more }).releases["."];
  const pack = (...members: number[]) => ({ kind: "pack", join: ".", members });
  const of = (fairnessKey: string, queue = "default") => ({ task: "a", queue, fairnessKey });

  it("travel together for one tenant, and apart for two", () => {
    expect(packs([of("a"), of("b"), of("a"), of("b")])).toEqual([pack(0, 2), pack(1, 3)]);
    expect(packs([of("a"), { task: "a" }, { task: "a" }], { fairnessKey: "a" })).toEqual([pack(0, 1, 2)]);
    expect(packs([of("a"), { task: "a" }, { task: "a" }])).toEqual([{ kind: "node", node: "[0]" }, pack(1, 2)]);
  });

  it("travel together on one queue alone", () => {
    expect(packs([of("a"), of("a", "other"), of("a"), of("a", "other")])).toEqual([pack(0, 2), pack(1, 3)]);
  });
});
