/**
 * Wrong usage: what was typed cannot be meant. Ends with exit code 2.
 */
import { InvalidArgumentError } from "commander";
import { idPattern } from "../lib/model/ids.ts";

/** What was typed cannot be meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** @param hint - What to type instead; shown on a line of its own. */
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Parses an option that is a whole number in a range, both ends included. */
export function parseIntegerIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Parses an option that is a number above a bound and not above another: fractions are allowed. */
export function parseNumberIn(above: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN;
    if (value > above && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number above ${above} and at most ${max}.`);
  };
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a length of time, `90s`, `15m`, `0.5h`, `7d`, to seconds. */
export function parseDuration(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,9})?)([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (secondsOf[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError("It must be a length of time: 90s, 15m, 2h or 7d.");
}

/** Parses the id of a run, or the beginning of one. */
export function parseRunId(text: string): string {
  if (idPattern.test(text)) return text;
  const run = text.split("/", 1)[0] ?? "";
  if (text.includes("/") && idPattern.test(run))
    throw new InvalidArgumentError(`It names a task: give its run, ${run}.`);
  throw new InvalidArgumentError("It must be the id of a run, or the beginning of one.");
}

/** Parses the id of a run, or of a join or task in it: `<run id>/<path>`. */
export function parseRunOrPartId(text: string): string {
  if (idPattern.test(text.split("/", 1)[0] ?? "")) return text;
  throw new InvalidArgumentError("It must be the id of a run, of a join or of a task, or the beginning of a run's.");
}
