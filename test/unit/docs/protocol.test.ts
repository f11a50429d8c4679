/**
 * docs/protocol.md says what the code does: its tables name the code's rows and writes, and what the code cites is there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), "utf8");

function filesIn(folder: string, extension: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`);
}

const sources = ["lib", "local", "lambdas", "cli", "infra", "bench", "scripts", "test"].flatMap((folder) =>
  // The tests of the pages name what must not be there, and what is no invariant.
  filesIn(folder, ".ts").filter((path) => !path.startsWith("test/unit/docs/")),
);
const pages = [...filesIn("docs", ".md"), "README.md", "CONTRIBUTING.md"];
const protocolPage = read("docs/protocol.md");

/** Anchors of a page as GitHub makes them: of headings outside code, numbered when they repeat. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of page.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/(^|\W)_(.*?)_(?=\W|$)/g, "$1$2");
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What a citation of a page names that is not there; undefined when it is. */
function missingIn(path: string, anchor: string | undefined): string | undefined {
  if (!existsSync(join(root, path))) return path;
  return anchor === undefined || anchorsOf(read(path)).has(anchor) ? undefined : `${path}#${anchor}`;
}

interface Citation {
  readonly path: string;
  readonly anchor: string | undefined;
}

/** Pages that a source names: `docs/protocol.md`, `docs/protocol.md#packs`, `docs/adr/0007`. */
function citedIn(source: string): Citation[] {
  const found = [...source.matchAll(/\b(docs\/[\w./-]+?\.md)(?:#([\w-]*))?/g)];
  return found.map(([, path = "", anchor]) => ({ path, anchor }));
}

/** Links of a page to files of the repository, and within itself. */
function linksIn(page: string, at: string): Citation[] {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  const found = [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
  return found.map(([, to = "", anchor]) => ({ path: to === "" ? at : join(dirname(at), to), anchor }));
}

/** Ids of invariants that a source names. `S1-23` is a row of docs/requirements.md. */
function invariantsIn(source: string): string[] {
  return source.match(/\b[SL]\d{1,2}\b(?!-\d)/g) ?? [];
}

/** Design documents that this repository has not, by name, by section, or as a page outside `docs`. */
function absentIn(source: string): string[] {
  const named = source.match(
    /\b(?:PROTOCOL|FAILURES|REQUIREMENTS|PRODUCT|STYLE|VERIFICATION|SPIN|REVIEW)\b(?:[-.]\w+)*/g,
  );
  const upper = [...source.matchAll(/(?<![\w/])([A-Z][A-Z-]+\.md)\b/g)].map(([, name = ""]) => name);
  return [...(named ?? []), ...upper.filter((name) => !existsSync(join(root, name)))];
}

function tableAfter(page: string, start: RegExp): string[][] {
  const [, table = ""] = new RegExp(`${start.source}[\\s\\S]*?\\n\\|[ |-]+\\n((?:\\|.*\\n)+)`, "m").exec(page) ?? [];
  return table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim()),
    );
}

const namesIn = (cells: readonly (string | undefined)[]) =>
  [...new Set(cells.flatMap((cell) => [...(cell ?? "").matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name)))].sort();

/** Exported functions that give a write. */
function writesIn(source: string): string[] {
  return source
    .split(/^export (?=function)/m)
    .slice(1)
    .flatMap((chunk) => {
      const [, name = "", result] = /^function (\w+)[\s\S]*?\n?\): ([\w.|[\] ]+?) \{\n/.exec(chunk) ?? [];
      return result === "Write" ? [name] : [];
    })
    .sort();
}

/** Values of `kind` in a union type. */
function kindsOf(source: string, type: string): string[] {
  const [, union = ""] = new RegExp(`^export type ${type} =\\n([\\s\\S]*?);\\n\\n`, "m").exec(source) ?? [];
  return [...union.matchAll(/readonly kind: "([\w-]+)"/g)].map(([, kind = ""]) => kind).sort();
}

describe("docs/protocol.md", () => {
  it("names the writes of slots and tallies, and no other", () => {
    const table = tableAfter(protocolPage, /`lib\/protocol\/writes\.ts`\):/);
    const named = namesIn(table.map(([, name]) => name));
    expect(named).toEqual(writesIn(read("lib/protocol/writes.ts")));
    expect(named).toHaveLength(table.length);
  });

  it("names the writes of the head, and no other", () => {
    const table = tableAfter(protocolPage, /`lib\/protocol\/head\.ts`\);/);
    const named = namesIn(table.map(([, name]) => name));
    expect(named).toEqual(writesIn(read("lib/protocol/head.ts")));
    expect(named).toHaveLength(table.length);
  });

  it.each([
    ["OwnRow", 1],
    ["DriverRow", 2],
  ])("names the rows of %s in column %i, and no other", (type, column) => {
    const table = tableAfter(protocolPage, /^## What a message may end in/m);
    const kinds = kindsOf(read("lib/protocol/rows.ts"), type);
    expect(kinds.length).toBeGreaterThan(0);
    expect(namesIn(table.map((cells) => cells[column]))).toEqual(kinds);
  });

  it("names the findings of the sweeper, and no other", () => {
    const [, union = ""] = /readonly kind:\n([\s\S]*?);/.exec(read("lib/protocol/findings.ts")) ?? [];
    const kinds = [...union.matchAll(/"([\w-]+)"/g)].map(([, kind = ""]) => kind).sort();
    const table = tableAfter(protocolPage, /^## Sweep and diagnose/m);
    expect(kinds.length).toBeGreaterThan(0);
    expect(namesIn(table.map(([finding]) => finding))).toEqual(kinds);
  });

  it("has a heading for every invariant that is cited, each once", () => {
    const headings = [...protocolPage.matchAll(/^### ([SL]\d+)$/gm)].map(([, id = ""]) => id);
    expect(headings.length).toBeGreaterThan(0);
    expect(new Set(headings).size).toBe(headings.length);
    const missing = sources.flatMap((path) =>
      invariantsIn(read(path)).flatMap((id) => (headings.includes(id) ? [] : [`${path}: ${id}`])),
    );
    expect(missing).toEqual([]);
  });

  it("names files that exist", () => {
    const paths = [...protocolPage.matchAll(/`((?:lib|lambdas|local)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe("citations", () => {
  it("of the queue's rules in local/sqs are defined in the header of its core", () => {
    const [header = ""] = /^\/\*\*[\s\S]*?\*\//.exec(read("local/sqs/queue.ts")) ?? [];
    const defined = [...header.matchAll(/^ \* - (Q\d+) /gm)].map(([, id = ""]) => id);
    expect(defined.length).toBeGreaterThan(0);
    const unknown = sources
      .filter((path) => !path.startsWith("test/"))
      .flatMap((path) =>
        (read(path).match(/\bQ\d{1,2}\b/g) ?? []).flatMap((id) =>
          path.startsWith("local/sqs/") && defined.includes(id) ? [] : [`${path}: ${id}`],
        ),
      );
    expect(unknown).toEqual([]);
  });

  it("in sources name pages and headings that exist", () => {
    const missing = sources.flatMap((path) =>
      citedIn(read(path)).flatMap(({ path: page, anchor }) => {
        const absent = missingIn(page, anchor);
        return absent === undefined ? [] : [`${path}: ${absent}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it("in sources name decisions that exist", () => {
    const decisions = readdirSync(join(root, "docs/adr")).map((name) => name.slice(0, 4));
    const missing = sources.flatMap((path) =>
      [...read(path).matchAll(/docs\/adr\/(\d{4})/g)].flatMap(([, number = ""]) =>
        decisions.includes(number) ? [] : [`${path}: ${number}`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it("between pages name files and headings that exist", () => {
    const missing = pages.flatMap((at) =>
      linksIn(read(at), at).flatMap(({ path, anchor }) => {
        const absent = missingIn(path, anchor);
        return absent === undefined ? [] : [`${at}: ${absent}`];
      }),
    );
    expect(missing).toEqual([]);
  });

  it("name no design document that is not here", () => {
    const absent = sources.flatMap((path) => absentIn(read(path)).map((name) => `${path}: ${name}`));
    expect(absent).toEqual([]);
  });
});

describe("the check itself", () => {
  it.each([
    ["## Slot states and conditions", "slot-states-and-conditions"],
    ["### S1", "s1"],
    ["## What happens when …", "what-happens-when-"],
    ["# 8. Packs of ten, and ranges as slots", "8-packs-of-ten-and-ranges-as-slots"],
    ["## Where `diagnose` is", "where-diagnose-is"],
    ["## A\n\n## A", "a-1"],
    ["## After the _end_", "after-the-end"],
  ])("takes the heading %j for #%s", (page, anchor) => {
    expect([...anchorsOf(page)]).toContain(anchor);
  });

  it("takes no heading from a block of code", () => {
    expect([...anchorsOf("```\n# no\n```\n")]).toEqual([]);
  });

  it.each([
    ["docs/protocol.md", undefined, undefined],
    ["docs/protocol.md", "s1", undefined],
    ["docs/protocol.md", "s99", "docs/protocol.md#s99"],
    ["docs/nothing.md", undefined, "docs/nothing.md"],
  ])("finds %s#%s, or misses it", (path, anchor, missing) => {
    expect(missingIn(path, anchor)).toBe(missing);
  });

  it("tells invariants from rows of docs/requirements.md", () => {
    expect(invariantsIn("(S1, S12-ish; docs/requirements.md, S1-71) L11 XS3 S3a")).toEqual(["S1", "S12", "L11"]);
  });

  it.each([
    ["PROTOCOL.md, 4", true],
    ["PROTOCOL-REVIEW, 14", true],
    ["FAILURES A5", true],
    ["SPIN-RESULTS F1", true],
    ["REQUIREMENTS.md, S1-71", true],
    ["NOTES.md", true],
    ["docs/requirements.md, S1-71", false],
    ["README.md", false],
    ["CHANGELOG.md", false],
    ["a protocol and its requirements", false],
  ])("takes %s for a document that is not here: %s", (source, absent) => {
    expect(absentIn(source).length > 0).toBe(absent);
  });

  it("reads links with and without an anchor, and leaves addresses and code alone", () => {
    const page = "[a](b.md#c) [d](../e.md) [f](#g) [h](https://i.example/j#k) `[l](m.md)`\n```\n[n](o.md)\n```\n";
    expect(linksIn(page, "docs/p.md")).toEqual([
      { path: "docs/b.md", anchor: "c" },
      { path: "e.md", anchor: undefined },
      { path: "docs/p.md", anchor: "g" },
    ]);
  });

  it("takes a function for a write by what it gives", () => {
    const source = [
      "export function aWrite(of: { readonly b: string }): Write {\n}\n",
      "export function cRead(d: string): Image {\n}\n",
      "export function eWrite(\n  f: string,\n): Write {\n}\n",
      "function gWrite(): Write {\n}\n",
    ].join("\n");
    expect(writesIn(source)).toEqual(["aWrite", "eWrite"]);
  });
});
