/**
 * Explanations of shapes that no way of getting stuck needs: folded ranges, long chains, and what is right about a run.
 */
import { describe, expect, it } from "vitest";
import type { Workflow } from "../../../lib/model/workflow.ts";
import { explain } from "../../../lib/protocol/explain.ts";
import { foldNumbers } from "../../../lib/protocol/fold.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { createStage } from "../diagnose/stage.ts";
import { headOf, planOf } from "./support.ts";

const one = (value: number) => ({ task: "one", args: [value] });
const other = { task: "other", args: [1] };
const collect = { task: "collect" };

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

  it("is told by the cause of what is inside, in each chord around it", async () => {
    const { begin, deployment, check } = createStage();
    deployment.switches.unread.add("other");
    const inner = { chord: { header: [one(1), other], callback: collect } };
    await begin({ chord: { header: [one(1), inner], callback: collect } }, { seconds: 600 });
    const { issues } = await check();
    const command = "tutti worker --only tasks --tasks FILE";
    const outer = issues.find(({ joinId }) => joinId === ".");
    expect(outer).toMatchObject({ kind: "queue-not-read", fix: [command, expect.anything()] });
    expect(issues.find(({ joinId }) => joinId === "header[1]")).toMatchObject({ kind: "queue-not-read" });
    expect(outer?.missing).toMatchObject([{ taskId: "r/header[1]/callback", where: "inside" }]);
  });

  it("names the first 100 missing members one by one, and all of them in groups", async () => {
    const { begin, deployment, check } = createStage();
    deployment.switches.unread.add("other");
    const header = Array.from({ length: 250 }, (_, i) => (i === 7 ? one(i) : other));
    await begin({ group: header }, { seconds: 5 });
    const [wait] = (await check({ id: "r" })).waiting;
    expect(wait?.missing).toHaveLength(100);
    expect(wait).toMatchObject({ missingCount: 249, groups: [{ members: "[0..6,8..249]", count: 249 }] });
  });

  it("is no issue while it waits for a time that is recorded, however long", async () => {
    const { begin, check, pass } = createStage();
    await begin({ chain: [{ sleep: 86_400 }, one(1)] });
    await pass(7200);
    expect(await check()).toMatchObject({ healthy: true, runs: 1 });
    expect((await check({ id: "r" })).waiting).toMatchObject([{ kind: "waits-for-time" }]);
  });
});
