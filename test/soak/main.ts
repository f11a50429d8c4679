/**
 * `npm run verify:soak`: see options.ts for what it takes.
 *
 * Ends with 0 when nothing is wrong, 1 when something is, 2 for wrong usage or where there is no dynoxide, 130 after Ctrl-C.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { parseOptions, type SoakOptions, usage } from "./options.ts";
import { tableOf } from "./report.ts";
import { type Outcome, soak } from "./soak.ts";

const print = (text: string) => void process.stdout.write(`${text}\n`);
const note = (text: string) => void process.stderr.write(`${text}\n`);
const listedFaults = 50;

class Interrupted extends Error {}

function show({ figures, faults }: Outcome, { seconds, seed }: SoakOptions): number {
  if (faults.length > 0) {
    print(`seed ${seed}: ${faults.length} faults\n`);
    for (const fault of faults.slice(0, listedFaults)) print(fault);
    if (faults.length > listedFaults) print(`… and ${faults.length - listedFaults} more`);
    print(`\nagain: npm run verify:soak -- --seconds ${seconds} --seed ${seed} --keep\n`);
  }
  print(tableOf(figures));
  print(faults.length === 0 ? "\nnothing lost, doubled or undecided; every invariant holds" : "\nFAILED");
  return faults.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), () => Date.now() % 2 ** 31);
  if (options.help) {
    print(usage);
    return 0;
  }
  if (!dynoxideAvailable()) {
    note(`there is no dynoxide for ${process.platform}-${process.arch} here: run npm ci with optional packages`);
    return 2;
  }
  const interrupting = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => interrupting.abort(new Interrupted(`ended by ${signal}`)));
  const folder = await mkdtemp(join(tmpdir(), "tutti-soak-"));
  print(`seed ${options.seed}, ${options.seconds} s${options.keep ? `, in ${folder}` : ""}`);
  try {
    return show(await soak({ ...options, folder, interrupted: interrupting.signal, onProgress: note }), options);
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      print(`seed ${options.seed}`);
      throw error;
    }
    note(error.message);
    return 130;
  } finally {
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
try {
  process.exitCode = await main();
} catch (error) {
  note(
    error instanceof TypeError && "code" in error
      ? `${error.message}\n\n${usage}`
      : `${error instanceof Error ? error.stack : error}`,
  );
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
// Everything is closed and every process has ended: what an interrupted loop still waits for is nobody's concern.
process.exit();
