/**
 * What the programs of the lanes understand on their command lines, and what they refuse.
 */
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import * as models from "../../../verification/spin/options.ts";
import * as crashPoints from "../../simulation/options.ts";

/** The flags that a text explains. */
const flagsOf = (usage: string) => [...new Set(usage.match(/--[a-z]+/g))];

describe("verify:crash-points", () => {
  const { parseOptions, usage } = crashPoints;

  it("does everything when nothing is said", () => {
    expect(parseOptions([])).toEqual({
      scenario: undefined,
      faults: undefined,
      variants: false,
      pairs: false,
      share: 1,
      from: 0,
      part: undefined,
      help: false,
    });
  });

  it("takes a scenario with its faults, and a share", () => {
    const history = ["--scenario", "chord of 5", "--fault", "12:paused,15:crash-after"];
    expect(parseOptions(history)).toMatchObject({
      scenario: "chord of 5",
      faults: [
        { call: 12, mode: "paused" },
        { call: 15, mode: "crash-after" },
      ],
    });
    expect(parseOptions(["--pairs", "--share", "16"])).toMatchObject({ pairs: true, share: 16 });
    expect(parseOptions(["--pairs", "--mode", "gone"])).toMatchObject({ pairs: true, mode: "gone" });
    expect(parseOptions(["--variants"])).toMatchObject({ variants: true });
    expect(parseOptions(["--triples", "100", "--from", "7"])).toMatchObject({ triples: 100, from: 7 });
  });

  it.each([
    [["--scenario", "nothing"], "--scenario nothing: must be a name"],
    [["--mode", "gone"], "--mode gone: must come with --pairs"],
    [["--pairs", "--mode", "nothing"], "--mode nothing: must come with --pairs, and be one of crash-before"],
    [["--fault", "12:paused"], "name it with --scenario"],
    [["--scenario", "chord of 5", "--fault", "12:nonsense"], "--fault 12:nonsense: must be CALL:MODE"],
    [["--scenario", "chord of 5", "--fault", "paused"], "--fault paused: must be CALL:MODE"],
    [["--scenario", "chord of 5", "--fault", "1:paused:2"], "--fault 1:paused:2: must be CALL:MODE"],
    [["--triples", "0"], "--triples 0: must be a whole number from 1"],
    [["--triples", "9", "--pairs"], "--triples are of all scenarios: leave out --scenario, --pairs"],
    [["--from", "9"], "--from 9: must come with --triples"],
    [["--triples", "9", "--from", "x"], "--from x: must come with --triples, and be a whole number"],
    [["--share", "0"], "--share 0: must be a whole number from 1"],
    [["--share", "half"], "--share half: must be a whole number from 1"],
    [["--shares"], "Unknown option '--shares'"],
    [["chord of 5"], "Unexpected argument"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(TypeError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("explains itself, with every flag but that between its processes", () => {
    expect(parseOptions(["--help"]).help).toBe(true);
    expect(parseOptions(["-h"]).help).toBe(true);
    expect(flagsOf(usage).sort()).toEqual([
      "--fault",
      "--from",
      "--help",
      "--mode",
      "--pairs",
      "--scenario",
      "--share",
      "--triples",
      "--variants",
    ]);
    expect(usage).toContain("crash-before");
  });
});

describe("verify:models", () => {
  const { parseOptions, usage } = models;

  it("searches what takes seconds when nothing is said", () => {
    const { chosen, jobs, ...rest } = parseOptions([]);
    expect(rest).toEqual({ json: false, limits: { memoryMib: 6000, seconds: 900 }, help: false });
    expect(jobs).toBe(availableParallelism());
    expect(chosen.length).toBeGreaterThan(0);
    expect(chosen.filter(({ long }) => long)).toEqual([]);
  });

  it("takes a pattern, and bounds", () => {
    const { chosen, limits, json } = parseOptions(["lanes", "--json", "--mib", "100", "--seconds", "5"]);
    expect(new Set(chosen.map(({ model }) => model))).toEqual(new Set(["lanes"]));
    expect(limits).toEqual({ memoryMib: 100, seconds: 5 });
    expect(parseOptions(["--jobs", "3"]).jobs).toBe(3);
    expect(json).toBe(true);
    expect(parseOptions(["live"]).chosen.every(({ live }) => live)).toBe(true);
    expect(parseOptions(["all"]).chosen.length).toBeGreaterThan(parseOptions([]).chosen.length);
  });

  it.each([
    [["nonsense"], 'no model whose name and flags contain "nonsense"'],
    [["chord", "lanes"], "chord lanes: must be one pattern"],
    [["--mib", "0"], "--mib 0: must be a whole number from 1"],
    [["--seconds", "long"], "--seconds long: must be a whole number from 1"],
    [["--jobs", "0"], "--jobs 0: must be a whole number from 1"],
    [["--second"], "Unknown option '--second'"],
  ])("refuses %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(TypeError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it("explains itself, with every flag and model", () => {
    expect(parseOptions(["--help"]).help).toBe(true);
    expect(flagsOf(usage).sort()).toEqual(["--help", "--jobs", "--json", "--mib", "--seconds"]);
    expect(usage).toContain("generation");
  });
});
