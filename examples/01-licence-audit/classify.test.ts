import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { classificationSchema, maxClassificationBytes } from "./classification.ts";
import { classifyLicence, PackageNotFoundError } from "./classify.ts";
import { addPackage, aFolder, spdxText, type TestPackage } from "./test-packages.ts";

async function classify(sample: TestPackage) {
  const root = aFolder();
  return classifyLicence(root, addPackage(root, sample));
}

/** A package that declares one licence and carries the text of another, or of the same. */
function withText(license: unknown, id: string, file = "LICENSE"): TestPackage {
  return { manifest: { license }, files: { [file]: spdxText(id) } };
}

describe("classifyLicence, when declaration and text agree", () => {
  it.each(["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "MIT-0", "Zlib"])(
    "finds a permissive %s in order",
    async (id) => {
      expect(await classify(withText(id, id))).toEqual({
        name: "sample",
        version: "1.0.0",
        path: "node_modules/sample",
        declared: id,
        concluded: id,
        family: "permissive",
        verdict: "ok",
        found: [{ id, file: "LICENSE", similarity: 1 }],
        notes: [],
      });
    },
  );

  it.each(["Unlicense", "CC0-1.0"])("finds a dedication to the public domain in order: %s", async (id) => {
    expect(await classify(withText(id, id))).toMatchObject({ verdict: "ok", family: "public-domain" });
  });

  it.each([
    ["GPL-3.0-only", "GPL-3.0-only", "strong-copyleft"],
    ["GPL-3.0-or-later", "GPL-3.0-only", "strong-copyleft"],
    ["GPL-2.0", "GPL-2.0-only", "strong-copyleft"],
    ["GPL-2.0+", "GPL-2.0-only", "strong-copyleft"],
    ["AGPL-3.0-only", "AGPL-3.0-only", "network-copyleft"],
    ["LGPL-3.0-or-later", "LGPL-3.0-only", "weak-copyleft"],
    ["LGPL-2.1-only", "LGPL-2.1-only", "weak-copyleft"],
    ["MPL-2.0", "MPL-2.0", "weak-copyleft"],
    ["EPL-2.0", "EPL-2.0", "weak-copyleft"],
    ["GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", "weak-copyleft"],
  ])("flags %s as copyleft of its kind", async (license, text, family) => {
    const result = await classify(withText(license, text, "COPYING"));
    expect(result).toMatchObject({ verdict: "copyleft", family, concluded: license });
    expect(result.notes[0]).toBe(`${license} is ${family.replace("-", " ")}`);
  });

  it.each(["BUSL-1.1", "CC-BY-NC-4.0", "SSPL-1.0", "JSON"])("flags %s as restricted", async (id) => {
    expect(await classify(withText(id, id))).toMatchObject({ verdict: "restricted", family: "restricted" });
  });

  it("reads licence files of many names", async () => {
    for (const file of [
      "LICENCE",
      "license.md",
      "License.txt",
      "LICENSE-MIT",
      "MIT-LICENSE.txt",
      "COPYING",
      "LICENSES/MIT.txt",
    ]) {
      expect(await classify(withText("MIT", "MIT", file))).toMatchObject({ verdict: "ok", found: [{ file }] });
    }
  });
});

describe("classifyLicence, when there is a choice", () => {
  it("takes the permissive branch of MIT OR GPL-3.0-only", async () => {
    const files = { "LICENSE-MIT": spdxText("MIT"), "LICENSE-GPL": spdxText("GPL-3.0-only") };
    expect(await classify({ manifest: { license: "(MIT OR GPL-3.0-only)" }, files })).toMatchObject({
      verdict: "ok",
      family: "permissive",
      concluded: "MIT OR GPL-3.0-only",
    });
  });

  it("finds both texts of MIT OR Apache-2.0 in one file", async () => {
    const files = { LICENSE: `Choose one.\n\n${spdxText("MIT")}\n\n${spdxText("Apache-2.0")}` };
    const result = await classify({ manifest: { license: "MIT OR Apache-2.0" }, files });
    expect(result).toMatchObject({ verdict: "ok", notes: [] });
    expect(result.found.map(({ id }) => id).toSorted()).toEqual(["Apache-2.0", "MIT"]);
  });

  it("is content with the text of one branch", async () => {
    expect(await classify(withText("MIT OR Apache-2.0", "Apache-2.0"))).toMatchObject({ verdict: "ok" });
  });

  it("asks for the texts of both sides of AND", async () => {
    expect(await classify(withText("MIT AND Zlib", "MIT"))).toMatchObject({
      verdict: "missing-text",
      notes: ["the text of Zlib is not in the package"],
    });
  });

  it("is bound by both sides of AND", async () => {
    const files = { LICENSE: spdxText("MIT"), COPYING: spdxText("GPL-2.0-only") };
    const result = await classify({ manifest: { license: "MIT AND GPL-2.0-only" }, files });
    expect(result).toMatchObject({ verdict: "copyleft", family: "strong-copyleft" });
  });
});

describe("classifyLicence, when they contradict each other", () => {
  it.each([
    ["MIT", "GPL-3.0-only", "strong-copyleft"],
    ["ISC", "MIT", "permissive"],
    ["BSD-3-Clause", "BSD-2-Clause", "permissive"],
    ["MIT", "CC-BY-NC-4.0", "restricted"],
    ["Apache-2.0", "AGPL-3.0-only", "network-copyleft"],
  ])("flags %s with the text of %s", async (license, text, family) => {
    expect(await classify(withText(license, text))).toMatchObject({
      verdict: "mismatch",
      concluded: "NOASSERTION",
      family,
      notes: [`declares ${license}, but LICENSE is ${text}`],
    });
  });

  it("flags a copyleft text beside the declared one", async () => {
    const files = { LICENSE: spdxText("MIT"), COPYING: spdxText("GPL-3.0-only") };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "mismatch",
      notes: ["besides the declared MIT, COPYING is GPL-3.0-only"],
    });
  });

  it("remarks on a permissive text beside the declared one", async () => {
    const files = { LICENSE: `${spdxText("MIT")}\n\n---\n\n${spdxText("ISC")}` };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "ok",
      notes: ["LICENSE is ISC too, which package.json does not declare"],
    });
  });

  it("flags UNLICENSED with a licence, and asks whether Unlicense is meant", async () => {
    expect(await classify(withText("UNLICENSED", "Unlicense"))).toMatchObject({
      verdict: "mismatch",
      notes: ["declares UNLICENSED, but LICENSE is Unlicense; Unlicense may be meant"],
    });
  });

  it("flags a README that names another licence than package.json", async () => {
    const files = { "README.md": "# Sample\n\n## License\n\n[MIT](https://opensource.org/licenses/MIT)\n" };
    expect(await classify({ manifest: { license: "ISC" }, files })).toMatchObject({
      verdict: "mismatch",
      notes: ["declares ISC, but README.md names MIT"],
    });
  });

  it("does not take LGPL with the text of the GPL for a contradiction, but misses the LGPL", async () => {
    expect(await classify(withText("LGPL-3.0-only", "GPL-3.0-only", "COPYING"))).toMatchObject({
      verdict: "copyleft",
      notes: ["LGPL-3.0-only is weak copyleft", "the text of LGPL-3.0-only is not in the package"],
    });
  });
});

