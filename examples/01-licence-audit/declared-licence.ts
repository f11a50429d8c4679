/**
 * What a package.json declares, in all the forms found in the registry, as one SPDX expression where there is one.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import parseExpression, { type Info } from "spdx-expression-parse";
import { isRecord, type Manifest, printable } from "./package-manifest.ts";

/** The declaration. `text` is what a report shows. */
export type DeclaredLicence =
  | { readonly kind: "expression"; readonly text: string; readonly expression: Info; readonly note?: string }
  /** `SEE LICENSE IN file`: the terms are in a file of the package. */
  | { readonly kind: "see-file"; readonly text: string; readonly file: string }
  /** `UNLICENSED`: npm's word for "nobody else may use this". */
  | { readonly kind: "unlicensed"; readonly text: string }
  /** Words that are no SPDX expression and stand for none. */
  | { readonly kind: "other"; readonly text: string }
  | { readonly kind: "none"; readonly note: string };

/** Longest declaration kept; a report has one line for it, and a task's result stays below 1 KiB. */
const maxDeclaredCharacters = 120;

/** Longest declaration that is read as an expression; a longer one is not a name of anything. */
const maxParsedCharacters = 1000;

/** More licences than anybody lists. */
const maxListed = 20;

/** Names people write for a licence that has an SPDX id. Matched against the whole declaration. */
const commonNames: readonly (readonly [RegExp, string])[] = [
  [/^(the )?(mit|expat)( licen[cs]e)?( \(mit\))?$/i, "MIT"],
  [/^mit ?\/ ?x11$/i, "MIT"],
  [/^(the )?isc( licen[cs]e)?( \(isc\))?$/i, "ISC"],
  [/^(the )?apache( software)?( licen[cs]e)?,?[ -]*(v(ersion)?)?[ .]*2(\.0)?( licen[cs]e)?$/i, "Apache-2.0"],
  [/^(new|modified|revised|3-clause)[ -]bsd([ -]licen[cs]e)?$|^bsd[ -]?(3|3-clause|new)$/i, "BSD-3-Clause"],
  [/^(simplified|2-clause|freebsd)[ -]bsd([ -]licen[cs]e)?$|^bsd[ -]?(2|2-clause)$/i, "BSD-2-Clause"],
  [/^(the )?bsd( style)?([ -]licen[cs]e)?$/i, "BSD-2-Clause OR BSD-3-Clause"],
  [/^a(ffero )?gpl[ -]?v?3(\.0)?$/i, "AGPL-3.0-only"],
  [/^(gnu )?lgpl[ -]?v?3(\.0)?$/i, "LGPL-3.0-only"],
  [/^(gnu )?lgpl[ -]?v?2\.1$/i, "LGPL-2.1-only"],
  [/^(gnu )?gpl[ -]?v?3(\.0)?$/i, "GPL-3.0-only"],
  [/^(gnu )?gpl[ -]?v?2(\.0)?$/i, "GPL-2.0-only"],
  [/^(gnu )?gpl[ -]?v?3(\.0)?\+$/i, "GPL-3.0-or-later"],
  [/^(gnu )?gpl[ -]?v?2(\.0)?\+$/i, "GPL-2.0-or-later"],
  [/^(mozilla public licen[cs]e|mpl)[ ,-]*(v(ersion)?)?[ .]*2(\.0)?$/i, "MPL-2.0"],
  [/^(the )?unlicen[cs]e$/i, "Unlicense"],
  [/^cc0([ -]1\.0)?( universal)?$/i, "CC0-1.0"],
  [/^cc[ -]by[ -]4(\.0)?$/i, "CC-BY-4.0"],
  [/^wtf?pl( 2)?$/i, "WTFPL"],
  [/^(the )?zlib( licen[cs]e)?$/i, "Zlib"],
];

/** Addresses that stand for one licence. */
const addresses: readonly (readonly [RegExp, string])[] = [
  [/^https?:\/\/(www\.)?opensource\.org\/licen[cs]es?\/([\w.-]+?)(\.php|\.html|\/)?$/i, "$2"],
  [/^https?:\/\/(www\.)?apache\.org\/licenses\/LICENSE-2\.0(\.\w+)?$/i, "Apache-2.0"],
  [/^https?:\/\/spdx\.org\/licenses\/([\w.-]+?)(\.html)?$/i, "$1"],
  [/^https?:\/\/(www\.)?mozilla\.org\/(en-US\/)?MPL\/2\.0\/?$/i, "MPL-2.0"],
  [/^https?:\/\/(www\.)?unlicense\.org\/?$/i, "Unlicense"],
  [/^https?:\/\/(www\.)?wtfpl\.net\b.*$/i, "WTFPL"],
];

