/**
 * Recurring runs, declared beside the tasks: what deploys them and `tutti dev` read them from the tasks module.
 */
import { z } from "zod";
import { limits } from "../model/limits.ts";
import { type SubmitRequest, submitRequestSchema } from "../model/request.ts";
import { cronProblem, isTimeZone, rateSeconds } from "../model/schedule.ts";
import type { Headers, Workflow } from "../model/workflow.ts";
import { InvalidTasksError } from "./invalid-tasks.ts";

/** By this a definition is known, whichever copy of the package made it. */
const scheduleBrand = Symbol.for("tutti.schedule");

/** What {@link defineSchedule} is told: `cron` or `rate`, and what is to run. */
export interface ScheduleOptions {
  /** Unique in the tasks module. The id of each run is `<name>-<scheduled time in UTC>`. */
  readonly name: string;
  /**
   * Six fields, as EventBridge Scheduler has them: minutes, hours, day of month, month, day of week (1 or SUN is Sunday),
   * year. One of the two days is `?`. For every night at three: `0 3 * * ? *`.
   */
  readonly cron?: string;
  /** A period: `5 minutes`, `1 hour`, `7 days`. */
  readonly rate?: string;
  /** Time zone in which `cron` is meant, such as `Europe/Zurich`. @default "UTC" */
  readonly timeZone?: string;
  readonly workflow: Workflow | { toJSON(): Workflow };
  /** Of each run. @default 7 days, and what the workflow waits */
  readonly deadlineSeconds?: number;
  /** For every task of the runs. */
  readonly headers?: Headers;
}

/** A schedule. */
export interface ScheduleDefinition {
  readonly [scheduleBrand]: true;
  readonly name: string;
  /** Exactly one of the two is there. */
  readonly cron?: string;
  readonly rate?: string;
  readonly timeZone: string;
  /**
   * The request of one fire. Every delivery of it has the same id, so that it starts one run; every other fire has another.
   *
   * @param time - The scheduled time in UTC, as `2026-11-21T03:00:00Z`; or what will be put in its place.
   */
  request(time: string): SubmitRequest;
}

/**
 * Defines recurring runs. Export it from the tasks module.
 *
 * @throws InvalidTasksError when the options break a rule. The workflow is checked where the module is read.
 * @example
 * ```ts
 * export const nightly = defineSchedule({
 *   name: "nightly",
 *   cron: "0 3 * * ? *",
 *   timeZone: "Europe/Zurich",
 *   workflow: chain(fetchAll.with(), report),
 * });
 * ```
 */
export function defineSchedule(options: ScheduleOptions): ScheduleDefinition {
  checkOptions(options);
  const { name, cron, rate, timeZone = "UTC", workflow, deadlineSeconds, headers } = options;
  const document = "toJSON" in workflow ? workflow.toJSON() : workflow;
  return {
    [scheduleBrand]: true,
    name,
    ...(cron === undefined ? {} : { cron }),
    ...(rate === undefined ? {} : { rate }),
    timeZone,
    request: (time) => ({
      tutti: 1,
      type: "submit",
      requestId: `${name}-${time}`,
      id: `${name}-${time}`,
      name,
      ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
      ...(headers === undefined ? {} : { headers }),
      workflow: document,
    }),
  };
}

/** True for a definition of any copy of the package. */
export function isScheduleDefinition(value: unknown): value is ScheduleDefinition {
  return (
    typeof value === "object" && value !== null && (value as { [scheduleBrand]?: unknown })[scheduleBrand] === true
  );
}

/**
 * Collects every exported schedule, re-exports included.
 *
 * @throws InvalidTasksError when two different schedules have one name.
 */
export function schedulesOf(moduleExports: Readonly<Record<string, unknown>>): readonly ScheduleDefinition[] {
  const schedules = new Map<string, ScheduleDefinition>();
  for (const value of Object.values(moduleExports)) {
    if (!isScheduleDefinition(value)) continue;
    const known = schedules.get(value.name);
    if (known !== undefined && known !== value) throw new InvalidTasksError(`two schedules are named ${value.name}`);
    schedules.set(value.name, value);
  }
  return [...schedules.values()];
}

const { deadlineSeconds, headers } = submitRequestSchema.shape;
const optionsSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must match [A-Za-z0-9][A-Za-z0-9_-]{0,63}"),
  cron: z.string().optional(),
  rate: z.string().optional(),
  timeZone: z.string().refine(isTimeZone, "must be a time zone such as Europe/Zurich").optional(),
  workflow: z.custom((value) => typeof value === "object" && value !== null, "must be a workflow"),
  deadlineSeconds,
  headers,
});

function checkOptions(options: ScheduleOptions): void {
  const refuse = (key: string, rule: string): never => {
    throw new InvalidTasksError(`schedule ${options.name}: ${key}: ${rule}`);
  };
  const [issue] = optionsSchema.safeParse(options).error?.issues ?? [];
  if (issue) refuse(issue.path.join("."), issue.message);
  const { cron, rate, timeZone } = options;
  if ((cron === undefined) === (rate === undefined))
    refuse(cron === undefined ? "cron" : "rate", "one of cron and rate is needed, and not both");
  const problem = cron === undefined ? null : cronProblem(cron);
  if (problem !== null) refuse("cron", problem);
  if (rate === undefined) return;
  const seconds = rateSeconds(rate);
  if (seconds === undefined || seconds > limits.delaySeconds)
    refuse("rate", "must be a number of minutes, hours or days up to 365 days, such as 5 minutes");
  if (timeZone !== undefined) refuse("timeZone", "goes with cron: a rate has none");
}
