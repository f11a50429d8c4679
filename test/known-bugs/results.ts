/**
 * What the lanes have come to, bug by bug: kept in a file, so that a search can go on where it was stopped.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Search } from "./find.ts";

/** The crash points (A) and the random histories (B): docs/verification.md. */
export const lanes = ["A", "B"] as const;
export type Lane = (typeof lanes)[number];

/** By bug, then by lane; what has not been looked for is not there. */
export type Results = Readonly<Record<string, Readonly<Partial<Record<Lane, Search>>>>>;

/** Whether there is nothing to look for: it was found, or not found in as much time. */
export const isDone = (search: Search | undefined, seconds: number): boolean =>
  search !== undefined && (search.found || search.seconds >= seconds);

export const isFoundByTwo = (found: Results[string] | undefined): boolean =>
  lanes.every((lane) => found?.[lane]?.found === true);

export function readResults(path: string): Results {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Writes the results, and the table beside them. */
export function writeResults(path: string, results: Results): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(path.replace(/(\.json)?$/, ".md"), `${tableOf(results)}\n`);
}

/** The results as a table of markdown. */
export function tableOf(results: Results): string {
  const rows = Object.entries(results).map(
    ([bug, found]) => `| ${[bug, ...lanes.map((lane) => cell(found[lane]))].join(" | ")} |`,
  );
  return ["| Known bug | A, s | B, s |", "| --- | ---: | ---: |", ...rows].join("\n");
}

function cell(search: Search | undefined): string {
  if (search === undefined) return "not run";
  return search.found ? search.seconds.toFixed(1) : `not in ${search.seconds.toFixed(0)}`;
}
