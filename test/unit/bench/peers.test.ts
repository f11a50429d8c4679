/** The driver of other systems: what it takes, how it counts, what it says. */
import { expect, it } from "vitest";
import { parseOptions } from "../../../bench/peers/options.ts";
import { killsText, speedText } from "../../../bench/peers/report.ts";
import { systems } from "../../../bench/peers/systems.ts";

const date = "2026-11-21";

it("takes all systems for times, and ours for kills, unless told which", () => {
  const names = (args: readonly string[]) => {
    const options = parseOptions(args, date);
    return options === "help" ? options : options.systems.map(({ name }) => name);
  };
  expect(names(["--peers"])).toEqual(systems.map(({ name }) => name));
  expect(names(["--kills"])).toEqual(["tutti"]);
  expect(names(["--kills", "--only", "celery,restate"])).toEqual(["celery", "restate"]);
});

it("keeps its data apart by date and by what was measured", () => {
  expect(parseOptions(["--peers"], date)).toMatchObject({ out: "bench/results/2026-11-21-peers.json" });
  expect(parseOptions(["--kills"], date)).toMatchObject({ out: "bench/results/2026-11-21-kills.json" });
});

it.each([
  [["--peers", "--kills"], "--peers or --kills: one of them"],
  [["--peers", "--only", "airflow"], "--only airflow: must be some of tutti, celery"],
  [["--peers", "--sizes", "0"], "--sizes 0: must be a whole number from 1"],
])("refuses %j", (args, message) => {
  expect(() => parseOptions(args, date)).toThrow(message);
});

const figure = {
  name: "chord of 10",
  tasks: 10,
  runs: 5,
  ms: 20,
  leastMs: 10,
  mostMs: 30,
  tasksPerSecond: 500,
  cpuSecondsPer1000: 2,
  others: 0.1,
  thrownAway: 0,
};

it("marks what was measured beside other programs, and says what did not end", () => {
  const text = speedText([
    { system: "a", variant: "calm", figures: [figure] },
    { system: "b", variant: "busy", figures: [{ ...figure, others: 0.9 }] },
    { system: "c", variant: "stuck", figures: [{ name: "chord of 10", tasks: 10, failed: "not done in 180 s" }] },
  ]);
  expect(text).toContain("| a, calm  | 20.0 (10.0–30.0)   |");
  expect(text).toContain("| b, busy  | 20.0 (10.0–30.0) * |");
  expect(text).toContain("| c, stuck | not done in 180 s  |");
  expect(text).toContain("on a busy machine, not to be quoted");
});

it("lists a figure for each seed of the kills", () => {
  const kills = {
    seed: 1,
    kills: 15,
    chords: 50,
    members: 1000,
    firedOnce: 49,
    firedTwiceOrMore: 0,
    never: 1,
    gaveUp: 0,
    tooFewResults: 0,
    membersBegunTwiceOrMore: 7,
    membersEndedTwiceOrMore: 2,
    membersNeverEnded: 1,
    cutOff: false,
  };
  const text = killsText([
    { system: "a", variant: "b", figures: [kills, { ...kills, never: 0, allDoneSeconds: 30.04 }] },
  ]);
  expect(text.split("\n").at(-2)?.replace(/ +/g, " ")).toBe(
    "| a, b | 15 15 | 1 0 | 0 0 | 0 0 | 0 0 | 7 7 | 2 2 | – 30.0 |",
  );
});
