/**
 * Properties of every plan (S2, S21).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { CompileOptions } from "../../../lib/plan/compile.ts";
import { predict } from "../../../lib/plan/predict.ts";
import type { Failure, Next, Plan, Source } from "../../../lib/plan/types.ts";
import { runPlan, valueByDocument } from "./interpreter.ts";
import { tasksIn, workflows } from "./random-workflows.ts";
import { compiled, unpacked } from "./support.ts";

const check = (property: (workflow: Workflow, plan: Plan, options: CompileOptions) => void) =>
  fc.assert(
    fc.property(workflows, fc.integer({ min: 1, max: 10 }), (workflow, tasks) => {
      const options = { tasksPerMessage: () => tasks };
      property(workflow, compiled(workflow, undefined, options), options);
    }),
    { numRuns: 300 },
  );

/** Everything that is set in motion or decided somewhere. */
function allNext(plan: Plan): readonly Next[] {
  return [
    ...plan.start,
    ...unpacked(plan, Object.values(plan.releases).flat()),
    ...Object.values(plan.nodes).flatMap((node) => node.next),
    ...Object.values(plan.joins).flatMap((join) => join.next),
  ];
}

function allSources(plan: Plan): readonly Source[] {
  const given = [
    plan.output,
    ...Object.values(plan.members).flat(),
    ...Object.values(plan.nodes).flatMap((node) => [node.input, ...Object.values(node.results ?? {})]),
    ...Object.values(plan.joins).map((join) => join.releasedBy),
  ].filter((source) => source !== null);
  const flat = (source: Source): readonly Source[] =>
    source.kind === "object" ? source.entries.flatMap(([, of]) => flat(of)) : [source];
  return given.flatMap(flat);
}

/**
 * Where a failure goes, told from the path alone: out of header after header, until one takes it as an outcome.
 */
function failureByPath(plan: Plan, path: string): Failure {
  const steps = path === "." || path === "task" ? [] : path.split("/");
  const decide: string[] = [];
  for (let at = steps.length - 1; at >= 0; at--) {
    const id = steps.slice(0, at).join("/") || ".";
    const join = plan.joins[id];
    const member = /^(header)?\[(\d+)\]$/.exec(steps[at] as string);
    if (!join || member === null || (member[1] === "header") !== (join.kind === "chord")) continue;
    if (join.when === "all-settled") return { decide, then: { kind: "slot", join: id, index: Number(member[2]) } };
    decide.push(id);
  }
  return { decide, then: { kind: "head" } };
}

