/**
 * docs/failures.md: that it has every case once, and that the tests it names exist and carry its number.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** Last case of each section; the first is 1. */
const lastCases = { A: 14, B: 9, C: 11, D: 10, E: 12, F: 10, G: 10, H: 5, I: 8, J: 16, K: 5 };

const page = read("docs/failures.md");
const rows = [...page.matchAll(/^\| ([A-K]\d+) +\| ([^|]*\S) +\| ([^|]*\S) +\|$/gm)].map(([, id, failure, how]) => ({
  id: id as string,
  failure: failure as string,
  how: (how as string).split("<br>"),
}));
const named = /^`(test\/[\w./-]+\.ts) › ([^`]+)`$/;

/** What a part of the last column is. */
function kindOf(part: string): "test" | "cannot" | "not yet" | undefined {
  if (named.test(part)) return "test";
  if (/^cannot arise: \S/.test(part)) return "cannot";
  return /^not yet: \S/.test(part) ? "not yet" : undefined;
}

/** Numbers that the name of a test carries: before its first colon, or in brackets at its end. */
function numbersOf(name: string): readonly string[] {
  const carried = /^((?:[A-K]\d+ ?)+):/.exec(name)?.[1] ?? /\(((?:[A-K]\d+(?:, )?)+)\)$/.exec(name)?.[1] ?? "";
  return carried.match(/[A-K]\d+/g) ?? [];
}

/** True where a file has a test, or a case of a table, of that name. */
function hasTest(source: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?:[([]|name: )\\s*(["'\`])${escaped}\\1`, "m").test(source);
}

const tests = rows.flatMap(({ id, how }) =>
  how.flatMap((part) => {
    const [, file, name] = named.exec(part) ?? [];
    return file !== undefined && name !== undefined ? [{ id, file, name }] : [];
  }),
);

describe("docs/failures.md", () => {
  it("has every case of its sections once, in order, in words of its own", () => {
    const expected = Object.entries(lastCases).flatMap(([section, last]) =>
      Array.from({ length: last }, (_, index) => `${section}${index + 1}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(expected);
    expect(page.match(/^\| [A-Z]\d/gm)).toHaveLength(expected.length);
    expect(new Set(rows.map(({ failure }) => failure)).size).toBe(expected.length);
  });

  it("shows each by tests, says why it cannot arise, or what is not there yet", () => {
    for (const { id, how } of rows) {
      const kinds = how.map(kindOf);
      expect({ id, kinds }).toEqual({ id, kinds: kinds.filter((kind) => kind !== undefined) });
      expect({ id, alone: !kinds.includes("cannot") || kinds.length === 1 }).toEqual({ id, alone: true });
      expect({ id, once: kinds.filter((kind) => kind === "not yet").length <= 1 }).toEqual({ id, once: true });
    }
  });

  it("names tests that exist", () => {
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter(({ file, name }) => !hasTest(read(file), name))).toEqual([]);
  });

  it("names tests that carry the number", () => {
    expect(tests.filter(({ id, name }) => !numbersOf(name).includes(id))).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    ["A13: ends", ["A13"]],
    ["A3 A4: ends", ["A3", "A4"]],
    ["a diamond (D6, D7)", ["D6", "D7"]],
    ["ends, as A13 does", []],
    ["A13 ends", []],
  ])("reads the numbers of %s", (name, numbers) => {
    expect(numbersOf(name)).toEqual(numbers);
  });

  it.each([
    ["`test/unit/a.test.ts › A1: ends`", "test"],
    ["cannot arise: there is none", "cannot"],
    ["not yet: map", "not yet"],
    ["not yet: ", undefined],
    ["`lib/a.ts › A1: ends`", undefined],
    ["later", undefined],
  ])("takes %s for %s", (part, kind) => {
    expect(kindOf(part)).toBe(kind);
  });
});
