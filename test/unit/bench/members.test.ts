/**
 * What a member costs, counted: a test fails when a count grows. The figures of larger runs: `npm run bench:members`.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { type Measurement, measure } from "../../../bench/members/measure.ts";
import { parseOptions } from "../../../bench/members/options.ts";
import { figuresText, sitesText } from "../../../bench/members/report.ts";
import { type Figures, figuresOf, missed } from "../../../bench/members/targets.ts";

const measured = (members: number) => measure({ members, engine: "memory", tasksPerInvocation: 10 });

describe("a chord in memory", () => {
  let hundred: Measurement;
  let thousand: Measurement;
  let figures: readonly Figures[];
  beforeAll(async () => {
    hundred = await measured(100);
    thousand = await measured(1000);
    figures = figuresOf([thousand, hundred]);
  });

  it("costs no more per member than the targets, and the same at 100 as at 1,000", () => {
    expect(figures.map(({ members }) => members)).toEqual([100, 1000]);
    expect(figures.flatMap((one) => missed(one, thousand.delivery))).toEqual([]);
  });

  it("costs no more than it did", () => {
    for (const { writeUnits, sqsRequests, storeCalls, readUnits, runWriteUnits, runSqsRequests } of figures) {
      expect(writeUnits).toBeLessThanOrEqual(0.34);
      expect(sqsRequests).toBeLessThanOrEqual(0.03);
      expect(storeCalls).toBeLessThanOrEqual(0.38);
      expect(readUnits).toBeLessThanOrEqual(0.11);
      expect([runWriteUnits, runSqsRequests]).toEqual([9, 3]);
    }
  });

  it("writes no item more often than a tally has children (J5)", () => {
    expect(thousand.counted.busiest).toMatchObject({
      head: { writes: 2 },
      node: { writes: 2 },
      "tally leaf": { writes: 2 },
      "tally inner": { name: "tally#.#1#0", writes: 100 },
    });
  });

  it("costs no more than its target one per message either", async () => {
    const alone = figuresOf([await measure({ members: 100, engine: "memory", tasksPerInvocation: 1 })]);
    expect(alone.flatMap((one) => missed(one, "one per message"))).toEqual([]);
    expect(alone[0]?.writeUnits).toBeLessThanOrEqual(2.31);
  });

  it("counts the same every time", async () => {
    expect((await measured(100)).counted).toEqual(hundred.counted);
  });

  it("is shown with each target, and with what each call site takes", () => {
    const text = figuresText(figures, "packed");
    expect(text).toMatch(/^ +1000 .* 0\.3\d\d ✓ +0\.030 ✓ +1\.0\d\d ✓ .* 100 ✓ +tally#\.#1#0$/m);
    expect(sitesText(thousand)).toMatch(/^UpdateItem +slot\.claim +tally leaf +0\.1000 +0\.1000 /m);
  });
});

describe("missed", () => {
  const good: Figures = {
    members: 1000,
    seconds: 1,
    membersPerSecond: 1000,
    writeUnits: 0.5,
    sqsRequests: 0.1 + 0.2 - 0.25,
    storeCalls: 1,
    readUnits: 1,
    runWriteUnits: 9,
    runSqsRequests: 3,
    busiestItem: { name: "tally#.#1#0", writes: 256 },
    growth: 1.1,
  };

  it("names no target that is just met", () => {
    expect(missed(good, "packed")).toEqual([]);
  });

  it("names each target that is not", () => {
    const bad = { ...good, writeUnits: 0.51, sqsRequests: 0.06, growth: 1.11, busiestItem: { name: "x", writes: 257 } };
    expect(missed(bad, "packed").toSorted()).toEqual(["busiestItem", "growth", "sqsRequests", "writeUnits"]);
    expect(missed(bad, "one per message").toSorted()).toEqual(["busiestItem", "growth"]);
  });
});

describe("options", () => {
  it("have defaults", () => {
    const byDefault = {
      members: [100, 1000, 10_000],
      engine: "memory",
      tasksPerInvocation: 10,
      tasksPerMessage: 10,
      json: false,
    };
    expect(parseOptions([])).toMatchObject(byDefault);
  });

  it.each([
    [["--members", "10,x"], "--members x"],
    [["--members", "0"], "--members 0"],
    [["--members", "100001"], "--members 100001"],
    [["--engine", "aws"], "--engine aws"],
    [["--tasks-per-invocation", "101"], "--tasks-per-invocation 101"],
    [["--else"], "--else"],
  ])("refuse %j", (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
