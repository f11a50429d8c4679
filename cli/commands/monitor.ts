/**
 * `tutti monitor`: checks again and again, and prints what has changed, until Ctrl-C.
 */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Changes } from "../../lib/client/monitoring.ts";
import type { CheckReport, Issue, MonitorChange } from "../../lib/model/operating-reports.ts";
import { addCheckOptions, type CheckFlags, checkOptionsOf, openChecking } from "../checking.ts";
import { type CliIo, exitCodes, note } from "../io.ts";
import { addExample } from "../options.ts";
import { summaryOf, writeIssues } from "../output/issues.ts";
import { jsonText } from "../output/json.ts";
import { parseDuration } from "../usage.ts";

interface Flags extends CheckFlags {
  readonly every: number;
  readonly hook?: string;
}

const defaultEverySeconds = 900;

export function registerMonitor(program: Command, io: CliIo): void {
  const command = program
    .command("monitor")
    .description("check again and again, and print what has changed, until Ctrl-C")
    .option("--every <TIME>", "how often: 90s, 15m, 1h (default: 15m)", parseDuration, defaultEverySeconds)
    .option("--hook <COMMAND>", "run in a shell when something new is wrong, with the issues as JSON on its input")
    .action((flags: Flags) => monitor(io, flags));
  addExample(
    addCheckOptions(command, "stuck is what has made no progress for that long (default: 1)"),
    "tutti monitor --every 15m",
    "tutti monitor --every 5m --hook 'mail -s \"stuck runs\" ops@example.com'",
  );
}

async function monitor(io: CliIo, flags: Flags): Promise<void> {
  const client = await openChecking(io, flags);
  const stopped = new Promise<void>((resolve) => {
    const off = io.onInterrupt(() => {
      off();
      resolve();
    });
  });
  const running = client.monitor({
    ...checkOptionsOf(flags),
    everyMinutes: flags.every / 60,
    onCheck: (report, changes) => tell(io, report, changes, flags),
    onError: (error) => note(io, `a check failed: ${error instanceof Error ? error.message : String(error)}`),
  });
  const monitoring = await Promise.race([running, stopped]);
  if (monitoring !== undefined) await stopped;
  (await running.catch(() => undefined))?.stop();
  io.exitWith(exitCodes.interrupted);
}

function tell(io: CliIo, report: CheckReport, { appeared, gone }: Changes, flags: Flags): void {
  if (flags.json === true) {
    for (const change of changesOf(report, { appeared, gone })) io.out.write(`${jsonText(change, false)}\n`);
  } else {
    writeIssues(io, appeared, Date.parse(report.checkedAt));
    for (const issue of gone) io.out.write(`${report.checkedAt} gone: ${nameOf(issue)}\n`);
    io.out.write(`${report.checkedAt} ${summaryOf(report)}\n`);
  }
  if (appeared.length > 0 && flags.hook !== undefined) runHook(io, flags.hook, appeared);
}

function changesOf(report: CheckReport, { appeared, gone }: Changes): readonly MonitorChange[] {
  const changed = (change: MonitorChange["change"]) => (issue: Issue | null) =>
    ({ schemaVersion: 1, at: report.checkedAt, change, issue }) as const;
  const all = [...appeared.map(changed("new")), ...gone.map(changed("gone"))];
  return all.length > 0 ? all : [changed("same")(null)];
}

function nameOf({ kind, runId, joinId }: Issue): string {
  return `${kind} of ${runId ?? "the deployment"}${joinId === null ? "" : `/${joinId}`}`;
}

/** The monitor goes on whatever comes of it. */
function runHook(io: CliIo, command: string, issues: readonly Issue[]): void {
  const hook = spawn(command, { shell: true, stdio: ["pipe", "ignore", "inherit"], env: { ...io.env } });
  hook.on("error", (error) => note(io, `the hook could not be started: ${error.message}`));
  hook.on("exit", (code) => {
    if (code !== 0) note(io, `the hook ended with ${code ?? "a signal"}`);
  });
  hook.stdin.on("error", () => undefined);
  hook.stdin.end(jsonText(issues, false));
}
