/**
 * Schedules as `tutti dev` runs them, in virtual time.
 */
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import type { Queue } from "../../../lib/ports/queue.ts";
import { defineSchedule, type ScheduleOptions } from "../../../lib/tasks/define-schedule.ts";
import { nextFireMs, startRecurringRuns } from "../../../local/recurring.ts";

const startMs = Date.UTC(2026, 2, 27, 12, 0, 30);
const workflow = { task: "report" };
const at = (text: string) => Date.parse(text);

describe("nextFireMs", () => {
  const fires = (options: Partial<ScheduleOptions>, after: string, count: number) => {
    const schedule = defineSchedule({ name: "s", workflow, ...options });
    const found: string[] = [];
    let ms: number | undefined = at(after);
    while (found.length < count && ms !== undefined) {
      ms = nextFireMs(schedule, startMs, ms);
      if (ms !== undefined) found.push(new Date(ms).toISOString());
    }
    return found;
  };

  it.each<[string, Partial<ScheduleOptions>, string, string[]]>([
    [
      "counts a rate from the start",
      { rate: "5 minutes" },
      "2026-03-27T12:07:00Z",
      ["2026-03-27T12:10:30.000Z", "2026-03-27T12:15:30.000Z"],
    ],
    [
      "goes by UTC unless told otherwise",
      { cron: "0 3 * * ? *" },
      "2026-03-27T03:00:00Z",
      ["2026-03-28T03:00:00.000Z"],
    ],
    [
      "goes by the clocks of a time zone: a night without half past two is skipped",
      { cron: "30 2 * * ? *", timeZone: "Europe/Zurich" },
      "2026-03-27T12:00:00Z",
      ["2026-03-28T01:30:00.000Z", "2026-03-30T00:30:00.000Z"],
    ],
    [
      "and one that has it twice counts it once",
      { cron: "30 2 * * ? *", timeZone: "Europe/Zurich" },
      "2026-10-24T12:00:00Z",
      ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"],
    ],
    ["counts weekdays from Sunday as 1", { cron: "0 8 ? * 2 *" }, "2026-03-27T12:00:00Z", ["2026-03-30T08:00:00.000Z"]],
    ["knows the last Friday", { cron: "0 8 ? * 6L *" }, "2026-03-27T12:00:00Z", ["2026-04-24T08:00:00.000Z"]],
    ["knows the third Friday", { cron: "0 8 ? * FRI#3 *" }, "2026-03-27T12:00:00Z", ["2026-04-17T08:00:00.000Z"]],
    [
      "knows the weekday nearest to a day",
      { cron: "0 8 15W * ? *" },
      "2026-03-27T12:00:00Z",
      ["2026-04-15T08:00:00.000Z", "2026-05-15T08:00:00.000Z", "2026-06-15T08:00:00.000Z"],
    ],
    [
      "steps from a number",
      { cron: "0/25 8 * * ? *" },
      "2026-03-27T12:00:00Z",
      ["2026-03-28T08:00:00.000Z", "2026-03-28T08:25:00.000Z", "2026-03-28T08:50:00.000Z"],
    ],
  ])("%s", (_, options, after, expected) => {
    expect(fires(options, after, expected.length)).toEqual(expected);
  });

  it("ends with the last year", () => {
    expect(fires({ cron: "0 0 1 1 ? 2026-2027" }, "2026-03-27T12:00:00Z", 5)).toEqual(["2027-01-01T00:00:00.000Z"]);
  });
});

describe("startRecurringRuns", () => {
  function world(options: Partial<ScheduleOptions>[], refuses = false) {
    const clock = createVirtualClock(startMs);
    const sent: { readonly atMs: number; readonly id: string }[] = [];
    const errors: unknown[] = [];
    const queue: Queue = {
      async send(to, [message]) {
        expect(to).toBe("request");
        if (refuses) return { failed: [0] };
        sent.push({ atMs: clock.now(), id: JSON.parse(message?.body ?? "").id });
        return { failed: [] };
      },
    };
    const schedules = options.map((one, i) => defineSchedule({ name: `s${i}`, workflow, ...one }));
    const log = { write: (_level: string, message: string) => void errors.push(message) };
    const recurring = startRecurringRuns({ schedules, queue, clock, log });
    const pass = async (seconds: number) => {
      const untilMs = clock.now() + seconds * 1000;
      const settle = () => new Promise((done) => setImmediate(done));
      await settle();
      for (let next = clock.nextAt(); next !== undefined && next <= untilMs; next = clock.nextAt()) {
        clock.next();
        await settle();
      }
      clock.advanceTo(untilMs);
      await settle();
    };
    return { clock, sent, errors, recurring, pass };
  }

  it("sends a request with an id of its own at each time, and none before the first", async () => {
    const { sent, recurring, pass } = world([{ cron: "0 13 * * ? *" }, { rate: "1 hour" }]);
    await pass(3000);
    expect(sent).toEqual([]);
    await pass(90_000);
    expect(sent[0]).toEqual({ atMs: at("2026-03-27T13:00:00Z"), id: "s0-2026-03-27T13:00:00Z" });
    expect(sent.filter(({ id }) => id.startsWith("s0"))).toHaveLength(2);
    expect(sent.filter(({ id }) => id.startsWith("s1"))).toHaveLength(25);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(27);
    await recurring.stop();
  });

  it("does not make up for what it slept through", async () => {
    const { clock, sent, recurring, pass } = world([{ rate: "1 minute" }]);
    clock.advanceTo(startMs + 3_600_000 + 1000);
    await pass(60);
    expect(sent.map(({ id }) => id)).toEqual(["s0-2026-03-27T12:01:30Z", "s0-2026-03-27T13:01:30Z"]);
    await recurring.stop();
  });

  it("goes on after a fire that could not be sent, and says so", async () => {
    const { errors, recurring, pass } = world([{ rate: "1 minute" }], true);
    await pass(150);
    expect(errors).toEqual(["a schedule could not fire", "a schedule could not fire"]);
    await recurring.stop();
  });

  it("stops between two fires", async () => {
    const { sent, recurring, pass } = world([{ rate: "1 minute" }]);
    await pass(61);
    await recurring.stop();
    await pass(600);
    expect(sent).toHaveLength(1);
  });
});
