/**
 * `tutti revoke --max-hours`: ends every run that is stuck.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import type { OperationReport } from "../lib/client/shapes.ts";
import type { Issue } from "../lib/model/operating-reports.ts";
import { type CliIo, note } from "./io.ts";
import { InterruptedError } from "./output/errors.ts";
import { writeIssues } from "./output/issues.ts";
import { writeJson } from "./output/json.ts";

export interface StuckFlags {
  readonly maxHours: number;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

/** Shows what is stuck, asks, and revokes the runs one after the other. */
export async function revokeStuck(io: CliIo, client: TuttiClient, flags: StuckFlags): Promise<void> {
  const { maxHours, json, dryRun } = flags;
  const check = await client.checkStuck({ maxRuntimeHours: maxHours });
  const issues = check.issues.filter((issue) => isStuckRun(issue, maxHours));
  const runs = [...new Set(issues.flatMap(({ runId }) => runId ?? []))];
  if (json !== true) writeIssues(io, issues, Date.parse(check.checkedAt));
  if (dryRun === true || runs.length === 0) {
    if (json === true) writeJson(io, { schemaVersion: 1, dryRun: dryRun === true, runs, revoked: [] });
    else io.out.write(`${runs.length === 0 ? "nothing is stuck" : `would revoke ${runs.join(", ")}`}\n`);
    if (runs.length > 0) note(io, "nothing was changed: leave out --dry-run to do it");
    return;
  }
  if (flags.yes !== true && !(await io.confirm?.(`revoke ${runs.length} run${runs.length === 1 ? "" : "s"}?`)))
    throw new InterruptedError("declined: nothing was changed", "look at them: tutti check");
  const revoked = await revokeEach(io, client, runs, flags);
  if (json === true) writeJson(io, { schemaVersion: 1, dryRun: false, runs, revoked });
}

/** What has lasted that long: not what the sweeper is about to mend. */
function isStuckRun({ runId, sinceSeconds, kind }: Issue, maxHours: number): boolean {
  return runId !== null && kind !== "run-failed" && sinceSeconds >= maxHours * 3600;
}

async function revokeEach(
  io: CliIo,
  client: TuttiClient,
  runs: readonly string[],
  { reason, json }: StuckFlags,
): Promise<readonly OperationReport[]> {
  const revoked: OperationReport[] = [];
  for (const run of runs) {
    const report = await client.revoke(run, { reason: reason ?? "revoked as stuck" });
    revoked.push(report);
    if (json !== true) io.out.write(`run ${run} ${report.changed === null ? "will be revoked" : report.status}\n`);
  }
  return revoked;
}
