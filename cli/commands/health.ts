/**
 * `tutti health`: one JSON object for a load balancer or a cron line.
 */
import type { Command } from "commander";
import { addCheckOptions, type CheckFlags, checkOptionsOf, openChecking } from "../checking.ts";
import { type CliIo, exitCodes } from "../io.ts";
import { addExample } from "../options.ts";
import { writeJson } from "../output/json.ts";

export function registerHealth(program: Command, io: CliIo): void {
  const command = program
    .command("health")
    .description("one JSON object: active_chord_unlocks, stuck_chords, status; exit code 1 when anything is stuck")
    .action(async (flags: CheckFlags) => {
      const client = await openChecking(io, flags);
      const report = await client.health(checkOptionsOf(flags));
      if (report.status === "unhealthy") io.exitWith(exitCodes.issue);
      writeJson(io, report);
    });
  addExample(
    addCheckOptions(command, "stuck is what has made no progress for that long (default: 1)"),
    "tutti health --max-hours 2",
    'tutti health > /var/run/tutti.json || logger "something is stuck"',
  );
}
