/**
 * The CLI as it is built, with the environment of one person. A command takes a second of a core to start, and this lane
 * gives hundreds: they go to one process that stays, by the same `main` that bin/tutti.mjs starts.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Variables } from "./environment.ts";
import type { Ended } from "./process.ts";

export interface CommandLine {
  readonly env: Variables;
  /** @throws Error when the command takes longer. */
  run(args: readonly string[], timeoutSeconds: number): Promise<Ended>;
  stop(): Promise<void>;
}

const child = fileURLToPath(new URL("command-line-child.mjs", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

export function startCommandLine(env: Variables): CommandLine {
  const open = new Map<number, (ended: Ended) => void>();
  let process: ChildProcess | undefined;
  let asked = 0;
  const start = () => {
    const started = fork(child, { env, cwd: root, execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    started.on("message", (answer: Ended & { readonly id: number }) => open.get(answer.id)?.(answer));
    started.on("exit", (code) => {
      for (const answer of open.values()) answer({ code: null, stdout: "", stderr: `the CLI ended with ${code}` });
    });
    return started;
  };
  return {
    env,
    async run(args, timeoutSeconds) {
      process ??= start();
      const id = asked++;
      const ended = new Promise<Ended>((resolve, reject) => {
        const late = () => reject(new Error(`tutti ${args.join(" ")}: no end after ${timeoutSeconds} s`));
        const timer = setTimeout(late, timeoutSeconds * 1000);
        open.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
      });
      process.send({ id, args });
      return ended.finally(() => open.delete(id));
    },
    async stop() {
      if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
      const gone = once(process, "exit");
      process.disconnect();
      await gone;
    },
  };
}
