/**
 * Every way to get stuck: made to happen, named rightly, and mended by the command that was printed.
 */
import { describe, expect, it } from "vitest";
import { checkReportSchema } from "../../../lib/model/operating-reports.ts";
import { createStage, issueOf, run, type Stage } from "./stage.ts";
import { type Way, ways } from "./ways.ts";

/** Everything that a reader could have changed. */
const stored = ({ deployment: { store, queue } }: Stage) => JSON.stringify([store.dump(), queue.list()]);

/** Types what was printed, one command after the other, until the run has ended. */
async function mend(stage: Stage, commands: readonly string[], { seconds = 300 }: Way): Promise<string | undefined> {
  const { deployment, type } = stage;
  const status = async () =>
    (await deployment.until(deployment.client.list({ limit: 1 }))).runs.find(({ id }) => id === run)?.status;
  for (const command of commands) {
    await type(command);
    await deployment.advance(seconds);
    const now = await status();
    if (now !== undefined && now !== "RUNNING") return now;
  }
  return status();
}

describe("check names what is stuck, and the command it prints mends it", () => {
  it("knows at least 20 ways", () => {
    expect(ways.length).toBeGreaterThanOrEqual(20);
    expect(new Set(ways.map(({ name }) => name)).size).toBe(ways.length);
  });

  it.each(ways)("$name: $kind", async (way) => {
    const stage = createStage(way.options);
    await way.happen(stage);
    const before = stored(stage);
    const report = await stage.check({
      ...(way.hours === undefined ? {} : { maxRuntimeHours: way.hours }),
      ...(way.byName === true ? { id: run } : {}),
    });
    expect(stored(stage)).toBe(before);
    expect(checkReportSchema.parse(report)).toEqual(report);
    const issue = issueOf(report, way.kind);
    expect(report.healthy).toBe(false);
    if (way.joinId !== undefined) expect(issue.joinId).toBe(way.joinId);
    if (way.missing !== undefined) expect(issue.missing.map(({ taskId }) => taskId)).toEqual(way.missing);
    if (way.where !== undefined) expect(issue.missing.map(({ where }) => where)).toContain(way.where);
    expect(issue.explanation).toMatch(way.says);
    expect(issue.fix).not.toEqual([]);
    expect(await mend(stage, issue.fix, way)).toBe(way.ends ?? "SUCCEEDED");
  });
});
