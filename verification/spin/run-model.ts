/**
 * Compiles one model with its flags, searches it, and says what came of it.
 *
 * spin writes a checker in C, gcc compiles it, and the checker (`pan`) searches every state within the flags' budgets. It runs
 * with a low priority, a limit of memory and one of time: what is cut by them has no verdict.
 */
import { spawnSync } from "node:child_process";
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
export function runModel(one: Case, { memoryMib, seconds }: Limits): SearchReport {
  const folder = mkdtempSync(join(tmpdir(), "tutti-model-"));
  const search = searchOf(one);
  const model = `${one.model}.pml`;
  try {
    cpSync(join(here, model), join(folder, model));
    const options = { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
    build("spin", ["-a", ...search.spin, model], options);
    // What is rejected is so soon, mostly: to compile it well would take longer than to search it.
    const effort = one.expect === "rejected" && !one.long ? "-O0" : "-O2";
    build("gcc", [effort, "-w", "-DCOLLAPSE", `-DMEMLIM=${memoryMib}`, ...search.gcc, "-o", "pan", "pan.c"], options);
    const pan = ["-n", "15", "timeout", "-s", "INT", String(seconds), "./pan", ...search.pan];
    return readReport(spawnSync("nice", pan, options).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a compiler; what it says becomes the message when it fails. */
function build(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly encoding: "utf8"; readonly maxBuffer: number },
): void {
  const { status, stdout, stderr } = spawnSync(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${stdout}${stderr}`);
}