describe("every plan", { timeout: 60_000 }, () => {
  it("P1: has one node for each task, under its own id, and members, releases and sizes that agree", () => {
    check((workflow, plan) => {
      expect(Object.keys(plan.nodes)).toHaveLength(tasksIn(workflow));
      for (const [id, node] of Object.entries(plan.nodes)) expect(node.id).toBe(id);
      for (const [id, join] of Object.entries(plan.joins)) {
        expect(join.id).toBe(id);
        expect(plan.members[id]).toHaveLength(join.size);
      }
      expect(Object.keys(plan.members).sort()).toEqual(Object.keys(plan.joins).sort());
      expect(Object.keys(plan.releases).sort()).toEqual(Object.keys(plan.joins).sort());
    });
  });

  it("P2: refers to nothing that is not there", () => {
    check((_workflow, plan) => {
      for (const next of allNext(plan)) {
        if (next.kind === "node") expect(plan.nodes).toHaveProperty([next.node]);
        if (next.kind === "join" || next.kind === "slot") expect(plan.joins).toHaveProperty([next.join]);
      }
      for (const source of allSources(plan)) {
        if (source.kind === "node") expect(plan.nodes).toHaveProperty([source.node]);
        if (source.kind === "join" || source.kind === "failures") expect(plan.joins).toHaveProperty([source.join]);
      }
      for (const { failure } of [...Object.values(plan.nodes), ...Object.values(plan.joins)]) {
        for (const id of failure.decide) expect(plan.joins).toHaveProperty([id]);
        if (failure.then.kind === "slot")
          expect(plan.joins[failure.then.join]?.size).toBeGreaterThan(failure.then.index);
      }
    });
  });

  it("P3: feeds every slot exactly once, and ends exactly once", () => {
    check((_workflow, plan) => {
      const next = allNext(plan);
      const fed = [
        ...Object.values(plan.nodes).flatMap((node) => (node.slot === null ? [] : [node.slot])),
        ...next.flatMap((one) => (one.kind === "slot" ? [one] : [])),
      ].map(({ join, index }) => `${join} ${index}`);
      const slots = Object.values(plan.joins).flatMap(({ id, size }) =>
        Array.from({ length: size }, (_, i) => `${id} ${i}`),
      );
      expect(fed.sort()).toEqual(slots.sort());
      expect(next.filter((one) => one.kind === "end")).toHaveLength(1);
    });
  });

  it("P4: gives a node a place in a join only where that is all it feeds, and its value is the member's", () => {
    check((_workflow, plan) => {
      for (const node of Object.values(plan.nodes)) {
        if (node.slot === null) continue;
        expect(node.next).toEqual([]);
        expect(plan.members[node.slot.join]?.[node.slot.index]).toEqual({ kind: "node", node: node.id });
      }
    });
  });

  it("P5: starts every task once and when what it needs is there, and gives the value the document means", () => {
    check((workflow, plan) => {
      const run = runPlan(plan);
      const expected = Object.values(plan.nodes).filter((node) => !node.afterEnd);
      expect([...run.ran].sort()).toEqual(expected.map(({ id }) => id).sort());
      expect([...run.decided].sort()).toEqual(Object.keys(plan.joins).sort());
      const headers = Object.values(plan.joins).filter(({ kind }) => kind !== "dag");
      expect([...run.released].sort()).toEqual(headers.map(({ id }) => id).sort());
      expect(run.ends).toBe(1);
      expect(run.value).toEqual(valueByDocument(workflow));
    });
  });

  it("P6: sends a failure out of header after header, to the first that takes it as an outcome, else to the head", () => {
    check((_workflow, plan) => {
      for (const node of Object.values(plan.nodes)) {
        const expected = node.afterEnd ? { decide: [], then: { kind: "none" } } : failureByPath(plan, node.id);
        expect(node.failure).toEqual(expected);
      }
      for (const join of Object.values(plan.joins)) {
        expect(join.failure).toEqual(failureByPath(plan, join.id.replace(/@(after|end)$/, "")));
        expect(join.afterEnd).toBe(false);
      }
    });
  });

  it("P7: marks error callbacks, and nothing else, as able to start after the end", () => {
    check((_workflow, plan) => {
      const callbacks = Object.values(plan.joins).flatMap(({ onError }) => (onError === null ? [] : [onError]));
      const marked = Object.values(plan.nodes).filter((node) => node.afterEnd);
      expect(marked.map(({ id }) => id).sort()).toEqual(callbacks.sort());
      for (const node of marked) expect([node.slot, node.next, node.input?.kind]).toEqual([null, [], "failures"]);
    });
  });

  it("P8: is plain JSON, and the same for the same document", () => {
    check((workflow, plan, options) => {
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      expect(compiled(structuredClone(workflow), undefined, options)).toEqual(plan);
    });
  });

  it("P9: has a finite estimate of two writes at least for each pack and each task that is in none", () => {
    check((_workflow, plan) => {
      const { writeUnits, sqsRequests, usd } = predict(plan);
      const tasks = Object.values(plan.nodes).filter((node) => !node.afterEnd).length;
      const packs = Object.values(plan.releases).flatMap((list) => list.filter((start) => start.kind === "pack"));
      const packed = packs.reduce((sum, { members }) => sum + members.length, 0);
      expect(Number.isInteger(writeUnits) && Number.isInteger(sqsRequests) && usd > 0).toBe(true);
      expect(writeUnits).toBeGreaterThanOrEqual(2 * (tasks - packed + packs.length));
    });
  });
});
