/**
 * The lines of the log: one for each step, of a closed list, after the write or the send that it tells of.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Submittable } from "../../../lib/client/client.ts";
import { eventLines } from "../../../lib/coordinator/events.ts";
import { FatalError } from "../../../lib/errors.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment } from "../client/deployment.ts";

type Line = { readonly level: string; readonly event: string } & Readonly<Record<string, unknown>>;

const args = z.array(z.unknown());
let failures = 0;
const tasks = {
  quick: defineTask({ name: "quick", args }, () => "secret-value"),
  flaky: defineTask({ name: "flaky", args, retry: { maxAttempts: 2 } }, (ctx) => {
    if (ctx.attempt === 1) throw new Error(`secret-text ${failures++}`);
    return null;
  }),
  broken: defineTask({ name: "broken", args }, () => {
    throw new FatalError("secret-text");
  }),
};

/** All events of a run, in the order of their lines, and the writes and sends among them as `site`. */
async function linesOf(workflow: Submittable, sweptAfterSeconds?: number) {
  const lines: Line[] = [];
  const seen: (Line | string)[] = [];
  const deployment = createDeployment({
    tasks: {
      ...tasks,
      slow: defineTask({ name: "slow", args, timeoutSeconds: 1800 }, () => deployment.sleep(1200).then(() => null)),
    },
    tasksPerInvocation: 1,
    onCall: (site) => seen.push(site),
    log: {
      write: (level, message, fields) => {
        if (fields.event === undefined) return;
        const line = { level, message, ...fields } as unknown as Line;
        lines.push(line);
        seen.push(line);
      },
    },
  });
  const run = await deployment.until(deployment.client.submit(workflow, { id: "r" }));
  if (sweptAfterSeconds !== undefined) {
    await deployment.advance(sweptAfterSeconds);
    await deployment.until(deployment.coordinator.sweep({ deadlineAtMs: deployment.clock.now() + 60_000 }));
  }
  await deployment.until(run.result({ timeoutSeconds: 100_000 }).catch(() => undefined));
  await deployment.advance(3600);
  return { lines, seen, ...deployment };
}

const named = (lines: readonly Line[], event: string) => lines.filter((line) => line.event === event);

describe("events", () => {
  it("S1-64: of each task that is sent, with its queue, and of the callback with its chord", async () => {
    const { lines } = await linesOf({
      chord: { header: [{ task: "quick" }, { task: "flaky" }], callback: { task: "quick" } },
    });
    expect(
      named(lines, "dispatched").map(({ node, queue, dispatch, cause }) => [node, queue, dispatch, cause]),
    ).toEqual([
      ["header[0]", "task:default", 1, "release.send"],
      ["header[1]", "task:default", 1, "release.send"],
      ["header[1]", "task:default", 2, "retry.send"],
    ]);
    expect(named(lines, "sent")).toMatchObject([{ node: "callback", join: ".", cause: "slot.carry" }]);
  });

  it("S1-65: of workers: claimed, settled and retried, with attempt and cause", async () => {
    const { lines } = await linesOf({ group: [{ task: "flaky" }] });
    expect(lines.filter(({ event }) => ["claimed", "retried", "settled"].includes(event))).toMatchObject([
      { event: "claimed", level: "debug", run: "r", generation: 1, node: "[0]", attempt: 1, cause: "slot.claim" },
      { event: "retried", level: "warn", node: "[0]", attempt: 1, error: "Error", cause: "slot.wait" },
      { event: "claimed", node: "[0]", attempt: 2 },
      { event: "settled", level: "debug", node: "[0]", attempt: 2, status: "SUCCEEDED", cause: "slot.commit" },
    ]);
  });

  it("S1-53: of joins: armed, joined, decided; and of the end of the run", async () => {
    const { lines } = await linesOf({
      chord: { header: [{ task: "quick" }, { task: "quick" }], callback: { task: "quick" } },
    });
    expect(
      lines.flatMap(({ event, join, decision, status }) =>
        ["armed", "joined", "decided", "ended"].includes(event) ? [[event, join ?? status, decision]] : [],
      ),
    ).toEqual([
      ["armed", ".", undefined],
      ["joined", ".", undefined],
      ["decided", ".", "callback"],
      ["ended", "SUCCEEDED", undefined],
    ]);
  });

  it("S1-54: a task that has failed for good is a warning, with the name of its error", async () => {
    const { lines } = await linesOf({
      chord: {
        header: [{ task: "broken" }, { task: "slow" }],
        callback: { task: "quick" },
        onError: { task: "quick" },
      },
    });
    expect(named(lines, "settled").slice(0, 2)).toMatchObject([
      { level: "warn", node: "header[0]", status: "FAILED", error: "FatalError" },
      { level: "debug", node: "onError", status: "SUCCEEDED" },
    ]);
    expect(named(lines, "decided")).toMatchObject([{ level: "info", decision: "error", cause: "join.decide" }]);
    expect(named(lines, "sent")).toMatchObject([{ node: "onError", join: "." }]);
    expect(named(lines, "ended")).toMatchObject([{ status: "FAILED", error: "FatalError" }]);
  });

  it("of what comes late, and of what the sweeper mends", async () => {
    const chord = { header: [{ task: "slow" }], callback: { task: "quick" }, deadlineSeconds: 60 };
    const { lines } = await linesOf({ chord }, 120);
    expect(named(lines, "swept")).toMatchObject([{ level: "info", cause: "join-deadline-passed", join: "." }]);
    expect(named(lines, "settled")[0]).toMatchObject({ join: ".", index: 0, status: "TIMED_OUT", cause: "slot.end" });
    expect(named(lines, "late")).toMatchObject([{ level: "warn", node: "header[0]", status: "SUCCEEDED" }]);
  });

  it("of a request that is refused, with the rule that it breaks and without its values", async () => {
    const { lines, coordinator, until } = await linesOf({ task: "quick" });
    const body = JSON.stringify({
      tutti: 1,
      type: "submit",
      requestId: "q1",
      id: "s",
      workflow: { task: "secret value" },
    });
    await until(coordinator.control({ messageId: "m", body, receiveCount: 1, sentAtMs: 0, attributes: {} }));
    expect(named(lines, "rejected")).toMatchObject([
      { level: "warn", requestId: "q1", run: "s", error: "invalid-request", path: "workflow.task", cause: "request" },
    ]);
  });

  it("follow what they tell of, and hold no value and no text of an error", async () => {
    const { lines, seen } = await linesOf({ chain: [{ task: "flaky" }, { task: "quick" }] });
    const after = (site: string, event: string) => {
      const at = seen.indexOf(site);
      return (
        seen.slice(at).findIndex((line) => typeof line !== "string" && line.event === event) > 0 &&
        !seen.slice(0, at).some((line) => typeof line !== "string" && line.event === event)
      );
    };
    for (const [site, event] of [
      ["slot.claim", "claimed"],
      ["slot.wait", "retried"],
      ["slot.commit", "settled"],
      ["head.end", "ended"],
    ] as const)
      expect([site, after(site, event)]).toEqual([site, true]);
    expect(JSON.stringify(lines)).not.toMatch(/secret/);
  });

  it("are a closed list, which the documentation has", () => {
    const page = readFileSync(new URL("../../../docs/events.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z]+)` +\| ([a-z]+)/gm)].map(([, event, level]) => [event, level]);
    expect(rows).toEqual(Object.entries(eventLines).map(([event, [level]]) => [event, level]));
  });
});
