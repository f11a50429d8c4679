/**
 * Tables of a page, read as data.
 */
import { readFileSync } from "node:fs";

/** Root of the checkout. */
export const root = new URL("../../../", import.meta.url);

export function read(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

/** One row: cells by the heading of their column. */
export type Row = Readonly<Record<string, string>>;

/** The rows of every table under a heading, up to the next heading of that level or above. */
export function tablesUnder(page: string, heading: string): Row[][] {
  const lines = page.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) throw new Error(`the page has no heading ${heading}`);
  const level = heading.indexOf(" ");
  const ends = (line: string) => /^#+ /.test(line) && line.indexOf(" ") <= level;
  const length = lines.slice(start + 1).findIndex(ends);
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  const tables: string[][] = [];
  for (const [at, line] of section.entries()) {
    if (!line.startsWith("|")) continue;
    if (!section[at - 1]?.startsWith("|")) tables.push([]);
    tables.at(-1)?.push(line);
  }
  return tables.map(([head = "", _rule, ...rows]) => {
    const names = cellsOf(head);
    return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, at) => [names[at] ?? `column ${at}`, cell])));
  });
}

/** The only table under a heading. */
export function tableUnder(page: string, heading: string): Row[] {
  const [table, ...more] = tablesUnder(page, heading);
  if (table === undefined || more.length > 0) throw new Error(`${heading} must have one table`);
  return table;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** What stands between backticks. */
export function codeIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** What a cell lists, separated by commas or dots; nothing for a dash. */
export function listIn(cell = ""): string[] {
  return cell === "–" ? [] : cell.split(/, | · /);
}

/** Each once, in order. */
export function sorted<T>(all: Iterable<T>): T[] {
  return [...new Set(all)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
