import { describe, expect, it } from "vitest";
import { licenceRecogniser, licenceTextOf } from "./known-licences.ts";
import { minSimilarity } from "./licence-recogniser.ts";
import { licenceWords } from "./licence-text.ts";
import { spdxText } from "./test-packages.ts";

function idsIn(text: string, alsoIds: readonly string[] = []): readonly string[] {
  return licenceRecogniser()
    .recognise(text, alsoIds)
    .matches.map(({ id }) => id)
    .toSorted();
}

/** As a package carries it: a title, a copyright line, other line breaks. */
function asPublished(id: string): string {
  const filled = spdxText(id)
    .replace(/<year>|\[yyyy\]|YEAR|<YEAR>/g, "2019-2024")
    .replace(/<(copyright holders?|owner|COPYRIGHT HOLDER)>|\[name of copyright owner\]/g, "Ada Lovelace and others");
  return `# Licence\n\nCopyright © 2019 Ada Lovelace <ada@example.org>\n\n${filled.replace(/[ \t]*\n(?!\n)/g, "\r\n  ")}\r\n`;
}

const ids = [
  "0BSD",
  "AGPL-3.0-only",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSD-4-Clause",
  "BSL-1.0",
  "BUSL-1.1",
  "CC-BY-4.0",
  "CC-BY-NC-4.0",
  "CC-BY-SA-4.0",
  "CC0-1.0",
  "EPL-2.0",
  "GPL-2.0-only",
  "GPL-3.0-only",
  "ISC",
  "JSON",
  "LGPL-2.1-only",
  "MIT",
  "MIT-0",
  "MPL-2.0",
  "OFL-1.1",
  "PSF-2.0",
  "Python-2.0",
  "Sleepycat",
  "SSPL-1.0",
  "Unlicense",
  "WTFPL",
  "Zlib",
];

