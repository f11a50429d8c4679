/**
 * docs/requirements.md: that it has every row once, and that what it names exists.
 */
import { describe, expect, it } from "vitest";
import { hasTest, missingTests, named, read } from "./shown-by.ts";

/** Last row of each source; the first is 01. */
const lastRows = { S0: 29, S1: 81, S2: 31, S3: 29, S4: 26 };
const lastRuling = 26;

const page = read("docs/requirements.md");
const rows = [...page.matchAll(/^\| (S\d-\d\d) \| ([^|]*\S) +\| ([^|]*\S) +\|$/gm)].map(([, id, what, how]) => ({
  id: id as string,
  what: what as string,
  how: how as string,
}));

/** Tests, planned or ruling: what the text of the last column is. A row that is two at once is none of them. */
function kindOf(how: string): "tests" | "planned" | "ruling" | undefined {
  if (how.split("<br>").every((part) => named.test(part))) return "tests";
  if (how.includes("›")) return undefined;
  return /^(planned|ruling): \S/.exec(how)?.[1] as "planned" | "ruling" | undefined;
}

describe("docs/requirements.md", () => {
  it("has every row of the sources once, in order", () => {
    const expected = Object.entries(lastRows).flatMap(([source, last]) =>
      Array.from({ length: last }, (_, index) => `${source}-${String(index + 1).padStart(2, "0")}`),
    );
    expect(rows.map(({ id }) => id)).toEqual(expected);
    expect(page.match(/^\| S/gm)).toHaveLength(expected.length);
  });

  it("shows, plans or rules out each row, and only one of these", () => {
    expect(rows.filter(({ how }) => kindOf(how) === undefined)).toEqual([]);
  });

  it("names tests that exist", () => {
    const references = rows.filter(({ how }) => kindOf(how) === "tests").flatMap(({ how }) => how.split("<br>"));
    expect(references.length).toBeGreaterThan(0);
    expect(missingTests(references)).toEqual([]);
  });

  it("has every ruling that its rows name", () => {
    const rulings = [...page.matchAll(/^\| (Q\d+) +\| [^|]*\S +\| [^|]*\S +\|$/gm)].map(([, id]) => id);
    expect(rulings).toEqual(Array.from({ length: lastRuling }, (_, index) => `Q${index + 1}`));
    const cited = rows.flatMap(({ what, how }) => `${what} ${how}`.match(/\bQ\d+\b/g) ?? []);
    expect(cited.filter((id) => !rulings.includes(id))).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    ["a test", 'it("fires once", async () => {})', true],
    ["a table of cases", 'it.each([1, 2])(\n  "fires once",\n  (n) => {})', true],
    ["a case", '[\n  [\n    "fires once",\n    {},\n  ],\n]', true],
    ["a scenario", '{ name: "fires once", workflow }', true],
    ["a variant", '  "fires once": { store },', true],
    ["a longer name", 'it("fires once more", () => {})', false],
    ["a comment", "// fires once", false],
    ["another string", 'expect(text).toBe(`so it "fires once"`)', false],
  ])("finds a name in %s, or not: %s", (_, source, found) => {
    expect(hasTest(source, "fires once")).toBe(found);
  });

  it.each([
    ["`test/unit/a.test.ts › fires once`", "tests"],
    ["`test/unit/a.test.ts › fires once`<br>`examples/a/b.test.ts › ends`", "tests"],
    ["planned: `tutti check`", "planned"],
    ["ruling: not needed", "ruling"],
    ["planned: `tutti check`<br>`test/unit/a.test.ts › fires once`", undefined],
    ["`lib/a.ts › fires once`", undefined],
    ["planned: ", undefined],
    ["later", undefined],
  ])("takes %s for %s", (how, kind) => {
    expect(kindOf(how)).toBe(kind);
  });
});

it("S0-29: the README says what can be relied on, how, and what is not promised", () => {
  const [, table = ""] =
    /^\| You can rely on +\| How +\| What is _not_ promised +\|\n((?:\|.*\n)+)/m.exec(read("README.md")) ?? [];
  const promises = table
    .split("\n")
    .slice(1, -1)
    .map((line) => line.split("|").map((cell) => cell.trim()));
  expect(promises.length).toBeGreaterThanOrEqual(4);
  for (const [, promise, how, not] of promises) expect([promise, how, not]).not.toContain("");
  expect(table).toContain("delivery is at-least-once");
});
