/**
 * `npm run verify:properties`: random workflows through the real driver, against the reference evaluator.
 *
 *   (nothing)                    20,000 cases of a new seed
 *   --cases N --seed S           that many, of that seed
 *   --seed S --path P            one case: what a failure was shrunk to
 */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { tasksIn } from "../../unit/plan/random-workflows.ts";
import { type Generation, judged, property, type Verdict } from "./check.ts";
import { canExpand } from "./expanded.ts";
import type { Moment } from "./part.ts";
import type { Case } from "./random-case.ts";
import { started } from "./run-case.ts";

const { values } = parseArgs({
  options: { cases: { type: "string" }, seed: { type: "string" }, path: { type: "string" } },
});

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`--${name} ${text}: must be a whole number, for example --${name} 1000`);
}

const seed = wholeNumber("seed", values.seed, Date.now() % 2 ** 31);
const numRuns = wholeNumber("cases", values.cases, 20_000);
const progressEvery = 1000;

const begun = performance.now();
const secondsSoFar = () => ((performance.now() - begun) / 1000).toFixed(0);

/** What the cases had in them, so that one sees what was tried. Cases met while shrinking are not in it. */
const counts = new Map<string, number>();
let failed = false;

function count(what: string, by = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + by);
}

function note({ workflow, onFailure, circumstances }: Case, { generations, faults }: Verdict): void {
  if (faults.length > 0 && !failed)
    console.log(`a case has failed after ${secondsSoFar()} s; looking for a smaller one`);
  failed ||= faults.length > 0;
  const [first, second] = generations;
  if (failed || first === undefined) return;
  count("cases");
  if (onFailure === "finish") count("cases that go on after a failure");
  if (circumstances.expands && canExpand(workflow)) count("maps that expand at run time");
  count("tasks", tasksIn(workflow));
  count(`runs ${first.observed.run.status}`);
  if (second) count(`retried runs ${second.observed.run.status}`);
  for (const { status } of first.observed.run.tasks) count(`tasks ${status}`);
  for (const generation of generations) noteGeneration(generation);
  if ((counts.get("cases") as number) % progressEvery === 0)
    console.log(`${counts.get("cases")} cases, ${secondsSoFar()} s`);
}

function noteGeneration({ observed, reference }: Generation): void {
  count("bodies entered", observed.entries.length);
  count("workers lost", observed.entries.filter(({ did }) => did === "die").length);
  const { tasks, headers } = reference;
  count("error callbacks called", tasks.filter((task) => task.afterEnd && entered(observed, task.path)).length);
  count("sleeps", tasks.filter((task) => task.sleeps && observed.settledAtMs.has(task.path)).length);
  count("tasks skipped by choice", observed.skipped.size);
  count("members after their quorum", observed.late.size);
  count("kept tasks", tasks.filter(({ kept }) => kept).length);
  for (const { policy, kept, path } of headers) {
    const decided = observed.decisions.get(path);
    if (decided && !kept) count(`${policy} decided ${decided.decision}`);
  }
}

function entered({ entries }: Generation["observed"], path: string): boolean {
  return entries.some((entry) => entry.path === path);
}

const time = (moment: Moment | undefined) => `${moment === undefined ? "?" : moment.atMs - started.atMs} ms`;

function expectedOf({ reference: { root, tasks } }: Pick<Generation, "reference">): string {
  const each = tasks.map(
    ({ path, starts, status, kept }) => `  ${path} ${kept ? "is kept" : starts ? status : "never starts"}`,
  );
  return [`the run ${root.succeeds ? "SUCCEEDED" : "FAILED"}`, ...each].join("\n");
}

function reportGeneration(generation: Generation): void {
  const { run, entries, decisions } = generation.observed;
  console.log(`\nexpected: ${expectedOf(generation)}`);
  console.log(`\nseen: the run ${run.status}`);
  for (const { path: task, status } of run.tasks) console.log(`  ${task} ${status}`);
  for (const [path, { decision, atMs }] of decisions)
    console.log(`  ${time({ atMs, sequence: 0 })}: ${path} was decided ${decision}`);
  for (const { path: task, attempt, at, did, end } of entries)
    console.log(
      `  ${time(at)}: ${task} attempt ${attempt}, ${did === undefined ? "cut off" : `${did} at ${time(end)}`}`,
    );
}

async function report(one: Case, path: string): Promise<void> {
  const { reference, generations, faults } = await judged(one);
  console.log(`\nworkflow: ${JSON.stringify(one.workflow, null, 2)}`);
  console.log(`\nonFailure: ${one.onFailure}; circumstances: ${JSON.stringify(one.circumstances)}`);
  if (generations.length === 0) console.log(`\nexpected: ${expectedOf({ reference })}\n\nnothing comes to its end`);
  for (const generation of generations) reportGeneration(generation);
  console.log(`\n${faults.join("\n")}`);
  console.log(`\nagain: npm run verify:properties -- --seed ${seed} --path ${path}`);
}

console.log(`seed ${seed}, ${values.path === undefined ? `${numRuns} cases` : `case ${values.path}`}`);
const replayed = values.path === undefined ? {} : { path: values.path, endOnFailure: true };
const details = await fc.check(property(note), { seed, numRuns, ...replayed });
if (details.counterexample !== null) {
  await report(details.counterexample[0], details.counterexamplePath as string);
  process.exitCode = 1;
} else {
  for (const [what, number] of [...counts].sort()) console.log(`  ${what}: ${number.toLocaleString("en")}`);
  console.log(`${details.numRuns} cases in ${secondsSoFar()} s, no failure`);
}
