/**
 * `npm run audit:kill -- [TIMES]`: the main job once undisturbed, then with killed workers that often (default 10).
 *
 * Fails unless each report is the undisturbed one's and each callback was decided once, by the stored items.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const start = fileURLToPath(new URL("start.ts", import.meta.url));
const limitMs = 120_000;

interface Outcome {
  readonly exitCode: number | null;
  readonly report: string;
  readonly callback: string;
  readonly killed: string;
  readonly took: string;
}

function audit(args: readonly string[]): Outcome {
  const command = ["--conditions=source", "--import", "tsx", start, ...args];
  const { status, stdout } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: limitMs });
  const line = (name: string) => new RegExp(`^${name} +(.*)$`, "m").exec(stdout)?.[1] ?? "";
  return {
    exitCode: status,
    report: reportText(),
    callback: line("callback"),
    killed: line("killed"),
    took: line("took"),
  };
}

/** The report without the time it was made at. */
function reportText(): string {
  const { auditedAt: _, ...report } = JSON.parse(readFileSync("licence-report/licence-report.json", "utf8"));
  return JSON.stringify(report);
}

const times = Number(process.argv[2] ?? 10);
const reference = audit([]);
let right = 0;
for (let i = 1; i <= times; i++) {
  const outcome = audit(["--kill"]);
  const same =
    outcome.exitCode === 0 && outcome.report === reference.report && outcome.callback.startsWith("decided once");
  if (same) right++;
  console.log(`${i}  ${same ? "right" : "WRONG"}  ${outcome.took}  ${outcome.killed}  callback ${outcome.callback}`);
}
console.log(`\n${right} of ${times} right`);
process.exitCode = reference.exitCode === 0 && right === times ? 0 : 1;
