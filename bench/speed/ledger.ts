/**
 * One file that bodies append a line to, and the bench reads: counts and times come from there, not from what the product says
 * of itself. Times are of the machine's monotonic clock, which its processes share.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Names the file, for the processes that run tasks. */
export const ledgerVariable = "TUTTI_BENCH_LEDGER";

const pollMs = 0.5;

/** Of the machine, to the microsecond. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export interface Line {
  readonly id: string;
  /** What it counted: results of a chord, steps of a chain. */
  readonly count: number;
  readonly atMs: number;
}

/** For bodies. */
export function note(id: string, count: number): number {
  const file = process.env[ledgerVariable];
  if (file === undefined) throw new Error(`${ledgerVariable} must name the ledger`);
  appendFileSync(file, `${id} ${count} ${monotonicMs()}\n`);
  return count;
}

export interface Ledger {
  /** The lines of those ids, each once, when all are there. @throws Error when a time limit passes, or a line came twice. */
  all(ids: readonly string[], limitSeconds: number): Promise<readonly Line[]>;
}

export function openLedger(file: string): Ledger {
  writeFileSync(file, "");
  const lines = new Map<string, Line>();
  let readTo = 0;
  const read = () => {
    const text = readFileSync(file, "utf8");
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(readTo, end).split("\n").filter(Boolean)) {
      const [id, count, atMs] = line.split(" ") as [string, string, string];
      if (lines.has(id)) throw new Error(`${id} came to its end twice`);
      lines.set(id, { id, count: Number(count), atMs: Number(atMs) });
    }
    readTo = end;
  };
  return {
    async all(ids, limitSeconds) {
      const untilMs = performance.now() + limitSeconds * 1000;
      for (;;) {
        read();
        if (ids.every((id) => lines.has(id))) return ids.map((id) => lines.get(id) as Line);
        if (performance.now() > untilMs) {
          const open = ids.filter((id) => !lines.has(id));
          throw new Error(`${open.length} of ${ids.length} did not end within ${limitSeconds} s: ${open[0]}, …`);
        }
        await sleep(pollMs);
      }
    },
  };
}
