import { expect, it } from "vitest";
import { createSchedule } from "./schedule.ts";

it("gives a process that goes on after a standstill its timers in the order in which they ran out", () => {
  const schedule = createSchedule(0);
  const process = { dead: false, pausedUntilMs: 0 };
  const seen: string[] = [];
  schedule.at(50, () => seen.push("limit"), process);
  schedule.at(40, () => seen.push("end of the body"), process);
  schedule.at(90, () => seen.push("of nobody"));
  process.pausedUntilMs = 100;
  while (schedule.step());
  expect(seen).toEqual(["of nobody", "end of the body", "limit"]);
  expect(schedule.now()).toBe(100);
});
