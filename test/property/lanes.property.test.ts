/**
 * P: of a map with bounded concurrency, never more members run at once than it allows, and all of them come to an end;
 * whatever the order of everything, whichever messages come twice, whoever dies, and whatever is asked of the run meanwhile.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import type { PlanJoin } from "../../lib/plan/types.ts";
import { memberSlot } from "../../lib/protocol/snapshot.ts";
import { brokenInvariants, readRun, unhandled } from "../simulation/oracle.ts";
import { scenarioTasks } from "../simulation/scenario-parts.ts";
import { variants } from "../simulation/variants.ts";
import { createWorld, type Variant } from "../simulation/world.ts";

/** Several times what it takes, since other tests keep the cores busy. */
const timeoutMs = 120_000;
const run = "run-1";

interface Case {
  readonly items: readonly number[];
  readonly maxConcurrency: number;
  readonly each: object;
  readonly pack: number;
  readonly leafSize: number;
  readonly fan: number;
  readonly messagesPerRange: number;
  readonly membersPerBucket: number;
  readonly tasksPerInvocation: number;
  readonly batchSize: number;
  /** Messages that are delivered twice, of a hundred. */
  readonly copies: number;
  readonly seed: number;
  /** Members that are revoked, each so many seconds after the submit. */
  readonly revokes: readonly { readonly member: number; readonly seconds: number }[];
  /** A run that goes on after failures, and then once more as its next generation; else a chord that takes them. */
  readonly retried: boolean;
  readonly pause: { readonly from: number; readonly seconds: number } | null;
}

const works = { task: "works" };
const cases: fc.Arbitrary<Case> = fc.record({
  // 0 fails, -1 in the first generation, 101 at its first attempt.
  items: fc.array(fc.constantFrom(1, 1, 1, 0, -1, -1, 101), { minLength: 1, maxLength: 16, size: "max" }),
  maxConcurrency: fc.integer({ min: 1, max: 6 }),
  each: fc.constantFrom<object>(
    works,
    works,
    works,
    { task: "killsOnce" },
    { chain: [works, { task: "one" }] },
    { group: [works, works] },
    { chord: { header: [works, works], callback: { task: "one" } } },
  ),
  pack: fc.integer({ min: 1, max: 4 }),
  leafSize: fc.integer({ min: 1, max: 4 }),
  fan: fc.integer({ min: 2, max: 4 }),
  messagesPerRange: fc.integer({ min: 1, max: 4 }),
  membersPerBucket: fc.integer({ min: 2, max: 20 }),
  tasksPerInvocation: fc.integer({ min: 1, max: 10 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  copies: fc.constantFrom(0, 10, 40),
  seed: fc.noShrink(fc.nat()),
  retried: fc.boolean(),
  revokes: fc.array(fc.record({ member: fc.nat(15), seconds: fc.integer({ min: 1, max: 40 }) }), { maxLength: 3 }),
  pause: fc.option(fc.record({ from: fc.integer({ min: 1, max: 30 }), seconds: fc.integer({ min: 1, max: 90 }) })),
});

/** Everything that is wrong with a run of a case; empty when nothing is. */
async function faultsOf(one: Case, variant?: Variant): Promise<string[]> {
  const { items, maxConcurrency, each, pack, tasksPerInvocation, batchSize, copies, seed, ...more } = one;
  const { revokes, pause, retried, ...tallies } = more;
  const chance = createSeededIds(seed);
  const world = createWorld({
    tasks: scenarioTasks,
    settings: { tasksPerInvocation },
    shape: { ...tallies, tasksPerMessage: () => pack },
    // A copy of a message that comes during a pause is dropped. Otherwise the messages alone bring the run to its end.
    sweeper: pause !== null,
    batchSize,
    seed,
    choose: (count) => Math.floor(chance.fraction() * count),
    duplicate: () => chance.fraction() * 100 < copies,
    ...(variant === undefined ? {} : { variant }),
  });
  const header = { map: { each, over: items, maxConcurrency } };
  const chord = { header, callback: { task: "outcomes" }, when: "all-settled" };
  const request = retried ? { workflow: { chord: { header } }, onFailure: "finish" } : { workflow: { chord } };
  await world.submit({ tutti: 1, type: "submit", id: run, requestId: "request-1", ...request });
  const about = { tutti: 1, id: run, generation: 1 };
  const later = (seconds: number, request: object) =>
    void world.clock.after(seconds * 1000, () => void world.submit({ ...about, ...request }));
  for (const [i, { member, seconds }] of revokes.entries()) {
    // A member that is more than a task is revoked by what it is, or by its first part.
    const index = member % items.length;
    const path = "task" in each || "group" in each || "chord" in each ? `header[${index}]` : `header[${index}]/[0]`;
    later(seconds, { type: "revoke", requestId: `revoke-${i}`, path });
  }
  if (pause) {
    later(pause.from, { type: "pause", requestId: "pause" });
    later(pause.from + pause.seconds, { type: "resume", requestId: "resume" });
  }
  let end = await world.settle();
  if (retried && end === "rest") {
    await world.submit({ ...about, type: "retry", requestId: "retry" });
    end = await world.settle();
  }
  if (end === "hang") return ["it does not come to rest", ...world.violations];
  const { snapshot, state } = await readRun(world, run);
  const failsForGood = items.includes(0) && !("task" in each && each.task === "killsOnce");
  const wanted = retried && failsForGood ? "FAILED" : "SUCCEEDED";
  const join = snapshot.plan.joins["."] as PlanJoin;
  const open = items.flatMap((_, i) => (memberSlot(snapshot, join, i).state === "settled" ? [] : [i]));
  return [
    ...(state.status === wanted ? [] : [`the run is ${state.status}, should be ${wanted}`]),
    ...(open.length === 0 ? [] : [`members ${open.join(", ")} have no outcome`]),
    ...brokenInvariants(world, snapshot),
    ...unhandled(world),
  ];
}

it("P: runs at most so many members at once, and all of them", { timeout: timeoutMs }, () =>
  fc.assert(
    fc.asyncProperty(cases, async (one) => {
      expect(await faultsOf(one)).toEqual([]);
    }),
    { seed: 20_261_121, numRuns: 60 },
  ),
);

it.each([
  "lanes: revoke releases an unreleased successor",
  "lanes: go on when a part of a pack is settled",
  "lanes: a release starts all members",
])("P: notices %s", { timeout: timeoutMs }, async (name) => {
  let caught = false;
  for (const one of fc.sample(cases, { seed: 7, numRuns: 60 })) {
    caught = (await faultsOf(one, variants[name])).some((fault) => fault.startsWith("B1"));
    if (caught) break;
  }
  expect(caught).toBe(true);
});
