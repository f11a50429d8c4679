/** The file of effects: lines of `event id value nanoseconds` that bodies append. No system's own word is used. */
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export interface Effect {
  readonly value: number;
  /** Of the machine's monotonic clock. */
  readonly atMs: number;
}

/** `begin` and `end` of a member, `fired` of a callback, `gave-up` of what is called in its place. */
export type EffectName = "begin" | "end" | "fired" | "gave-up";

export interface Ledger {
  readonly file: string;
  /** How many lines are new. */
  read(): number;
  of(name: EffectName, id: string): readonly Effect[];
  /** Whether all of those have fired within the time. */
  allFired(ids: readonly string[], limitMs: number): Promise<boolean>;
  close(): void;
}

const pollMs = 2;
const chunkBytes = 1 << 20;

export function openLedger(file: string): Ledger {
  writeFileSync(file, "", { mode: 0o666 });
  const fd = openSync(file, "r");
  const effects = new Map<string, Effect[]>();
  const chunk = Buffer.alloc(chunkBytes);
  let rest = "";
  const take = (line: string): void => {
    const [name, id, value, ns] = line.split(" ") as [string, string, string, string];
    const key = `${name} ${id}`;
    const known = effects.get(key) ?? [];
    effects.set(key, known);
    known.push({ value: Number(value), atMs: Number(ns) / 1e6 });
  };
  const read = (): number => {
    let count = 0;
    for (let bytes = readSync(fd, chunk); bytes > 0; bytes = readSync(fd, chunk)) {
      const lines = (rest + chunk.toString("utf8", 0, bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
      count += lines.length;
    }
    return count;
  };
  const of = (name: EffectName, id: string): readonly Effect[] => effects.get(`${name} ${id}`) ?? [];
  return {
    file,
    read,
    of,
    close: () => closeSync(fd),
    async allFired(ids, limitMs) {
      const untilMs = performance.now() + limitMs;
      const missing = new Set(ids);
      for (;;) {
        read();
        for (const id of missing) if (of("fired", id).length > 0) missing.delete(id);
        if (missing.size === 0) return true;
        if (performance.now() > untilMs) return false;
        await sleep(pollMs);
      }
    },
  };
}
