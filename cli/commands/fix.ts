/**
 * `tutti fix`: the quick fix. Shows what is stuck, asks, repairs or revokes, and says what to do next.
 *
 * Everything is asked before anything is done: a "no", or Ctrl-C, changes nothing.
 */
import type { Command } from "commander";
import type { TuttiClient } from "../../lib/client/client.ts";
import type { CheckReport, FixReport } from "../../lib/model/operating-reports.ts";
import { addCheckOptions, type CheckFlags, checkOptionsOf, openChecking } from "../checking.ts";
import { type Action, autoRevokeHours, fixHours, nextSteps, planFix } from "../fix-plan.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addExample } from "../options.ts";
import { InterruptedError } from "../output/errors.ts";
import { summaryOf, writeIssues } from "../output/issues.ts";
import { writeJson } from "../output/json.ts";
import { parseRunId, UsageError } from "../usage.ts";

interface Flags extends CheckFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly reason?: string;
}

type Done = FixReport["actions"][number];

export function registerFix(program: Command, io: CliIo): void {
  const command = program
    .command("fix")
    .description(
      "the quick fix: show what is stuck, ask, repair what can be repaired, revoke the rest, say what is next",
    )
    .argument("[ID]", "only this run", parseRunId)
    .option("--reason <TEXT>", "why; it becomes the error's message of what is revoked")
    .option("--dry-run", "say what would be done; change nothing")
    .option(
      "-y, --yes",
      `do not ask: repair, and revoke what is stuck for ${autoRevokeHours} hours; needed where there is no terminal to ask on`,
    )
    .action(async (id: string | undefined, flags: Flags) => {
      const client = await openChecking(io, flags);
      const maxHours = flags.maxHours ?? fixHours;
      const check = await client.checkStuck(checkOptionsOf({ ...flags, maxHours }, id));
      const actions = planFix(check, { maxHours, unasked: flags.yes === true });
      if (flags.json !== true) writeState(io, check, actions);
      const report = await carryOut(io, client, { check, actions }, flags);
      if (report.actions.some((action) => isOpen(action, report.dryRun)) || isElsewhere(check))
        io.exitWith(exitCodes.issue);
      if (flags.json === true) writeJson(io, report);
      else writeEnd(io, report);
    });
  addExample(
    addCheckOptions(command, "what has made no progress for that long may be revoked (default: 0.5)"),
    "tutti fix",
    "tutti fix nightly-2026-11-21 --dry-run",
    'tutti fix --yes --reason "worker pool was down"',
  );
}

/** Whether something is left that `fix` has not mended, or would mend. */
function isOpen({ do: what, done }: Done, dryRun: boolean): boolean {
  return what === "leave" || dryRun || done === false;
}

/** Whether something is wrong with the deployment. */
function isElsewhere({ issues }: CheckReport): boolean {
  return issues.some(({ runId }) => runId === null);
}

function writeState(io: CliIo, check: CheckReport, actions: readonly Action[]): void {
  writeIssues(io, check.issues, Date.parse(check.checkedAt));
  io.out.write(`${summaryOf(check)}\n`);
  for (const { do: what, runId, why } of actions) io.out.write(`  ${what} ${runId}: ${why}\n`);
}

interface Planned {
  readonly check: CheckReport;
  readonly actions: readonly Action[];
}

async function carryOut(io: CliIo, client: TuttiClient, planned: Planned, flags: Flags): Promise<FixReport> {
  const { check, actions } = planned;
  const isDry = flags.dryRun === true;
  if (!isDry && flags.yes !== true) await askAll(io, actions);
  const done: Done[] = [];
  for (const action of actions) {
    const { do: what, runId, why } = action;
    const result =
      isDry || what === "leave" ? { done: false, result: asDryRun[what] } : await perform(client, action, flags);
    done.push({ do: what, runId, why, ...result });
    if (flags.json !== true && !isDry && what !== "leave") io.out.write(`run ${runId} ${result.result}\n`);
  }
  return { schemaVersion: 1, dryRun: isDry, check, actions: done, next: [...nextSteps(check, done)] };
}

const asDryRun = { repair: "would be repaired", revoke: "would be revoked", leave: "left as it is" } as const;

/** @throws InterruptedError when the user declines, UsageError when there is nobody to ask. */
async function askAll(io: CliIo, actions: readonly Action[]): Promise<void> {
  for (const what of ["repair", "revoke"] as const) {
    const runs = actions.filter((action) => action.do === what).map(({ runId }) => runId);
    if (runs.length === 0) continue;
    if (io.confirm === undefined)
      throw new UsageError("fix asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
    const named = runs.length > 3 ? `${runs.slice(0, 3).join(", ")}, …` : runs.join(", ");
    if (!(await io.confirm(`${what} ${runs.length} run${runs.length === 1 ? "" : "s"} (${named})?`)))
      throw new InterruptedError("declined: nothing was changed", "look again: tutti check");
  }
}

async function perform(client: TuttiClient, action: Action, flags: Flags): Promise<Pick<Done, "done" | "result">> {
  const { runId, sendAgain, why } = action;
  if (action.do === "repair") {
    const { repaired } = await client.repair(runId, { sendAgain });
    const result =
      repaired === 0
        ? "nothing was left to repair, or a sweep is at it"
        : `repaired: ${repaired} step${repaired === 1 ? "" : "s"}`;
    return { done: true, result };
  }
  const { changed, status } = await client.revoke(runId, { reason: flags.reason ?? `tutti fix: ${why}` });
  if (changed === null) return { done: null, result: "will be revoked: the request is sent" };
  return { done: true, result: changed ? "is revoked" : `is ${status} already` };
}

function writeEnd(io: CliIo, { dryRun, actions, next }: FixReport): void {
  if (dryRun && actions.some(({ do: what }) => what !== "leave"))
    note(io, "nothing was changed: leave out --dry-run to do it");
  io.out.write(`Next steps:\n${next.map((command) => `  ${command}\n`).join("")}`);
}
