/**
 * What a checker's report says: its verdict, and what the search has cost.
 */

/** `cut`: the limit of memory, time or depth came first, so there is no verdict. */
export type Verdict = "holds" | "rejected" | "cut";

export interface SearchReport {
  readonly verdict: Verdict;
  readonly states: number;
  readonly seconds: number;
  readonly mib: number;
  /** Steps of the longest path. */
  readonly depth: number;
  /** How a violation shows itself; undefined where there is none. */
  readonly how?: string;
}

const cutSigns = /Search not completed|out of memory|max search depth too small/;

/** Reads the report that `pan` prints. */
export function readReport(text: string): SearchReport {
  const figure = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const how = howOf(/^pan:1: (.*)$/m.exec(text)?.[1]);
  return {
    verdict: verdictOf(text),
    states: figure(/^\s*([\d.e+]+) states, stored/m),
    seconds: figure(/^pan: elapsed time ([\d.]+)/m),
    depth: figure(/depth reached (\d+)/),
    mib: Math.round(figure(/^\s*([\d.]+)\s+total actual memory/m)),
    ...(how === undefined ? {} : { how }),
  };
}

function verdictOf(text: string): Verdict {
  if (/errors: [1-9]/.test(text)) return "rejected";
  return /errors: 0/.test(text) && !cutSigns.test(text) ? "holds" : "cut";
}

/** Assertions are printed as spin has expanded them. */
const longest = 80;

function howOf(line: string | undefined): string | undefined {
  if (line === undefined) return undefined;
  if (line.startsWith("invalid end state")) return "stuck";
  if (line.startsWith("acceptance cycle")) return "goes round for ever";
  const assertion = /assertion violated (.*) \(at depth/.exec(line)?.[1]?.trim();
  if (assertion === undefined) return line;
  return `not ${assertion.length > longest ? `${assertion.slice(0, longest)} …` : assertion}`;
}