describe("classifyLicence, when something is missing", () => {
  it("flags a declared licence without any text", async () => {
    expect(await classify({ manifest: { license: "MIT" } })).toMatchObject({
      verdict: "missing-text",
      concluded: "MIT",
      found: [],
      notes: ["declares MIT; no licence file in the package"],
    });
  });

  it.each(["0BSD", "CC0-1.0", "Unlicense", "MIT-0"])("does not flag %s, which asks for no text", async (license) => {
    expect(await classify({ manifest: { license } })).toMatchObject({ verdict: "ok" });
  });

  it("does not count NOTICE as a licence, nor code with a telling name", async () => {
    const files = { NOTICE: spdxText("MIT"), "license.js": spdxText("MIT"), "licenses.json": "{}" };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "missing-text",
      found: [],
    });
  });

  it("accepts a text in the README as the last resort", async () => {
    const files = {
      "README.md": `# Sample\n\nLicence
-------

${spdxText("MIT")}\n\n## Credits\n\nThanks.`,
    };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "ok",
      found: [{ id: "MIT", file: "README.md", similarity: 1 }],
    });
  });

  it("does not accept a licence's name for its text", async () => {
    const files = {
      LICENSE: "Licensed under the Apache License, Version 2.0. See http://www.apache.org/licenses/LICENSE-2.0",
    };
    expect(await classify({ manifest: { license: "Apache-2.0" }, files })).toMatchObject({
      verdict: "missing-text",
      found: [{ id: "Apache-2.0", similarity: null }],
      notes: ["LICENSE names Apache-2.0, but the text is not in the package"],
    });
  });

  it("flags a text without a declaration", async () => {
    expect(await classify({ files: { LICENSE: spdxText("MIT") } })).toMatchObject({
      verdict: "undeclared",
      declared: null,
      concluded: "MIT",
      notes: ["package.json declares no licence; LICENSE is MIT"],
    });
  });

  it("gives copyleft more weight than a missing declaration", async () => {
    expect(await classify({ files: { COPYING: spdxText("GPL-3.0-only") } })).toMatchObject({
      verdict: "copyleft",
      concluded: "GPL-3.0-only",
    });
  });

  it("cannot say anything about a package with nothing", async () => {
    expect(await classify({})).toMatchObject({
      verdict: "unknown",
      concluded: "NOASSERTION",
      family: "unclassified",
      notes: ["package.json declares no licence", "there is no licence file"],
    });
  });

  it("judges by the text when package.json is broken", async () => {
    expect(await classify({ manifest: "{ broken", files: { LICENSE: spdxText("MIT") } })).toMatchObject({
      name: "sample",
      version: null,
      verdict: "undeclared",
      notes: ["package.json is not valid JSON; LICENSE is MIT"],
    });
  });
});

