import { describe, expect, it } from "vitest";
import { cronProblem, isTimeZone, rateSeconds } from "../../../lib/model/schedule.ts";

describe("cronProblem", () => {
  it.each([
    "0 3 * * ? *",
    "0/15 8-17 ? * MON-FRI *",
    "*/5 0,12 1,15 JAN,JUL ? 2026-2030",
    "30 8 L * ? *",
    "30 8 LW * ? *",
    "30 8 15W * ? *",
    "0 10 ? * 6L *",
    "0 10 ? * L *",
    "0 10 ? * TUE#2 *",
    "0 10 ? * 2-6/2 *",
  ])("accepts %s", (cron) => {
    expect(cronProblem(cron)).toBeNull();
  });

  const six = "must have six fields: minutes, hours, day of month, month, day of week, year, such as 0 3 * * ? *";
  it.each([
    ["", six],
    ["0 3 * * *", six],
    ["0  3 * * ? *", six],
    ["0 3 * * * *", "must have ? in exactly one of day of month and day of week"],
    ["0 3 ? * ? *", "must have ? in exactly one of day of month and day of week"],
    ["60 3 * * ? *", 'must have 0–59, ranges, lists, steps or * for minutes, and has "60"'],
    ["0 24 * * ? *", 'must have 0–23, ranges, lists, steps or * for hours, and has "24"'],
    ["0 3 32 * ? *", 'must have 1–31, ranges, lists, steps or * for day of month, and has "32"'],
    ["0 3 1 13 ? *", 'must have 1–12 or JAN–DEC, ranges, lists, steps or * for month, and has "13"'],
    ["0 3 ? * 0 *", 'must have 1–7 or SUN–SAT, ranges, lists, steps or * for day of week, and has "0"'],
    ["0 3 * * ? 1969", 'must have 1970–2199, ranges, lists, steps or * for year, and has "1969"'],
    ["0 5-3 * * ? *", 'must have 0–23, ranges, lists, steps or * for hours, and has "5-3"'],
    ["0/0 3 * * ? *", 'must have 0–59, ranges, lists, steps or * for minutes, and has "0/0"'],
    ["0 1-2-3 * * ? *", 'must have 0–23, ranges, lists, steps or * for hours, and has "1-2-3"'],
    ["? 3 * * ? *", 'must have 0–59, ranges, lists, steps or * for minutes, and has "?"'],
    ["0, 3 * * ? *", 'must have 0–59, ranges, lists, steps or * for minutes, and has ""'],
  ])("refuses %j", (cron, problem) => {
    expect(cronProblem(cron)).toBe(problem);
  });
});

it.each([
  ["1 minute", 60],
  ["5 minutes", 300],
  ["1 hours", 3600],
  ["7 days", 604_800],
  ["0 minutes", undefined],
  ["5", undefined],
  ["5 weeks", undefined],
  ["1.5 hours", undefined],
])("rateSeconds of %j is %s", (rate, seconds) => {
  expect(rateSeconds(rate)).toBe(seconds);
});

it("knows time zones by name", () => {
  expect(isTimeZone("Europe/Zurich")).toBe(true);
  expect(isTimeZone("Europe/Atlantis")).toBe(false);
});
