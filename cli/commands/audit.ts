/**
 * `tutti audit`: stored items against the invariants of the protocol. Writes nothing.
 */
import type { Command } from "commander";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { auditExport } from "../../lib/client/audit.ts";
import type { AuditReport } from "../../lib/client/shapes.ts";
import { openClient } from "../connection.ts";
import { readExport } from "../export-file.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";
import { plainLine } from "../output/plain.ts";
import { parseRunId, UsageError } from "../usage.ts";

interface Flags extends ConnectionFlags {
  readonly all?: boolean;
  readonly from?: string;
}

export function registerAudit(program: Command, io: CliIo): void {
  const command = program
    .command("audit")
    .description("check what is stored of a run, of all runs, or in an export, against the invariants of the protocol")
    .argument("[ID]", "id of a run, or the beginning of one", parseRunId)
    .option("--all", "all runs that are listed, one after the other")
    .option("--from <FILE>", "an export of the table in DynamoDB JSON, one item a line, - for standard input")
    .action(async (id: string | undefined, flags: Flags) => {
      const report = await audit(io, id, flags);
      if (flags.json === true) writeJson(io, report);
      else writeAudit(io, report);
      if (report.found > 0) io.exitWith(exitCodes.issue);
    });
  addExample(
    addConnectionOptions(command),
    "tutti audit nightly-2026-11-21",
    "tutti audit --all --json | jq .violations",
    "zcat AWSDynamoDB/*/data/*.json.gz | tutti audit --from -",
  );
}

async function audit(io: CliIo, id: string | undefined, flags: Flags): Promise<AuditReport> {
  if ([id, flags.all, flags.from].filter((given) => given !== undefined).length !== 1)
    throw new UsageError("say what to audit, in one way", "the ID of a run, --all, or --from FILE");
  if (flags.from !== undefined) return auditExport(await readExport(io, flags.from));
  const client = await openClient(io, flags);
  return id === undefined ? client.auditAll({ onProgress: progressOf(io) }) : client.audit(id);
}

const lineEveryMs = 1000;

function progressOf(io: CliIo): (soFar: { readonly runs: number; readonly found: number }) => void {
  let notBeforeMs = wallClock.now() + lineEveryMs;
  return ({ runs, found }) => {
    if (wallClock.now() < notBeforeMs) return;
    notBeforeMs = wallClock.now() + lineEveryMs;
    note(io, `audited ${runs} runs: ${violations(found)}`);
  };
}

function writeAudit(io: CliIo, report: AuditReport): void {
  const { runs, found, unsteady } = report;
  for (const { invariant, run, node, join, explanation, key } of report.violations) {
    const part = node ?? join;
    io.out.write(`${invariant} ${run}${part === undefined ? "" : `/${part}`}: ${plainLine(explanation)}\n`);
    io.out.write(`  item ${plainLine(key.pk)} · ${plainLine(key.sk)}\n`);
  }
  if (runs === 0 && found === 0) io.out.write("nothing to audit: no runs are stored\n");
  else
    io.out.write(
      `audited ${runs} run${runs === 1 ? "" : "s"}: ${found === 0 ? "every invariant holds" : violations(found)}\n`,
    );
  if (found > report.violations.length) note(io, `shown are the first ${report.violations.length}`);
  for (const run of unsteady) note(io, `run ${run} kept changing while it was read: audit it again`);
  if (found > 0) note(io, "what the invariants say: docs/protocol.md#invariants");
}

function violations(found: number): string {
  return `${found} violation${found === 1 ? "" : "s"}`;
}
