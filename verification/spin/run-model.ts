/**
 * Compiles one model with its flags, searches it, and says what came of it.
 *
 * spin writes a checker in C, gcc compiles it, and the checker (`pan`) searches every state within the flags' budgets. It runs
 * with a low priority, a limit of memory and one of time: what is cut by them has no verdict.
 */
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";
import { readReport, type SearchReport } from "./search-report.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Bounds of one search. */
export interface Limits {
  readonly memoryMib: number;
  readonly seconds: number;
}

/** Programs that are needed and cannot be started. */
export function missingPrograms(): readonly string[] {
  return ["spin", "gcc"].filter(
    (program) => spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined,
  );
}

/** How a model is compiled and searched: for states that must not be, or for cycles without progress too. */
function searchOf({ flags, live }: Case): { readonly spin: string[]; readonly gcc: string[]; readonly pan: string[] } {
  const given = flags.split(" ");
  return live
    ? { spin: [...given, "-DLIVE"], gcc: ["-DNFAIR=3"], pan: ["-m400000", "-a", "-f"] }
    : { spin: given, gcc: ["-DSAFETY"], pan: ["-m400000"] };
}

/** Runs one case in a folder of its own. */
export async function runModel(one: Case, { memoryMib, seconds }: Limits): Promise<SearchReport> {
  const folder = mkdtempSync(join(tmpdir(), "tutti-model-"));
  const search = searchOf(one);
  const model = `${one.model}.pml`;
  try {
    cpSync(join(here, model), join(folder, model));
    await build(folder, "spin", ["-a", ...search.spin, model]);
    // What is rejected is so soon, mostly, and what is short has few states: to compile that well takes longer than to search it.
    const short = one.expect === "rejected" ? "-O0" : "-O1";
    const effort = one.long ? "-O2" : short;
    const gcc = [effort, "-w", "-DCOLLAPSE", `-DMEMLIM=${memoryMib}`, ...search.gcc, "-o", "pan", "pan.c"];
    await build(folder, "gcc", gcc);
    const pan = ["-n", "15", "timeout", "--foreground", "-s", "INT", String(seconds), "./pan", ...search.pan];
    return readReport((await run(folder, "nice", pan)).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Ran {
  readonly failed: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, well or not. */
function run(cwd: string, program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((done) => {
    const options = { cwd, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
    execFile(program, args, options, (error, stdout, stderr) => done({ failed: error !== null, stdout, stderr }));
  });
}

/** Runs a compiler; what it says becomes the message when it fails. */
async function build(folder: string, program: string, args: readonly string[]): Promise<void> {
  const { failed, stdout, stderr } = await run(folder, program, args);
  if (failed) throw new Error(`${program} ${args.join(" ")} failed: ${stdout}${stderr}`);
}
