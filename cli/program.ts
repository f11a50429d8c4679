/**
 * The `tutti` command line: which commands there are, and how any of them ends.
 */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { registerAudit } from "./commands/audit.ts";
import { registerCheck } from "./commands/check.ts";
import { registerClean } from "./commands/clean.ts";
import { registerCompletion } from "./commands/completion.ts";
import { registerCost } from "./commands/cost.ts";
import { registerDev } from "./commands/dev.ts";
import { registerDlq } from "./commands/dlq.ts";
import { registerDoctor } from "./commands/doctor.ts";
import { registerEvents } from "./commands/events.ts";
import { registerFix } from "./commands/fix.ts";
import { registerGraph } from "./commands/graph.ts";
import { registerHealth } from "./commands/health.ts";
import { registerInspect } from "./commands/inspect.ts";
import { registerList } from "./commands/list.ts";
import { registerMonitor } from "./commands/monitor.ts";
import { registerPause } from "./commands/pause.ts";
import { registerPlan } from "./commands/plan.ts";
import { registerReport } from "./commands/report.ts";
import { registerResult } from "./commands/result.ts";
import { registerResume } from "./commands/resume.ts";
import { registerRetry } from "./commands/retry.ts";
import { registerRevoke } from "./commands/revoke.ts";
import { registerRun } from "./commands/run.ts";
import { registerStatus } from "./commands/status.ts";
import { registerSubmit } from "./commands/submit.ts";
import { registerSweep } from "./commands/sweep.ts";
import { registerWait } from "./commands/wait.ts";
import { registerWatch } from "./commands/watch.ts";
import { registerWorker } from "./commands/worker.ts";
import { type CliIo, type ExitCode, exitCodes } from "./io.ts";
import { writeError } from "./output/errors.ts";

/** Adds one command to the program. */
export type Register = (program: Command, io: CliIo) => void;

const registers: readonly Register[] = [
  registerRun,
  registerSubmit,
  registerPlan,
  registerStatus,
  registerList,
  registerCheck,
  registerFix,
  registerHealth,
  registerMonitor,
  registerInspect,
  registerGraph,
  registerEvents,
  registerWatch,
  registerWait,
  registerResult,
  registerRevoke,
  registerPause,
  registerResume,
  registerRetry,
  registerClean,
  registerDlq,
  registerSweep,
  registerReport,
  registerCost,
  registerAudit,
  registerDoctor,
  registerDev,
  registerWorker,
  registerCompletion,
];

/**
 * Runs one command line. Never throws, and never ends the process.
 *
 * @param argv - The words after the name of the program.
 * @returns the exit code.
 */
export async function main(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.fine;
  const own: CliIo = {
    ...io,
    ...(argv.includes("--no-color") ? { env: { ...io.env, NO_COLOR: "1" } } : {}),
    exitWith(code) {
      exitCode = code;
      io.exitWith(code);
    },
  };
  const program = createProgram(own);
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.fine;
    // Help that was asked for by typing no command: it has been shown.
    if (error instanceof CommanderError && error.code === "commander.help") return exitCodes.usage;
    return writeError(io, error, { json: argv.includes("--json"), help: helpFor(program, argv) });
  }
}

/** How to ask for help on what was typed. */
function helpFor(program: Command, [name]: readonly string[]): string {
  const known = program.commands.some((command) => command.name() === name);
  return known ? `tutti ${name} --help` : "tutti --help";
}

/** The program with all its commands. */
export function createProgram(io: CliIo): Command {
  const program = new Command("tutti")
    .description("Run and watch workflows of tasks on SQS, Lambda and DynamoDB.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .showSuggestionAfterError(true)
    .exitOverride()
    // Wraps descriptions on narrow terminals too: commander stops at 40 columns beside the longest option.
    .configureHelp({ minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      getOutHelpWidth: () => io.out.columns ?? 80,
      getErrHelpWidth: () => io.err.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // Errors are told once, by writeError.
      outputError: () => undefined,
    })
    .addHelpText("after", afterHelp);
  for (const register of registers) register(program, io);
  return program;
}

const afterHelp = `
Every command takes --json: stdout is then data only. Ids may be cut to a beginning that only one run has.
Exit codes: 0 fine · 1 issues found, run failed, or an error · 2 wrong usage · 124 wait ran out of time · 130 interrupted or declined

Examples:
  tutti dev --tasks src/tasks.ts        an engine and workers on this machine
  tutti run workflow.json               submit, follow, print the result
  tutti inspect nightly --verbose       what every task is doing`;

/** The version of the package, found by its own name: this file runs from the sources and from dist. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)("tutti/package.json") as { readonly version: string };
  return version;
}
