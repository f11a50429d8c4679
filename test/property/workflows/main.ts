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
import { judged, property, type Verdict } from "./check.ts";
import type { Case } from "./random-case.ts";
import type { Moment } from "./reference.ts";
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

function note({ workflow }: Case, { observed, reference, faults }: Verdict): void {
  if (faults.length > 0 && !failed)
    console.log(`a case has failed after ${secondsSoFar()} s; looking for a smaller one`);
  failed ||= faults.length > 0;
  if (failed || observed === undefined) return;
  count("cases");
  count(`runs ${observed.run.status}`);
  count("tasks", tasksIn(workflow));
  for (const { status } of observed.run.tasks) count(`tasks ${status}`);
  count("bodies entered", observed.entries.length);
  count("workers lost", observed.entries.filter(({ did }) => did === "die").length);
  count(
    "error callbacks called",
    reference.tasks.filter((task) => task.afterEnd && entered(observed, task.path)).length,
  );
  if ((counts.get("cases") as number) % progressEvery === 0)
    console.log(`${counts.get("cases")} cases, ${secondsSoFar()} s`);
}

function entered({ entries }: NonNullable<Verdict["observed"]>, path: string): boolean {
  return entries.some((entry) => entry.path === path);
}

const time = (moment: Moment | undefined) => `${moment === undefined ? "?" : moment.atMs - started.atMs} ms`;

async function report(one: Case, path: string): Promise<void> {
  const { reference, observed, faults } = await judged(one);
  console.log(`\nworkflow: ${JSON.stringify(one.workflow, null, 2)}`);
  console.log(`\ncircumstances: ${JSON.stringify(one.circumstances)}`);
  console.log(`\nexpected: the run ${reference.root.succeeds ? "SUCCEEDED" : "FAILED"}`);
  for (const { path: task, starts, status } of reference.tasks)
    console.log(`  ${task} ${starts ? status : "never starts"}`);
  console.log(`\nseen: the run ${observed?.run.status ?? "did not come to its end"}`);
  for (const { path: task, status } of observed?.run.tasks ?? []) console.log(`  ${task} ${status}`);
  for (const { path: task, attempt, at, did, end } of observed?.entries ?? [])
    console.log(
      `  ${time(at)}: ${task} attempt ${attempt}, ${did === undefined ? "cut off" : `${did} at ${time(end)}`}`,
    );
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
