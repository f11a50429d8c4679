/**
 * The `tutti` program. The only file of the CLI that knows the process: its streams, environment, signals and end.
 */
import { text } from "node:stream/consumers";
import type { CliIo, InterruptSignal, TextOutput } from "./io.ts";
import { main } from "./program.ts";

const signals: readonly InterruptSignal[] = ["SIGINT", "SIGTERM"];

function outputOf(stream: NodeJS.WriteStream): TextOutput {
  // Whoever reads the pipe may have seen enough (`| head`): that is no error.
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return {
    write: (chunk) => void stream.write(chunk),
    isTTY: stream.isTTY === true,
    get columns() {
      // 0 where a terminal does not know its size.
      return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
    },
    get rows() {
      return stream.isTTY && stream.rows > 0 ? stream.rows : undefined;
    },
  };
}

/** Asks on stderr: stdout carries data only. Ctrl-C is a no. */
async function confirm(question: string): Promise<boolean> {
  const prompts = await import("@clack/prompts");
  return (await prompts.confirm({ message: question, initialValue: false, output: process.stderr })) === true;
}

const io: CliIo = {
  out: outputOf(process.stdout),
  err: outputOf(process.stderr),
  readStdin: () => text(process.stdin),
  env: process.env,
  cwd: process.cwd(),
  exitWith: () => undefined,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { confirm } : {}),
  onInterrupt(run) {
    for (const signal of signals) process.on(signal, run);
    return () => {
      for (const signal of signals) process.off(signal, run);
    };
  },
};

/** Resolves when everything written has left the process, or nobody is there to take it. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

const exitCode = await main(process.argv.slice(2), io);
await Promise.all([drained(process.stdout), drained(process.stderr)]);
process.exit(exitCode);
