import { textOfThrown } from "../../model/thrown.ts";
import type { Log, LogLevel } from "../../ports/system.ts";

/** Levels by weight. */
const levels = ["debug", "info", "warn", "error"] as const satisfies readonly LogLevel[];

export interface JsonLogOptions {
  /** Where lines go: standard error leaves standard output to data. @default process.stderr */
  readonly stream?: { write(line: string): unknown };
  /** What is below it is not written. @default "info" */
  readonly minimum?: LogLevel;
}

/** One JSON object a line. Whatever the fields hold, a line is written: a log must not fail what it tells of. */
export function jsonLog({ stream = process.stderr, minimum = "info" }: JsonLogOptions = {}): Log {
  return {
    write(level, message, fields) {
      if (levels.indexOf(level) < levels.indexOf(minimum)) return;
      stream.write(`${toLine({ time: new Date().toISOString(), level, message, ...fields })}\n`);
    },
  };
}

/** Tells nobody. */
export const silentLog: Log = { write: () => {} };

function toLine(record: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(record, plainOnce());
  } catch (error) {
    const { time, level, message } = record;
    return JSON.stringify({ time, level, message: String(message), unwritable: textOfThrown(error) });
  }
}

/** What JSON has no word for. An error that is its own cause is shown once. */
function plainOnce(): (key: string, value: unknown) => unknown {
  const shown = new Set<Error>();
  return (_, value) => {
    if (typeof value === "bigint") return String(value);
    if (!(value instanceof Error)) return value;
    const { name, message, stack, cause } = value;
    if (shown.has(value)) return { name, message };
    shown.add(value);
    return {
      name,
      message,
      stack,
      ...("code" in value && { code: value.code }),
      ...(cause !== undefined && { cause }),
    };
  };
}
