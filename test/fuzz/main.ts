/**
 * `npm run verify:fuzz`: see the usage below.
 *
 * Ends with 0 when no input did harm, 1 when one did, 2 for wrong usage.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lanes } from "./lanes.ts";
import { type LaneReport, runLane } from "./run-lane.ts";

const usage = `usage: npm run verify:fuzz -- [--inputs N] [--seed S] [--lane NAME [--path P]]

Good inputs with damage done to them, of every kind that comes from outside: none may crash, hang, harm its neighbours,
change what all objects share, or bring a secret into the log; what is wrong is refused by path and rule.

  --inputs N    in all, in two processes (default: 1000000)
  --seed S      (default: a new one)
  --lane NAME   one of ${lanes.map(({ name }) => name).join(", ")}
  --path P      one case of that lane: what a failure was shrunk to

example: npm run verify:fuzz -- --lane request --seed 7 --path 12:3`;

const processes = 2;
/** A process that has not come on by then hangs in an input. */
const silentMs = 120_000;

interface Options {
  readonly inputs: number;
  readonly seed: number;
  readonly lane: string | undefined;
  readonly path: string | undefined;
  readonly child: boolean;
}

function parseOptions(): Options {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string", default: "1000000" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      lane: { type: "string" },
      path: { type: "string" },
      child: { type: "boolean", default: false },
    },
  });
  const { lane, path, child } = values;
  for (const [name, text] of [
    ["inputs", values.inputs],
    ["seed", values.seed],
  ] as const)
    if (!/^\d+$/.test(text)) throw new TypeError(`--${name} ${text}: must be a whole number`);
  if (lane !== undefined && !lanes.some(({ name }) => name === lane)) throw new TypeError(`there is no lane ${lane}`);
  if (path !== undefined && lane === undefined) throw new TypeError("--path is of a lane: name it with --lane");
  return { inputs: Number(values.inputs), seed: Number(values.seed), lane, path, child };
}

/** What a child tells its parent. */
type Word =
  | { readonly kind: "at"; readonly lane: string; readonly run: number }
  | { readonly kind: "done"; readonly report: LaneReport };

const chosen = ({ lane }: Options) => lanes.filter(({ name }) => lane === undefined || name === lane);
const total = (options: Options) => chosen(options).reduce((sum, { share }) => sum + share, 0);

/** Runs the lanes in this process. */
async function runHere(options: Options, tell: (word: Word) => void): Promise<boolean> {
  for (const lane of chosen(options)) {
    const cases = Math.ceil((options.inputs * lane.share) / total(options) / lane.inputsPerCase);
    const { seed, path } = options;
    const report = await runLane(lane, {
      cases,
      seed,
      path,
      onCase: (run) => tell({ kind: "at", lane: lane.name, run }),
    });
    tell({ kind: "done", report });
    if (report.failure !== undefined) return false;
  }
  return true;
}

function show({ lane, seed, failure }: LaneReport): void {
  if (failure === undefined) return;
  console.log(`seed ${seed}, lane ${lane}, path ${failure.path}\n\n${failure.input}\n\n${failure.error}`);
  console.log(`\nagain: npm run verify:fuzz -- --lane ${lane} --seed ${seed} --path ${failure.path}`);
}

/** Shares the inputs among processes; each has a seed of its own. */
async function runShared(options: Options): Promise<boolean> {
  const begun = performance.now();
  const inputs = new Map<string, number>();
  const children: ChildProcess[] = [];
  const runOne = (at: number): Promise<boolean> =>
    new Promise((resolve) => {
      const seed = options.seed + at;
      const lane = options.lane === undefined ? [] : ["--lane", options.lane];
      const share = ["--inputs", String(Math.ceil(options.inputs / processes)), "--seed", String(seed)];
      const child = fork(fileURLToPath(import.meta.url), ["--child", ...share, ...lane]);
      children.push(child);
      let last = "";
      let timer: NodeJS.Timeout | undefined;
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          console.log(`seed ${seed}: nothing more after ${last} within ${silentMs / 1000} s`);
          child.kill("SIGKILL");
        }, silentMs);
      };
      watch();
      child.on("message", (word: Word) => {
        watch();
        if (word.kind === "at") last = `case ${word.run} of lane ${word.lane}`;
        else {
          const { lane: name, inputs: count } = word.report;
          inputs.set(name, (inputs.get(name) ?? 0) + count);
          show(word.report);
        }
      });
      child.once("exit", (code) => {
        clearTimeout(timer);
        if (code !== 0) for (const other of children) other.kill("SIGKILL");
        resolve(code === 0);
      });
    });
  const well = await Promise.all(Array.from({ length: processes }, (_, at) => runOne(at)));
  const seconds = (performance.now() - begun) / 1000;
  for (const [name, count] of inputs) console.log(`${name.padEnd(20)}${count.toLocaleString("en").padStart(10)}`);
  const all = [...inputs.values()].reduce((sum, count) => sum + count, 0);
  const rate = `${all.toLocaleString("en")} inputs in ${seconds.toFixed(0)} s, ${(all / seconds).toFixed(0)} a second`;
  console.log(`${rate}, ${well.every(Boolean) ? "none did harm" : "FAILED"}`);
  return well.every(Boolean);
}

async function main(): Promise<number> {
  const options = parseOptions();
  if (options.child) return (await runHere(options, (word) => process.send?.(word))) ? 0 : 1;
  console.log(
    `seed ${options.seed}, ${options.path === undefined ? `${options.inputs} inputs` : `case ${options.path}`}`,
  );
  if (options.path === undefined) return (await runShared(options)) ? 0 : 1;
  return (await runHere(options, (word) => word.kind === "done" && show(word.report))) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
if (process.connected) process.disconnect();