describe("classifyLicence, when terms are custom", () => {
  it("flags UNLICENSED", async () => {
    expect(await classify({ manifest: { license: "UNLICENSED" } })).toMatchObject({
      verdict: "restricted",
      notes: ["declares UNLICENSED: no rights are granted"],
    });
  });

  it("follows SEE LICENSE IN to a known text", async () => {
    const files = { "terms.txt": spdxText("MIT") };
    expect(await classify({ manifest: { license: "SEE LICENSE IN terms.txt" }, files })).toMatchObject({
      verdict: "ok",
      concluded: "MIT",
      notes: ["terms are those of terms.txt; terms.txt is MIT"],
    });
  });

  it("flags SEE LICENSE IN with custom terms, even if known licences are quoted below them", async () => {
    const terms =
      "This software may be used by customers of Example Ltd for the time of their contract and only on the machines that are named there; it ends with the contract.";
    for (const quoted of ["", `\n\nParts come from elsewhere:\n\n${spdxText("MIT")}`]) {
      const files = { "LICENSE.txt": `${terms}${quoted}` };
      const result = await classify({ manifest: { license: "SEE LICENSE IN LICENSE.txt" }, files });
      expect(result).toMatchObject({ verdict: "unknown", concluded: "NOASSERTION" });
      expect(result.notes[0]).toContain("this software may be used by customers of example ltd");
    }
  });

  it("does not follow SEE LICENSE IN out of the package", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/other", files: { LICENSE: spdxText("MIT") } });
    const place = addPackage(root, { manifest: { license: "SEE LICENSE IN ../other/LICENSE" } });
    expect(await classifyLicence(root, place)).toMatchObject({ verdict: "unknown", found: [] });
  });

  it("flags words that are no licence", async () => {
    expect(await classify({ manifest: { license: "Free for friends" } })).toMatchObject({
      verdict: "unknown",
      declared: "Free for friends",
    });
  });

  it("flags a licence that no list here knows the family of", async () => {
    expect(await classify(withText("Beerware", "Beerware"))).toMatchObject({ verdict: "ok" });
    expect(await classify(withText("Abstyles", "Abstyles"))).toMatchObject({
      verdict: "unknown",
      family: "unclassified",
      notes: ["Abstyles is in no list here: read it"],
    });
  });

  it.each([
    [
      "The Software is provided under the licence below, subject to the Commons Clause License Condition.",
      "Commons Clause",
    ],
    ["You may use this for non-commercial purposes only.", "no commercial use"],
  ])("flags a limit on use beside a known text: %s", async (words, restriction) => {
    const files = { LICENSE: `${words}\n\n${spdxText("MIT")}` };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "restricted",
      family: "restricted",
      concluded: "NOASSERTION",
      notes: [`LICENSE adds terms to the licence: ${restriction}`],
    });
  });

  it("flags a condition that was put into a known text", async () => {
    const text = spdxText("MIT").replace(
      "THE SOFTWARE IS PROVIDED",
      "Whoever runs it on a Tuesday shall send the authors a postcard.\n\nTHE SOFTWARE IS PROVIDED",
    );
    const result = await classify({ manifest: { license: "MIT" }, files: { LICENSE: text } });
    expect(result.verdict).toBe("extra-terms");
    expect(result.notes[0]).toContain("runs it on a tuesday");
  });

  it("flags a text that only resembles the declared licence", async () => {
    const condition =
      "Distributions that disable functions of the software shall carry the address of whoever did so. ".repeat(6);
    const text = spdxText("MIT").replace("THE SOFTWARE IS PROVIDED", `${condition}\n\nTHE SOFTWARE IS PROVIDED`);
    const result = await classify({ manifest: { license: "MIT" }, files: { LICENSE: text } });
    expect(result).toMatchObject({ verdict: "unknown", concluded: "NOASSERTION" });
    expect(result.notes[0]).toMatch(/^LICENSE differs from MIT \(\d\d % alike\): "/);
  });
});

