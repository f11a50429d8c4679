/**
 * What stands in for EventBridge Scheduler: sends the request of a schedule at each of its times.
 *
 * Fires only while it runs: what was missed meanwhile is not made up for. A rate counts from the start.
 */
import { Cron } from "croner";
import { rateSeconds } from "../lib/model/schedule.ts";
import type { Clock, Log, Queue } from "../lib/ports/index.ts";
import type { ScheduleDefinition } from "../lib/tasks/define-schedule.ts";
import { pause } from "./schedule.ts";

export interface RecurringOptions {
  readonly schedules: readonly ScheduleDefinition[];
  readonly queue: Queue;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RecurringRuns {
  /** No further fire; resolves when the one under way is sent. */
  stop(): Promise<void>;
}

/** Starts all of them. A fire that cannot be sent is logged, and the next one comes as if it had been. */
export function startRecurringRuns({ schedules, queue, clock, log }: RecurringOptions): RecurringRuns {
  const abort = new AbortController();
  const startedAtMs = clock.now();
  const repeat = async (schedule: ScheduleDefinition): Promise<void> => {
    for (let atMs = nextFireMs(schedule, startedAtMs, startedAtMs); atMs !== undefined; ) {
      await pause(clock, atMs - clock.now(), abort.signal);
      if (abort.signal.aborted) return;
      await fire(schedule, atMs);
      atMs = nextFireMs(schedule, startedAtMs, Math.max(atMs, clock.now()));
    }
  };
  const fire = async ({ name, request }: ScheduleDefinition, atMs: number): Promise<void> => {
    try {
      const body = JSON.stringify(request(scheduledTime(atMs)));
      const { failed } = await queue.send("request", [{ body, delaySeconds: 0 }], "schedule.send");
      if (failed.length > 0) throw new Error("the request queue refused it");
    } catch (error) {
      log.write("error", "a schedule could not fire", { schedule: name, error: String(error) });
    }
  };
  const repeating = schedules.map(repeat);
  return {
    async stop() {
      abort.abort();
      await Promise.all(repeating);
    },
  };
}

/** A time as EventBridge Scheduler writes it: in UTC, without fractions of a second. */
export function scheduledTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2026-11-21T03:00:00".length)}Z`;
}

/** The first fire after a time; undefined when there is none. */
export function nextFireMs(
  { cron, rate, timeZone }: Pick<ScheduleDefinition, "cron" | "rate" | "timeZone">,
  startedAtMs: number,
  afterMs: number,
): number | undefined {
  if (cron !== undefined) return nextCronMs(cron, timeZone, afterMs);
  const periodMs = (rateSeconds(rate ?? "") as number) * 1000;
  return startedAtMs + (Math.floor((afterMs - startedAtMs) / periodMs) + 1) * periodMs;
}

/** A local time that a change of clocks leaves out is skipped, as EventBridge Scheduler does, where croner would move it. */
function nextCronMs(cron: string, timezone: string, afterMs: number): number | undefined {
  // Seconds come first here, weekdays count from 1 for Sunday, and `0/15` is a step.
  const times = new Cron(`0 ${cron}`, {
    timezone,
    mode: "7-part",
    alternativeWeekdays: true,
    sloppyRanges: true,
    paused: true,
  });
  let next = times.nextRun(new Date(afterMs));
  while (next !== null && !times.match(next)) next = times.nextRun(next);
  return next?.getTime();
}
