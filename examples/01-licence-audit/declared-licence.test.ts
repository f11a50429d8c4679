import { describe, expect, it } from "vitest";
import { declaredLicenceOf } from "./declared-licence.ts";
import { parseManifest } from "./package-manifest.ts";

function declared(fields: Readonly<Record<string, unknown>>) {
  return declaredLicenceOf(parseManifest(JSON.stringify(fields)));
}

describe("declaredLicenceOf", () => {
  it.each([
    ["an id", { license: "MIT" }, "MIT"],
    ["an expression", { license: "(MIT OR Apache-2.0) AND BSD-3-Clause" }, "(MIT OR Apache-2.0) AND BSD-3-Clause"],
    ["needless parentheses", { license: "(MIT OR (Apache-2.0))" }, "MIT OR Apache-2.0"],
    [
      "an exception",
      { license: "GPL-2.0-only WITH Classpath-exception-2.0" },
      "GPL-2.0-only WITH Classpath-exception-2.0",
    ],
    ["a later version", { license: "GPL-2.0+" }, "GPL-2.0+"],
    ["the British spelling of the field", { licence: "ISC" }, "ISC"],
    ["an object with a type", { license: { type: "MIT", url: "https://example.org" } }, "MIT"],
    ["an object with an address only", { license: { url: "https://opensource.org/licenses/MIT" } }, "MIT"],
    ["a list of one", { licenses: [{ type: "BSD-3-Clause", url: "x" }] }, "BSD-3-Clause"],
    ["a list as a choice", { licenses: [{ type: "MIT" }, { type: "GPL-2.0" }] }, "MIT OR GPL-2.0"],
    ["a list under the singular", { license: ["MIT", "Apache-2.0"] }, "MIT OR Apache-2.0"],
    ["a string under the plural", { licenses: "MIT" }, "MIT"],
    ["other letter case", { license: "apache-2.0" }, "Apache-2.0"],
    ["a licence's name", { license: "Apache License, Version 2.0" }, "Apache-2.0"],
    ["a short name", { license: "GPLv3" }, "GPL-3.0-only"],
    ["a name with several meanings", { license: "BSD" }, "BSD-2-Clause OR BSD-3-Clause"],
    ["names joined by a slash", { license: "MIT/Apache-2.0" }, "MIT OR Apache-2.0"],
    ["names joined by words", { license: "MIT and ISC" }, "MIT AND ISC"],
    ["the address of a licence", { license: "http://www.apache.org/licenses/LICENSE-2.0.html" }, "Apache-2.0"],
  ])("reads %s", (_, fields, text) => {
    expect(declared(fields)).toMatchObject({ kind: "expression", text });
  });

  it("says so when it read something into the declaration", () => {
    expect(declared({ license: "GPLv3" })).toMatchObject({ note: '"GPLv3" read as GPL-3.0-only' });
    expect(declared({ licenses: ["MIT", "ISC"] })).toMatchObject({ note: "a list of licences, read as a choice" });
    expect(declared({ license: "MIT" })).not.toHaveProperty("note");
  });

  it.each([
    ["SEE LICENSE IN LICENSE.md", "LICENSE.md"],
    ["see licence in <docs/terms.txt>", "docs/terms.txt"],
  ])("finds the file that %s points to", (license, file) => {
    expect(declared({ license })).toEqual({ kind: "see-file", text: license, file });
  });

  it.each(["UNLICENSED", "unlicensed", "proprietary"])("takes %s for no licence at all", (license) => {
    expect(declared({ license })).toEqual({ kind: "unlicensed", text: license });
  });

  it("does not take UNLICENSED for the Unlicense, nor the other way round", () => {
    expect(declared({ license: "Unlicense" })).toMatchObject({ kind: "expression", text: "Unlicense" });
  });

  it.each(["Custom terms of Example Ltd.", "https://example.org/terms", "MIT OR Custom", "((("])(
    "keeps %s as words of its own",
    (license) => {
      expect(declared({ license })).toEqual({ kind: "other", text: license });
    },
  );

  it.each([{}, { license: "" }, { license: null }, { license: 7 }, { licenses: [] }, { license: { author: "me" } }])(
    "finds no declaration in %j",
    (fields) => {
      expect(declared(fields)).toEqual({ kind: "none", note: "package.json declares no licence" });
    },
  );

  it.each([
    ["{ broken", "package.json is not valid JSON"],
    ["[1]", "package.json is not a JSON object"],
    ["null", "package.json is not a JSON object"],
  ])("says what is wrong with a package.json of %s", (text, note) => {
    expect(declaredLicenceOf(parseManifest(text))).toEqual({ kind: "none", note });
  });

  it("accepts a byte order mark", () => {
    expect(declaredLicenceOf(parseManifest('\uFEFF{"license":"MIT"}'))).toMatchObject({ text: "MIT" });
  });

  it("takes nothing from the prototype", () => {
    expect(declaredLicenceOf(parseManifest('{"__proto__": {"license": "MIT"}}'))).toMatchObject({ kind: "none" });
  });

  it("cuts a declaration of any length and strips what would move a terminal's cursor", () => {
    const { text } = declared({ license: `\u001b[31mno\nterms ${"x".repeat(5000)}` }) as { text: string };
    expect(text).toHaveLength(120);
    expect(text).toMatch(/^\[31mno terms x+…$/);
  });
});