describe("classifyLicence, with code of others in the package", () => {
  const list = `\n\n# Licenses of bundled dependencies\n\n## other\n\n`;

  it("does not take bundled permissive licences for the package's", async () => {
    const files = { "LICENSE.md": `${spdxText("MIT")}${list}${spdxText("Apache-2.0")}` };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "ok",
      notes: [],
      found: [
        { id: "MIT", file: "LICENSE.md" },
        { id: "Apache-2.0", file: "LICENSE.md", scope: "third-party" },
      ],
    });
  });

  it("flags bundled strong copyleft and remarks on weak", async () => {
    const strong = { LICENSE: spdxText("MIT"), "THIRD-PARTY-LICENSES.txt": spdxText("GPL-3.0-only") };
    expect(await classify({ manifest: { license: "MIT" }, files: strong })).toMatchObject({
      verdict: "copyleft",
      family: "permissive",
      notes: ["bundles code under GPL-3.0-only (THIRD-PARTY-LICENSES.txt)"],
    });
    const weak = { LICENSE: spdxText("MIT"), "THIRD-PARTY-LICENSES.txt": spdxText("MPL-2.0") };
    expect(await classify({ manifest: { license: "MIT" }, files: weak })).toMatchObject({ verdict: "ok" });
  });

  it("does not take the licence of the documentation for the code's", async () => {
    const files = { LICENSE: spdxText("MIT"), "LICENSE-docs": spdxText("CC-BY-SA-4.0") };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({ verdict: "ok" });
  });
});

describe("classifyLicence, with hostile or odd packages", () => {
  it("keeps names of any script and drops control characters", async () => {
    const root = aFolder();
    const name = "größe-日本語-🎼";
    const place = addPackage(root, {
      path: `node_modules/${name}`,
      manifest: { name: `\u001b[2J${name}\u202e`, license: "MIT" },
    });
    expect(await classifyLicence(root, place)).toMatchObject({ name: `[2J${name}`, path: place });
  });

  it("passes over a licence that is a folder or an endless link", async () => {
    const root = aFolder();
    const place = addPackage(root, { manifest: { license: "MIT" } });
    mkdirSync(path.join(root, place, "LICENSE"));
    symlinkSync(path.join(root, place, "COPYING"), path.join(root, place, "COPYING"));
    expect(await classifyLicence(root, place)).toMatchObject({ verdict: "missing-text" });
  });

  it("stays below a KiB whatever a package contains", async () => {
    const ids = [
      "MIT",
      "ISC",
      "Apache-2.0",
      "BSD-2-Clause",
      "BSD-3-Clause",
      "GPL-3.0-only",
      "MPL-2.0",
      "Zlib",
      "CC0-1.0",
    ];
    const files = Object.fromEntries(ids.map((id) => [`LICENSE-${"x".repeat(100)}-${id}`, spdxText(id)]));
    const result = await classify({ manifest: { name: "n".repeat(500), license: ids.join(" AND ") }, files });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThanOrEqual(maxClassificationBytes);
    expect(classificationSchema.parse(result)).toEqual(result);
  });

  it.each([
    ["blank lines", "\n"],
    ["spaces", " "],
    ["punctuation", "-*#"],
    ["opening words", "license "],
    ["copyright marks", "(c) copyright "],
    ["open brackets", "]("],
    ["parts of a known text", "permission is hereby granted in no event shall names of "],
  ])("takes no unreasonable time for much %s", async (_, part) => {
    const text = `# License ${part.repeat(300_000 / part.length)} x`;
    const startedMs = performance.now();
    await classify({ manifest: { license: "MIT" }, files: { "README.md": text } });
    await classify({ manifest: { license: "MIT" }, files: { LICENSE: text } });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it("takes no unreasonable time for a declaration without end", async () => {
    const startedMs = performance.now();
    for (const license of ["(".repeat(1_000_000), " OR MIT".repeat(100_000), Array(100_000).fill("MIT")]) {
      await classify({ manifest: { license } });
    }
    await classify({ manifest: `{"licenses": ${"[".repeat(5000)}${"]".repeat(5000)}}` });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it("says so when it read only the start of a file", async () => {
    const files = { LICENSE: `${spdxText("MIT")}\n${"\n".repeat(1_100_000)}` };
    expect(await classify({ manifest: { license: "MIT" }, files })).toMatchObject({
      verdict: "ok",
      notes: ["only the start of LICENSE was read"],
    });
  });

  it("gives the same result every time", async () => {
    const sample = { manifest: { license: "MIT" }, files: { LICENSE: spdxText("MIT"), COPYING: spdxText("ISC") } };
    expect(await classify(sample)).toEqual(await classify(sample));
  });

  it("fails for a package that is gone, and for a path out of the folder", async () => {
    const root = aFolder();
    await expect(classifyLicence(root, "node_modules/gone")).rejects.toThrow(PackageNotFoundError);
    addPackage(root, { path: "outside/node_modules/sample" });
    const inside = path.join(root, "inside");
    await expect(classifyLicence(inside, "../outside/node_modules/sample")).rejects.toThrow(
      "../outside/node_modules/sample holds no package.json inside the audited folder",
    );
  });
});
