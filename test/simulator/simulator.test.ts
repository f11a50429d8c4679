/**
 * A fixed share of `npm run verify:simulation`, and that the simulator is what it says: repeatable, and able to find.
 */
import { expect, it } from "vitest";
import { tasksIn } from "../unit/plan/random-workflows.ts";
import { type CaseName, caseOf, ofSeed, tasksOf } from "./case.ts";
import { type Happening, happenings } from "./coverage.ts";
import { allKinds, featureKinds } from "./faults.ts";
import { runHistory } from "./history.ts";
import { simulate } from "./lane.ts";
import { commandOf, describeFailure } from "./report.ts";
import { shrink } from "./shrink.ts";
import { findVariant, variantOf } from "./wrong-variants.ts";

/** Several times what it takes, since other tests keep the cores busy. */
const timeoutMs = 60_000;

it("holds in every history of the usual seeds", { timeout: timeoutMs }, async () => {
  const { failures, counts } = await simulate({ from: 20_261_121, histories: 30 });
  expect(failures.map(({ seed, outcome }) => describeFailure(ofSeed(seed), outcome))).toEqual([]);
  expect(counts["runs compared with the evaluator"]).toBeGreaterThan(30);
});

it("holds in small histories, which have fewer calls", { timeout: timeoutMs }, async () => {
  const [small, usual] = [
    await simulate({ small: true, from: 20_261_122, histories: 60 }),
    await simulate({ from: 20_261_122, histories: 10 }),
  ];
  expect(small.failures.map(({ seed, outcome }) => describeFailure(ofSeed(seed, true), outcome))).toEqual([]);
  const callsEach = ({ counts, histories }: typeof small) => (counts["calls of ports"] ?? 0) / histories;
  expect(callsEach(small)).toBeLessThan(callsEach(usual) / 2);
  expect(small.counts["runs compared with the evaluator"]).toBeGreaterThan(60);
});

it("has the same history twice for one seed, and another for another", async () => {
  const digests: string[] = [];
  for (const seed of [7, 7, 8, 11, 11]) digests.push((await runHistory(ofSeed(seed))).digest);
  const [first, again, other, third, thirdAgain] = digests;
  expect([again, thirdAgain]).toEqual([first, third]);
  expect(new Set([first, other, third]).size).toBe(3);
});

it.each([false, true])("has processes of both versions in every history, small ones too: %s", async (small) => {
  for (let seed = 1; seed <= 20; seed++) {
    const { lines } = await runHistory(ofSeed(seed, small), { keeps: "lines" });
    const versions = new Set(lines.flatMap((line) => JSON.stringify(line).match(/\.v[12]/g) ?? []));
    expect([...versions].sort(), `seed ${seed}`).toEqual([".v1", ".v2"]);
  }
});

it("has the same history whether it is written down or not", async () => {
  const written = await runHistory(ofSeed(9), { keeps: "lines" });
  expect((await runHistory(ofSeed(9))).digest).toBe(written.digest);
  expect(written.lines.length).toBeGreaterThan(written.calls);
});

it("draws every kind of fault and every feature, and mixes of few", () => {
  const mixes = Array.from({ length: 200 }, (_, seed) => caseOf(ofSeed(seed)).mix.on);
  for (const kind of allKinds) expect(mixes.filter((on) => on.has(kind)).length, kind).toBeGreaterThan(20);
  expect(mixes.filter((on) => on.size < 5).length).toBeGreaterThan(20);
});

it("has every feature in its histories, with what can come of it", { timeout: timeoutMs }, async () => {
  const missing = new Set<Happening>(happenings);
  for (let seed = 1; missing.size > 0 && seed < 500; seed++) {
    const { mix } = caseOf(ofSeed(seed));
    if (featureKinds.filter((kind) => mix.on.has(kind)).length < 2) continue;
    const outcome = await runHistory(ofSeed(seed));
    expect(outcome.faults, `seed ${seed}`).toEqual([]);
    for (const happening of outcome.happenings) missing.delete(happening);
  }
  expect([...missing]).toEqual([]);
});

it.for([
  "commit without condition",
  "claim without fence",
  "arrival without condition",
  "early decision without condition",
  "end of the run without condition",
  "lease taken over while it lives",
  "range claimed without condition",
  "counting join: blind marks",
  "full-but-bad join left undecided",
  "never retries",
])("finds a driver with the fault: %s", { timeout: timeoutMs }, async (name) => {
  const { failures } = await findVariant(name, 400);
  expect(failures).toHaveLength(1);
});

it("brings a task that old workers do not know to a new one", { timeout: timeoutMs }, async () => {
  const met: string[] = [];
  for (let seed = 1; met.length < 2 && seed < 200; seed++) {
    if (!caseOf(ofSeed(seed)).tenants.some(({ workflow }) => tasksOf(workflow).some(({ task }) => task === "c")))
      continue;
    const { lines, faults } = await runHistory(ofSeed(seed), { keeps: "lines" });
    const returned = lines.findIndex((line) => / worker\S*\.v1 +message\.return /.test(line));
    const begun = lines.findIndex((line, at) => at > returned && / worker\S*\.v2 +body .*begins/.test(line));
    if (returned >= 0 && begun > returned) met.push(`${seed} ${faults.join()}`.trim());
  }
  expect(met).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
});

it("leaves the other tenant alone, whatever happens to one (S12)", { timeout: timeoutMs }, async () => {
  const interfering = Array.from({ length: 60 }, (_, seed) => seed).filter((seed) => {
    const { mix, tenants } = caseOf(ofSeed(seed));
    return (mix.on.has("poison") || mix.on.has("revoke")) && tenants.length === 2;
  });
  for (const seed of interfering.slice(0, 10)) {
    const { faults, compared } = await runHistory(ofSeed(seed));
    expect(faults, `seed ${seed}`).toEqual([]);
    expect(compared, `seed ${seed}`).toBeGreaterThan(0);
  }
});

it("shrinks a failure, and names the command that repeats it", { timeout: timeoutMs }, async () => {
  const name = "commit without condition";
  const variant = variantOf(name);
  const size = (of: ReturnType<typeof ofSeed>) =>
    caseOf(of).tenants.reduce((all, { workflow }) => all + tasksIn(workflow), 0);
  const { failures } = await simulate({ from: 1, histories: 400, maxFailures: 5, variant });
  const [from] = failures.map(({ seed }) => ofSeed(seed)).sort((a, b) => size(b) - size(a)) as [CaseName];
  let tried = 0;
  const found = await shrink(from, await runHistory(from, { variant }), {
    variant,
    // Counted, so that a busy machine shrinks as far.
    nowMs: () => ++tried,
    untilMs: 80,
  });
  expect(found.outcome.faults).not.toEqual([]);
  expect((await runHistory(found.name, { variant })).faults).toEqual(found.outcome.faults);
  expect(size(found.name)).toBeLessThan(size(from));
  expect(caseOf(found.name).mix.on.size).toBeLessThan(caseOf(from).mix.on.size);
  expect(commandOf(found.name)).toMatch(/^npm run verify:simulation -- --seed \d+ .*--without /);
});
