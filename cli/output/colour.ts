/**
 * Colours of states, where colours are welcome.
 */
import type { RunStatus, TaskStatus } from "../../lib/model/outcome.ts";
import type { CliIo, TextOutput } from "../io.ts";

/** SGR codes of terminals (ECMA-48, 8.3.117). */
const codes = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90 } as const;
export type Colour = keyof typeof codes;

/** Colour of every state: the type makes a new state without a colour an error. */
export const statusColours: Readonly<Record<RunStatus | TaskStatus, Colour>> = {
  WAITING: "grey",
  QUEUED: "cyan",
  RUNNING: "blue",
  RETRYING: "yellow",
  SUCCEEDED: "green",
  FAILED: "red",
  TIMED_OUT: "red",
  REVOKED: "yellow",
  SKIPPED: "grey",
};

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Whether a stream may carry colours and a line that is redrawn: a terminal, not in CI, and NO_COLOR is unset. */
export function isLively(io: CliIo, stream: TextOutput): boolean {
  const { CI, NO_COLOR, TERM } = io.env;
  return stream.isTTY && !isSet(CI) && !isSet(NO_COLOR) && TERM !== "dumb";
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

/** The painter of a stream. */
export function paintFor(io: CliIo, stream: TextOutput): Paint {
  return isLively(io, stream) ? (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[39m` : (_, text) => text;
}

/** A state in its colour. */
export function paintStatus(paint: Paint, status: RunStatus | TaskStatus): string {
  return paint(statusColours[status], status);
}

/** Paints the cells of a STATUS column, laid out already. */
export function statusCells(paint: Paint) {
  return (
    column: { readonly title: string },
    row: { readonly status: RunStatus | TaskStatus },
    text: string,
  ): string => (column.title === "STATUS" ? text.replace(row.status, paintStatus(paint, row.status)) : text);
}
