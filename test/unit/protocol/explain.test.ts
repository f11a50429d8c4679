/**
 * Explanations of shapes that no way of getting stuck needs: folded ranges, long chains, and what is right about a run.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import { explain } from "../../../lib/protocol/explain.ts";
import { foldNumbers } from "../../../lib/protocol/fold.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { headOf, planOf } from "./support.ts";

it.each([
  [[], ""],
  [[3], "3"],
  [[0, 1, 2], "0..2"],
  [[0, 2, 3, 9], "0,2..3,9"],
])("folds %j to %s", (numbers, text) => {
  expect(foldNumbers(numbers)).toBe(text);
});

describe("a run that waits", () => {
  it("is explained through a chain of any length", () => {
    const links = Array.from({ length: 20_000 }, () => ({ task: "a" }));
    const plan = planOf({ chord: { header: [{ chain: links }, { task: "b" }], callback: { task: "c" } } });
    const waits = explain(snapshotOf(headOf(), plan, []), 2000, { skewMs: 2000, visibilityMs: 60_000, facts: {} });
    expect(waits[0]?.missing[0]).toMatchObject({ path: "header[0]/[19999]", where: "inside" });
    expect(waits[0]?.missing[0]?.why).toContain("it waits for header[0]/[0], which is queued");
  });

  const settled: Workflow = { chord: { header: [{ task: "a" }], when: "all-settled" } };
  const early: Workflow[] = [{ chain: [{ task: "a" }, settled, settled] }];
  it.each<[string, string, Workflow]>([
    ["chord", "header[0]", { chord: { header: early, callback: { task: "c" } } }],
    ["group", "[0]", { group: early }],
  ])("for a chord that was revoked before its turn is told what that waits for: in a %s", (_, member, workflow) => {
    const lease = { a: 1, s: "L", d: 1, o: "worker", c: "token", u: 90_000, b: 2000 };
    const revoked = { a: 0, s: "REVOKED", o: "control", f: 2500, e: { n: "revoked", m: "by hand" } };
    const images = {
      [`node#${member}/[0]`]: { g: 1, s0: lease },
      [`tally#${member}/[1]#0#0`]: { g: 1, remaining: 0, s0: revoked },
      [`tally#${member}/[2]#0#0`]: { g: 1, remaining: 0, s0: revoked },
    };
    const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
    const snapshot = snapshotOf(headOf(), planOf(workflow), items);
    const [wait, ...others] = explain(snapshot, 3000, { skewMs: 2000, visibilityMs: 60_000, facts: {} });
    expect(others).toEqual([]);
    expect(wait).toMatchObject({ cause: "runs-long", arrived: 0, missing: [{ where: "inside", cause: "runs-long" }] });
    expect(wait?.missing[0]?.why).toContain(`it waits for ${member}/[0], which is running`);
  });
});
