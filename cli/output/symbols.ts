/**
 * States as symbols, for pictures of runs: one column each, so that a picture says as much without colours.
 */
import type { TaskStatus } from "../../lib/model/outcome.ts";
import type { GraphUnit } from "../../lib/model/view-reports.ts";
import { type Paint, statusColours } from "./colour.ts";

/** Symbol of every state: the type makes a new state without one an error. */
export const symbols: Readonly<Record<TaskStatus, string>> = {
  SUCCEEDED: "✓",
  RUNNING: "▶",
  RETRYING: "↻",
  QUEUED: "◌",
  WAITING: "○",
  FAILED: "✗",
  TIMED_OUT: "◷",
  REVOKED: "⊘",
  SKIPPED: "–",
};

/** A state as its symbol, in its colour. */
export function symbolOf(paint: Paint, status: TaskStatus): string {
  return paint(statusColours[status], symbols[status]);
}

/** `✓ 212 ▶ 30 ✗ 8`: the states that there are, in a fixed order. */
export function statesText(states: GraphUnit["states"], paint: Paint): string {
  return (Object.keys(symbols) as TaskStatus[])
    .flatMap((status) => {
      const count = states[status] ?? 0;
      return count === 0 ? [] : [paint(statusColours[status], `${symbols[status]} ${count}`)];
    })
    .join(" ");
}

/** What the symbols of some states mean. */
export function legendOf(statuses: Iterable<TaskStatus>): string {
  const seen = new Set(statuses);
  return (Object.keys(symbols) as TaskStatus[])
    .filter((status) => seen.has(status))
    .map((status) => `${symbols[status]} ${status.toLowerCase().replace("_", " ")}`)
    .join(" · ");
}
