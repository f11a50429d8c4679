/**
 * The ledger of effects: one line for each start and each end of a body, in a file outside the store.
 *
 * A line is on disk before the body goes on, so that a SIGKILL takes nothing back. Lines are short and appended in one
 * write each: those of several processes do not mix.
 */
import { fsyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** Variable that names the file to the processes that run bodies. */
export const ledgerVariable = "SOAK_LEDGER";

export interface Entry {
  readonly what: "start" | "end";
  readonly taskId: string;
  readonly generation: number;
  readonly attempt: number;
  readonly pid: number;
  readonly atMs: number;
  /** Of a start: what the body was called with. Of an end: what it returned. */
  readonly hash: string;
}

/** One execution: there is one start of each. */
export const executionOf = ({ taskId, generation, attempt }: Pick<Entry, "taskId" | "generation" | "attempt">) =>
  `${taskId} ${generation} ${attempt}`;

/** Opens the ledger for this process. */
export function openLedger(file: string): (entry: Omit<Entry, "pid" | "atMs">) => void {
  const descriptor = openSync(file, "a");
  return ({ what, taskId, generation, attempt, hash }) => {
    writeSync(descriptor, `${what} ${taskId} ${generation} ${attempt} ${process.pid} ${Date.now()} ${hash}\n`);
    fsyncSync(descriptor);
  };
}

/** Everything that was noted, in the order of the file. */
export function readLedger(file: string): readonly Entry[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [what = "", taskId = "", generation, attempt, pid, atMs, hash = ""] = line.split(" ");
      if (what !== "start" && what !== "end") throw new Error(`the ledger has a line of another kind: ${line}`);
      return {
        what,
        taskId,
        generation: Number(generation),
        attempt: Number(attempt),
        pid: Number(pid),
        atMs: Number(atMs),
        hash,
      };
    });
}
