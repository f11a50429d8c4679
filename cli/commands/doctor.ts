/**
 * `tutti doctor`: whether the deployment is set up to work, and what to do where it is not. Writes nothing, sends nothing.
 */
import type { Command } from "commander";
import { tasksIn } from "../checking.ts";
import { findDeployment } from "../connection.ts";
import { type CliIo, exitCodes } from "../io.ts";
import { addConnectionOptions, addExample, type ConnectionFlags } from "../options.ts";
import { writeDoctor } from "../output/doctor.ts";
import { writeJson } from "../output/json.ts";

interface Flags extends ConnectionFlags {
  readonly tasks?: string;
}

export function registerDoctor(program: Command, io: CliIo): void {
  const command = program
    .command("doctor")
    .description("checks table, queues, permissions, versions and clock; exit code 1 when anything is wrong")
    .option("--tasks <FILE>", "tasks module of the deployed code: tells which queues it needs")
    .action(async (flags: Flags) => {
      const more = flags.tasks === undefined ? {} : { tasks: await tasksIn(io, flags.tasks) };
      const deployment = await findDeployment(io, flags, more);
      // The SDK is loaded with it.
      const { doctor } = await import("../../lib/connect-doctor.ts");
      const report = await doctor(deployment, {
        nodeVersion: process.version,
        packageVersion: program.version() ?? "",
      });
      if (!report.healthy) io.exitWith(exitCodes.issue);
      if (flags.json === true) return writeJson(io, report);
      writeDoctor(io, report);
    });
  addExample(
    addConnectionOptions(command),
    "tutti doctor",
    "tutti doctor --stack Prod --tasks src/tasks.ts",
    "tutti doctor --json | jq '.findings[] | select(.state == \"wrong\")'",
  );
}
