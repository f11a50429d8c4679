import type { CliIo } from "../io.ts";

/** Writes one JSON document to stdout: on one line in a pipe, laid out on a terminal. */
export function writeJson(io: CliIo, data: unknown): void {
  io.out.write(`${jsonText(data, io.out.isTTY)}\n`);
}

/** The text of a JSON document. */
export function jsonText(data: unknown, laidOut: boolean): string {
  return JSON.stringify(data, null, laidOut ? 2 : undefined);
}
