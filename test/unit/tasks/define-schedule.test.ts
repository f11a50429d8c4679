import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chain } from "../../../lib/canvas/canvas.ts";
import { checkScheduled } from "../../../lib/plan/check-scheduled.ts";
import { parseDocument } from "../../../lib/plan/parse-request.ts";
import { defineSchedule, isScheduleDefinition, schedulesOf } from "../../../lib/tasks/define-schedule.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { InvalidTasksError } from "../../../lib/tasks/invalid-tasks.ts";
import { catalogOf, registryOf } from "../../../lib/tasks/registry.ts";
import { refusal } from "../plan/support.ts";

const report = defineTask({ name: "report", args: z.array(z.any()) }, () => null);
const nightly = defineSchedule({ name: "nightly", cron: "0 3 * * ? *", timeZone: "Europe/Zurich", workflow: report });

describe("defineSchedule", () => {
  it("makes of each time a request of its own, whose ids EventBridge Scheduler can fill in", () => {
    const request = nightly.request("2022-03-22T18:59:43Z");
    expect(request).toEqual({
      tutti: 1,
      type: "submit",
      requestId: "nightly-2022-03-22T18:59:43Z",
      id: "nightly-2022-03-22T18:59:43Z",
      name: "nightly",
      workflow: { task: "report" },
    });
    expect(parseDocument(request)).toEqual(request);
  });

  it("passes on what goes around the workflow", () => {
    const schedule = defineSchedule({
      name: "hourly",
      rate: "1 hour",
      workflow: chain(report.with(1), report),
      deadlineSeconds: 600,
      headers: { tenant: "t" },
    });
    expect(schedule).toMatchObject({ name: "hourly", rate: "1 hour", timeZone: "UTC" });
    expect(schedule).not.toHaveProperty("cron");
    expect(schedule.request("now")).toMatchObject({
      deadlineSeconds: 600,
      headers: { tenant: "t" },
      workflow: { chain: [{ task: "report", args: [1] }, { task: "report" }] },
    });
  });

  it.each([
    [{ name: "a b" }, "schedule a b: name: must match [A-Za-z0-9][A-Za-z0-9_-]{0,63}"],
    [{ cron: undefined }, "schedule s: cron: one of cron and rate is needed, and not both"],
    [{ rate: "1 hour" }, "schedule s: rate: one of cron and rate is needed, and not both"],
    [{ cron: "0 3 * * *" }, "schedule s: cron: must have six fields"],
    [{ cron: undefined, rate: "90 seconds" }, "schedule s: rate: must be a number of minutes, hours or days"],
    [{ cron: undefined, rate: "366 days" }, "schedule s: rate: must be a number of minutes, hours or days"],
    [{ cron: undefined, rate: "1 day", timeZone: "UTC" }, "schedule s: timeZone: goes with cron: a rate has none"],
    [{ timeZone: "Mars/Olympus" }, "schedule s: timeZone: must be a time zone such as Europe/Zurich"],
    [{ workflow: undefined }, "schedule s: workflow: must be a workflow"],
    [{ deadlineSeconds: 0 }, "schedule s: deadlineSeconds: "],
    [{ every: "night" }, 'schedule s: : Unrecognized key: "every"'],
  ])("refuses %j", (options, message) => {
    const define = () => defineSchedule({ name: "s", cron: "0 3 * * ? *", workflow: report, ...options } as never);
    expect(define).toThrow(InvalidTasksError);
    expect(define).toThrow(message);
  });
});

describe("schedulesOf", () => {
  it("collects what is exported, once", () => {
    expect(schedulesOf({ report, nightly, again: nightly, other: 5 })).toEqual([nightly]);
    expect(isScheduleDefinition(report)).toBe(false);
    expect([...registryOf({ report, nightly }).keys()]).toEqual(["report"]);
  });

  it("refuses two of one name", () => {
    const other = defineSchedule({ name: "nightly", rate: "1 day", workflow: report });
    expect(() => schedulesOf({ nightly, other })).toThrow("two schedules are named nightly");
  });
});

describe("checkScheduled", () => {
  const catalog = catalogOf(registryOf({ report }));
  const refused = (workflow: object) =>
    refusal(() => checkScheduled([defineSchedule({ name: "s", rate: "1 day", workflow } as never)], catalog));

  it("accepts what a message holds and the deployment knows", () => {
    expect(() => checkScheduled([nightly], catalog)).not.toThrow();
  });

  it("names the schedule, and the place in its request", () => {
    expect(refused({ chain: [] })).toMatchObject({ path: "schedule s: workflow.chain" });
    expect(refused({ task: "gone" })).toMatchObject({
      path: "schedule s: workflow.task",
      rule: "must be a task of this deployment: report",
    });
  });

  it("refuses what no message holds: a schedule cannot store it first", () => {
    expect(refused({ task: "report", args: ["x".repeat(256 * 1024)] })).toMatchObject({
      path: "schedule s: request",
      rule: expect.stringContaining("must have at most 262144 bytes"),
    });
  });
});