/** Reads the declaration out of a parsed package.json. Never throws. */
export function declaredLicenceOf(manifest: Manifest): DeclaredLicence {
  if (manifest.kind === "missing") return { kind: "none", note: "there is no package.json" };
  if (manifest.kind === "broken") return { kind: "none", note: manifest.problem };

  const singular = namesIn(manifest.license);
  const names = singular.length > 0 ? singular : namesIn(manifest.licenses);
  if (names.length === 0) return { kind: "none", note: "package.json declares no licence" };
  const [only] = names;
  if (names.length === 1 && only !== undefined) return interpret(only);
  // The list form of old npm versions meant a choice: https://docs.npmjs.com/cli/configuring-npm/package-json#license
  const list = interpret(names.map((name) => `(${toExpressionText(name) ?? name})`).join(" OR "));
  return list.kind === "expression" ? { ...list, note: "a list of licences, read as a choice" } : list;
}

/** String, `{type}`, `{name}`, `{url}`, or a list of these. */
function namesIn(value: unknown): readonly string[] {
  const items = Array.isArray(value) ? value.slice(0, maxListed) : [value];
  return items.flatMap((item) => nameIn(item) ?? []);
}

function nameIn(value: unknown): string | undefined {
  const candidates = isRecord(value) ? [value.type, value.name, value.url] : [value];
  return candidates
    .filter((text) => typeof text === "string")
    .map((text) => text.trim())
    .find((text) => text !== "");
}

function interpret(declared: string): DeclaredLicence {
  const text = printable(declared, maxDeclaredCharacters);
  if (declared.length > maxParsedCharacters) return { kind: "other", text };
  const seeFile = /^SEE LICEN[CS]E IN\s+(?:the\s+)?<?(.+?)>?$/i.exec(declared)?.[1];
  if (seeFile !== undefined) return { kind: "see-file", text, file: seeFile };
  if (/^(UNLICENSED|UNLICENCED|proprietary|none|all rights reserved)$/i.test(declared)) {
    return { kind: "unlicensed", text };
  }
  const corrected = toExpressionText(declared);
  const expression = corrected === undefined ? undefined : parseOrUndefined(corrected);
  if (corrected === undefined || expression === undefined) return { kind: "other", text };
  const shown = printable(formatExpression(expression), maxDeclaredCharacters);
  const isExact = parseOrUndefined(declared) !== undefined;
  return { kind: "expression", text: shown, expression, ...(isExact ? {} : { note: `"${text}" read as ${shown}` }) };
}

/**
 * The SPDX expression a declaration stands for: itself, an id in other letter case, a common name, a well-known
 * address, or such parts joined by `or`, `and`, `/` or commas. Undefined when it stands for none.
 */
export function toExpressionText(declared: string): string | undefined {
  if (parseOrUndefined(declared) !== undefined) return declared;
  const single = singleId(declared);
  if (single !== undefined) return single;
  const inner = /^\((.*)\)$/.exec(declared)?.[1] ?? declared;
  for (const [separator, operator] of [
    [/\s*[/,;|]\s*|\s+or\s+/i, " OR "],
    [/\s*&\s*|\s+and\s+/i, " AND "],
  ] as const) {
    const parts = inner.split(separator);
    const ids = parts.map((part) => singleId(part.trim()) ?? (parseOrUndefined(part.trim()) ? part.trim() : undefined));
    if (parts.length > 1 && ids.every((id) => id !== undefined)) return ids.map((id) => `(${id})`).join(operator);
  }
  return undefined;
}

function singleId(name: string): string | undefined {
  for (const [pattern, id] of [...commonNames, ...addresses]) {
    const match = pattern.exec(name);
    if (match !== null) return canonicalId(id.replace(/\$(\d)/, (_, group) => match[Number(group)] ?? ""));
  }
  return canonicalId(name);
}

let idsByLowerCase: ReadonlyMap<string, string> | undefined;

/** The id as SPDX writes it; undefined when it is none in any letter case. Expressions pass through. */
function canonicalId(name: string): string | undefined {
  if (parseOrUndefined(name) !== undefined) return name;
  idsByLowerCase ??= readSpdxIds();
  return idsByLowerCase.get(name.toLowerCase());
}

function readSpdxIds(): ReadonlyMap<string, string> {
  const file = createRequire(import.meta.url).resolve("spdx-license-list/spdx-simple.json");
  const ids = JSON.parse(readFileSync(file, "utf8")) as readonly string[];
  return new Map(ids.map((id) => [id.toLowerCase(), id]));
}

export function parseOrUndefined(expression: string): Info | undefined {
  try {
    return parseExpression(expression);
  } catch {
    return undefined;
  }
}

/** Writes an expression with the parentheses it needs: `AND` binds closer than `OR`. */
export function formatExpression(expression: Info): string {
  if ("license" in expression) {
    const exception = expression.exception === undefined ? "" : ` WITH ${expression.exception}`;
    return `${expression.license}${expression.plus === true ? "+" : ""}${exception}`;
  }
  const { conjunction, left, right } = expression;
  const side = (inner: Info): string =>
    conjunction === "and" && "conjunction" in inner && inner.conjunction === "or"
      ? `(${formatExpression(inner)})`
      : formatExpression(inner);
  return `${side(left)} ${conjunction.toUpperCase()} ${side(right)}`;
}

/** The ids an expression names, each once, in order. */
export function idsOf(expression: Info): readonly string[] {
  if ("license" in expression) return [expression.license];
  return [...new Set([...idsOf(expression.left), ...idsOf(expression.right)])];
}
