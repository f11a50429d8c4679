/**
 * What `check` tells of runs that wait: each chord by the cause of what is inside, many members in groups, and what is no issue.
 */
import { describe, expect, it } from "vitest";
import { createStage, issueOf } from "./stage.ts";

const one = (value: number) => ({ task: "one", args: [value] });
const other = { task: "other", args: [1] };
const collect = { task: "collect" };

describe("a run that waits", () => {
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

  it("for an end that nobody has recorded, or for what a failure leads to, is an issue, and mended by what is printed", async () => {
    for (const workflow of [one(1), { task: "brokenOnce" }]) {
      const { begin, deployment, check, killAt, type } = createStage();
      killAt("head.end");
      await begin(workflow, { seconds: 5 });
      const issue = issueOf(await check(), "not-driven");
      for (const command of issue.fix) await type(command);
      await deployment.advance(5);
      expect(await check()).toMatchObject({ healthy: true, runs: 0 });
    }
  });
});
