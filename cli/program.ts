/**
 * The `tutti` command line: which commands there are, and how any of them ends.
 */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { type CliIo, type ExitCode, exitCodes } from "./io.ts";
import { writeError } from "./output/errors.ts";

/** Adds one command to the program. */
export type Register = (program: Command, io: CliIo) => void;

/** By name, in the order of the help. Each is loaded when it is asked for: all of them take longer than most commands. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  run: async () => (await import("./commands/run.ts")).registerRun,
  submit: async () => (await import("./commands/submit.ts")).registerSubmit,
  plan: async () => (await import("./commands/plan.ts")).registerPlan,
  status: async () => (await import("./commands/status.ts")).registerStatus,
  list: async () => (await import("./commands/list.ts")).registerList,
  check: async () => (await import("./commands/check.ts")).registerCheck,
  fix: async () => (await import("./commands/fix.ts")).registerFix,
  health: async () => (await import("./commands/health.ts")).registerHealth,
  monitor: async () => (await import("./commands/monitor.ts")).registerMonitor,
  inspect: async () => (await import("./commands/inspect.ts")).registerInspect,
  graph: async () => (await import("./commands/graph.ts")).registerGraph,
  events: async () => (await import("./commands/events.ts")).registerEvents,
  watch: async () => (await import("./commands/watch.ts")).registerWatch,
  wait: async () => (await import("./commands/wait.ts")).registerWait,
  result: async () => (await import("./commands/result.ts")).registerResult,
  revoke: async () => (await import("./commands/revoke.ts")).registerRevoke,
  pause: async () => (await import("./commands/pause.ts")).registerPause,
  resume: async () => (await import("./commands/resume.ts")).registerResume,
  retry: async () => (await import("./commands/retry.ts")).registerRetry,
  clean: async () => (await import("./commands/clean.ts")).registerClean,
  dlq: async () => (await import("./commands/dlq.ts")).registerDlq,
  sweep: async () => (await import("./commands/sweep.ts")).registerSweep,
  report: async () => (await import("./commands/report.ts")).registerReport,
  cost: async () => (await import("./commands/cost.ts")).registerCost,
  audit: async () => (await import("./commands/audit.ts")).registerAudit,
  doctor: async () => (await import("./commands/doctor.ts")).registerDoctor,
  dev: async () => (await import("./commands/dev.ts")).registerDev,
  worker: async () => (await import("./commands/worker.ts")).registerWorker,
  completion: async () => (await import("./commands/completion.ts")).registerCompletion,
};

const versionFlags = ["-V", "--version"];
/** Needs to know the others. */
const completion = "completion";

/** What has to be loaded for a command line: help, completion and mistakes are about all of them. */
function commandsFor([name = ""]: readonly string[]): readonly string[] {
  if (versionFlags.includes(name)) return [];
  return Object.hasOwn(commands, name) && name !== completion ? [name] : Object.keys(commands);
}

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
  const program = await createProgram(own, commandsFor(argv));
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

/**
 * The program.
 *
 * @param names - Of the commands that it has; by default all.
 */
export async function createProgram(io: CliIo, names: readonly string[] = Object.keys(commands)): Promise<Command> {
  const program = new Command("tutti")
    .description("Run and watch workflows of tasks on SQS, Lambda and DynamoDB.")
    .version(packageVersion(), versionFlags.join(", "), "print the version")
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
  const registers = await Promise.all(names.map((name) => commands[name]?.()));
  for (const register of registers) register?.(program, io);
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