describe("recognise", () => {
  it.each(ids)("recognises %s as published, and nothing else in it", (id) => {
    const { matches } = licenceRecogniser().recognise(asPublished(id));
    expect(matches).toEqual([{ id, similarity: expect.any(Number) }]);
    expect(matches[0]?.similarity).toBeGreaterThan(0.97);
  });

  it.each(ids)("finds no added words in %s as published", (id) => {
    const { leftover } = licenceRecogniser().recognise(asPublished(id));
    expect(leftover.filter(({ isInside }) => isInside)).toEqual([]);
    expect(Math.max(0, ...leftover.map(({ wordCount }) => wordCount))).toBeLessThan(25);
  });

  it("tells LGPL-3.0 from the GPL-3.0 it builds on", () => {
    const lgpl = licenceTextOf("LGPL-3.0-only")?.terms ?? "";
    expect(idsIn(lgpl)).toEqual(["LGPL-3.0-only"]);
    expect(idsIn(`${lgpl}\n\n${spdxText("GPL-3.0-only")}`)).toEqual(["GPL-3.0-only", "LGPL-3.0-only"]);
  });

  it("recognises the text in capitals, in a comment, in HTML and hyphenated at the line's end", () => {
    const mit = spdxText("MIT");
    expect(idsIn(mit.toUpperCase())).toEqual(["MIT"]);
    expect(idsIn(`/*\n${mit.replace(/^/gm, " * ")}\n */`)).toEqual(["MIT"]);
    expect(idsIn(`<html><body><p>${mit.replace(/\n\n/g, "</p>\n<p>")}</p></body></html>`)).toEqual(["MIT"]);
    const hyphenated = mit.replaceAll("ermission", "ermis-\nsion").replaceAll("software", "soft-\n  ware");
    expect(licenceRecogniser().recognise(hyphenated).matches).toEqual([{ id: "MIT", similarity: 1 }]);
  });

  it("does not mind who the parties are", () => {
    const isc = spdxText("ISC")
      .replaceAll("ISC DISCLAIMS", "THE AUTHOR DISCLAIMS")
      .replaceAll("SHALL ISC", "SHALL EXAMPLE LTD");
    expect(licenceRecogniser().recognise(isc).matches).toEqual([{ id: "ISC", similarity: 1 }]);
    const bsd = spdxText("BSD-3-Clause")
      .replace("the copyright holder nor", "Example Ltd nor")
      .replace("THE COPYRIGHT HOLDER OR CONTRIBUTORS BE", "EXAMPLE LTD BE");
    expect(licenceRecogniser().recognise(bsd).matches).toEqual([{ id: "BSD-3-Clause", similarity: 1 }]);
  });

  it("recognises the GPL and the Apache licence without their appendices", () => {
    for (const id of ["GPL-3.0-only", "Apache-2.0"]) {
      expect(idsIn(spdxText(id).replace(/END OF TERMS AND CONDITIONS[\s\S]*/, ""))).toEqual([id]);
    }
  });

  it.each([
    ["MIT", "Apache-2.0"],
    ["MIT", "ISC"],
    ["ISC", "MIT"],
    ["WTFPL", "MIT"],
    ["MIT", "GPL-2.0-only"],
    ["BSD-2-Clause", "BSD-3-Clause"],
    ["MIT", "Zlib"],
  ])("finds both texts in a file with %s and %s", (first, second) => {
    const text = `You may choose.\n\n${asPublished(first)}\n\n---\n\n${asPublished(second)}`;
    expect(idsIn(text)).toEqual([first, second].toSorted());
  });

  it("counts a text that is there five times once", () => {
    expect(idsIn(Array.from({ length: 5 }, () => asPublished("MIT")).join("\n---\n"))).toEqual(["MIT"]);
  });

  it("shows the words that were added to a licence", () => {
    const text = spdxText("MIT").replace(
      "THE SOFTWARE IS",
      "The Software must not be used by vegetables on odd days of May.\n\nTHE SOFTWARE IS",
    );
    const { matches, leftover } = licenceRecogniser().recognise(text);
    expect(matches.map(({ id }) => id)).toEqual(["MIT"]);
    expect(leftover).toContainEqual({
      words: expect.stringContaining("vegetables on odd days of may"),
      wordCount: expect.any(Number),
      isInside: true,
    });
  });

  it("does not take a licence with half of its text rewritten for the licence, but says what it is like", () => {
    const half = spdxText("MIT").replace(
      /THE SOFTWARE IS PROVIDED[\s\S]*/,
      "Whoever uses this owes the author a cake, by post, within a week, and a card. ".repeat(4),
    );
    expect(licenceRecogniser().recognise(half)).toMatchObject({
      matches: [],
      nearest: { id: expect.stringMatching(/^(MIT|X11)/) },
    });
  });

  it.each([
    "",
    "MIT",
    "All rights reserved.",
    "Lorem ipsum dolor sit amet ".repeat(500),
    "Привет, мир! 你好 ".repeat(100),
  ])("recognises nothing in %j", (text) => {
    expect(licenceRecogniser().recognise(text.slice(0, 2000))).toMatchObject({ matches: [], nearest: null });
  });

  it("recognises a rare licence when it is asked for by its id", () => {
    expect(idsIn(spdxText("Beerware"))).toEqual([]);
    expect(idsIn(spdxText("Beerware"), ["Beerware"])).toEqual(["Beerware"]);
  });

  it("prefers the id that is asked for where two share one text", () => {
    expect(idsIn(spdxText("OFL-1.1-RFN"))).toEqual(["OFL-1.1"]);
    expect(idsIn(spdxText("OFL-1.1-RFN"), ["OFL-1.1-RFN"])).toEqual(["OFL-1.1-RFN"]);
  });

  it("takes the longer licence with a few words changed, not the shorter one within it that is unchanged", () => {
    const changed = spdxText("BSD-2-Clause-Views").replace("official policies", "public opinions");
    const { matches } = licenceRecogniser().recognise(changed);
    expect(matches).toEqual([{ id: "BSD-2-Clause-Views", similarity: expect.any(Number) }]);
    expect(matches[0]?.similarity).toBeLessThan(1);
  });

  it("ignores ids that are none, and those that would lead out of the list", () => {
    expect(idsIn(spdxText("MIT"), ["No-Such-Id", "../package", "__proto__"])).toEqual(["MIT"]);
  });

  it("has a threshold above the usual resemblance of licences", () => {
    expect(minSimilarity).toBe(0.9);
  });
});

describe("licenceWords", () => {
  it("drops copyright lines, bullets, links and typography, and keeps the words", () => {
    const text =
      "Copyright (c) 2020 Me\nAll rights reserved.\n\n 1. “Software” — the [program](https://x.org)\n (b) its Licence's non-infringement";
    expect(licenceWords(text)).toEqual(["software", "the", "program", "its", "licenses", "noninfringement"]);
  });

  it("keeps lines of the terms that begin with the word copyright", () => {
    expect(licenceWords("the above\ncopyright notice, this list of conditions\ncopyright holder")).toHaveLength(10);
  });
});
