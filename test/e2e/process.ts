/**
 * Programs that are run to their end.
 */
import { spawn } from "node:child_process";
import type { Variables } from "./environment.ts";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env: Variables;
  readonly cwd: string;
  readonly input?: string;
  readonly timeoutSeconds: number;
}

/** Runs a program; it is killed when it takes too long. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { env, cwd, input = "", timeoutSeconds } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: "pipe" });
    // Not the option of spawn: its timer goes on when the program does not exist.
    const late = setTimeout(() => child.kill(), timeoutSeconds * 1000);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.on("close", (code) => {
      clearTimeout(late);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on("error", () => {}).end(input);
  });
}

/** The same, of a program that must succeed. */
export async function runWell(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const ended = await run(command, args, options);
  if (ended.code === 0) return ended;
  const said = `${ended.stdout}\n${ended.stderr}`.trim().split("\n").slice(-25).join("\n");
  throw new Error(`${[command, ...args].join(" ").slice(0, 200)} ended with ${ended.code}:\n${said}`);
}
