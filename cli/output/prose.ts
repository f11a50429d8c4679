/** Sentences: in lines as wide as the terminal, and in one line in a pipe. */
import type { TextOutput } from "../io.ts";
import { wrapped } from "./width.ts";

const indent = "  ";

/** Writes a sentence. Lines after its first are indented, so that each begins where its predecessor can be told from it. */
export function writeProse(out: TextOutput, text: string): void {
  const width = out.columns === undefined ? undefined : Math.max(1, out.columns - indent.length);
  const [first = "", ...more] = wrapped(text, width);
  out.write(`${[first, ...more.map((line) => `${indent}${line}`)].join("\n")}\n`);
}
