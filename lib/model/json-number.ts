/**
 * Whole numbers in a JSON text that JavaScript would read as other numbers: 9007199254740993 becomes 9007199254740992.
 *
 * Looked for in the text, since a parsed value no longer shows it. Fractions are approximations wherever they are read, and
 * are let through.
 */
import type { Segment } from "./document-path.ts";

/** A number that would not stay as it is written. */
export interface AlteredNumber {
  readonly path: readonly Segment[];
  readonly written: string;
  readonly read: string;
}

/** Most texts have no number of that length, and are not looked at further. */
const candidate = /[[{,:\s-]\d{16,}[\s,\]}]|^\s*-?\d{16}/;
/** Punctuation and numbers; words and white space are passed over. */
const token = /[[\]{},"]|-?\d[\d.eE+-]*/g;

/**
 * The first altered number of a JSON text.
 *
 * @param text - What JSON.parse takes.
 */
export function findAlteredNumber(text: string): AlteredNumber | null {
  if (!candidate.test(text)) return null;
  // Where the walk is: an index of each list, the last key of each object as it is written.
  const path: (number | string)[] = [];
  let keyNext = false;
  token.lastIndex = 0;
  for (let at = token.exec(text); at !== null; at = token.exec(text)) {
    const [found] = at;
    const last = path.length - 1;
    switch (found) {
      case "[":
        path.push(0);
        keyNext = false;
        break;
      case "{":
        path.push("");
        keyNext = true;
        break;
      case "]":
      case "}":
        path.pop();
        break;
      case ",":
        keyNext = typeof path[last] === "string";
        if (!keyNext) (path[last] as number)++;
        break;
      case '"': {
        const end = endOfString(text, at.index);
        if (keyNext) path[last] = text.slice(at.index, end);
        keyNext = false;
        token.lastIndex = end;
        break;
      }
      default:
        if (isAltered(found)) return { path: path.map(stepOf), written: found, read: String(Number(found)) };
    }
  }
  return null;
}

/** Where the string ends that begins at a quote: after the next quote without an odd number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function stepOf(step: number | string): Segment {
  return typeof step === "string" ? (JSON.parse(step) as string) : step;
}

function isAltered(written: string): boolean {
  return /^-?\d{16,}$/.test(written) && digitsOf(written) !== digitsOf(String(Number(written)));
}

/** The digits that a number is told by: 1000 and 1e3 have the same. */
function digitsOf(number: string): string {
  return number.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/0+$/, "");
}
