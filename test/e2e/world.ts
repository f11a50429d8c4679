/**
 * What a scenario has to work with: the command line against the deployed stack, and nothing of the inside.
 */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandLine } from "./command-line.ts";
import type { Ended } from "./process.ts";
import type { Target } from "./target.ts";

export interface World {
  readonly target: Target;
  /** The CLI, of whoever owns the stack. */
  readonly cli: CommandLine;
  /** For files of this round, which functions may write too. */
  readonly folder: string;
  /** Before every run id: a stack sees several rounds. */
  readonly prefix: string;
  /** Deploys the next release of the tasks. */
  readonly deployNext: () => Promise<void>;
}

/** Something that is done with the deployed stack. */
export interface Scenario {
  readonly name: string;
  /** What it takes of the target, apart from being one. */
  readonly needs?: (target: Target) => boolean;
  /** @returns what is worth a column in the table. */
  run(world: World): Promise<string>;
}

/** As much of what commands print as is looked at. */
export interface Inspected {
  readonly run: {
    readonly status: string;
    readonly generation: number;
    readonly pausedAt: string | null;
    readonly progress: Readonly<Record<string, number>>;
  };
  readonly joins: readonly {
    readonly id: string;
    readonly decision: string | null;
    readonly arrived: number;
    readonly expected: number;
    readonly missingCount: number;
    readonly firedBy: string | null;
  }[];
  readonly tasks: readonly {
    readonly id: string;
    readonly status: string;
    readonly attempt: number;
    readonly error: { readonly name: string; readonly message: string } | null;
  }[];
}
/** What `run` and `wait` print. */
export interface Outcome {
  readonly runId: string;
  readonly status: string;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

/** A request that no chord here needs. */
const runTimeoutSeconds = 240;

/** How an emulator shows that has no processor to itself: a call that takes longer than the client waits for one. Not a refusal. */
const unavailable = /"code":"(queue|store)-unavailable"(?!.*AccessDenied)/;
/** Runs have ids, so a command may be given again. */
const maxTries = 4;

/** One command of the CLI against the stack; given again when a service did not answer in time, as its user would. */
export async function tutti({ target, cli }: World, args: readonly string[]): Promise<Ended> {
  for (let tries = 1; ; tries++) {
    const ended = await cli.run([...args, "--stack", target.stack, "--json"], runTimeoutSeconds + 10);
    if (tries === maxTries || ended.code !== 1 || !unavailable.test(ended.stderr)) return ended;
    console.log(`given again: tutti ${args.slice(0, 2).join(" ")}: ${ended.stderr.trim().slice(0, 200)}`);
    await sleep(2000);
  }
}

/** The same, of one that ends with this code, or one of these; what it printed. */
export async function tuttiJson<T>(world: World, args: readonly string[], ...codes: readonly number[]): Promise<T> {
  const ended = await tutti(world, args);
  const wanted = codes.length === 0 ? [0] : codes;
  const said = `tutti ${args.join(" ")} ended with ${ended.code}: ${ended.stderr || ended.stdout}`;
  assert.ok(ended.code !== null && wanted.includes(ended.code), said);
  return JSON.parse(ended.stdout) as T;
}

/** Id of a run of this round. */
export const idOf = (world: World, name: string): string => `${world.prefix}-${name}`;

/** A document of this name, as a file. */
export function fileOf(world: World, name: string, document: object): string {
  const file = join(world.folder, `${idOf(world, name)}.json`);
  writeFileSync(file, JSON.stringify(document));
  return file;
}

/** Runs a workflow to its end. */
export async function runToEnd(world: World, name: string, workflow: object, status = "SUCCEEDED"): Promise<Outcome> {
  const id = idOf(world, name);
  const args = ["run", fileOf(world, name, workflow), "--id", id, "--timeout-seconds", String(runTimeoutSeconds)];
  const outcome = await tuttiJson<Outcome>(world, args, status === "SUCCEEDED" ? 0 : 1);
  assert.equal(outcome.status, status);
  return outcome;
}

/** Submits a workflow. */
export async function submit(world: World, name: string, workflow: object): Promise<string> {
  const id = idOf(world, name);
  await tuttiJson(world, ["submit", fileOf(world, name, workflow), "--id", id]);
  return id;
}

/** Answers for a task that runs elsewhere, once it has been handed out. */
export async function report(world: World, taskId: string, value: string): Promise<void> {
  await until(`the hand-out of ${taskId}`, 120, async () => {
    return (await tutti(world, ["report", taskId, "--succeeded", value])).code === 0;
  });
}

/** Waits for the end of a run. */
export async function endOf(world: World, id: string, status = "SUCCEEDED"): Promise<Outcome> {
  const args = ["wait", id, "--timeout-seconds", String(runTimeoutSeconds)];
  const outcome = await tuttiJson<Outcome>(world, args, status === "SUCCEEDED" ? 0 : 1);
  assert.equal(outcome.status, status);
  return outcome;
}

export const inspect = (world: World, id: string): Promise<Inspected> =>
  tuttiJson<Inspected>(world, ["inspect", id, "--verbose"]);

/** What is stored of a run holds to every invariant of the protocol. */
export async function audit(world: World, id: string): Promise<void> {
  const { violations } = await tuttiJson<{ violations: readonly unknown[] }>(world, ["audit", id]);
  assert.deepEqual(violations, []);
}

/** The one join of a run, when the run is over and its callback was decided. */
export async function firedJoin(world: World, id: string): Promise<Inspected["joins"][number]> {
  const { joins } = await inspect(world, id);
  const [join] = joins;
  assert.ok(join !== undefined && joins.length === 1, `run ${id} has ${joins.length} joins`);
  assert.ok(join.firedBy !== null, `nobody fired the callback of ${id}`);
  await audit(world, id);
  return join;
}

/** Asks until there is an answer. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(250)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
  }
  throw new Error(`${what}: not after ${seconds} s`);
}

/** Members that all call one task. */
export const members = (count: number, of: (index: number) => object): readonly object[] =>
  Array.from({ length: count }, (_, index) => of(index));
