/**
 * Recognises licences that a text names without quoting them: "Licensed under the MIT License", an SPDX tag, a
 * well-known address. Used where no licence text was recognised; naming a licence is weaker than including it.
 */
import { idsOf, parseOrUndefined } from "./declared-licence.ts";

const references: readonly (readonly [RegExp, string])[] = [
  [
    /apache\.org\/licenses\/LICENSE-2\.0|apache(?: software)? licen[cs]e,?\s+(?:version\s+)?v?2(?:\.0)?\b/i,
    "Apache-2.0",
  ],
  [/affero general public licen[cs]e[\s\S]{0,40}?(?:version\s+|v)3|\bAGPL[- ]?v?3/i, "AGPL-3.0-only"],
  [/lesser general public licen[cs]e[\s\S]{0,40}?(?:version\s+|v)2\.1|\bLGPL[- ]?v?2\.1/i, "LGPL-2.1-only"],
  [/lesser general public licen[cs]e[\s\S]{0,40}?(?:version\s+|v)3|\bLGPL[- ]?v?3/i, "LGPL-3.0-only"],
  [
    /(?<!lesser |affero )general public licen[cs]e[\s\S]{0,40}?(?:version\s+|v)2\b|(?<![AL])\bGPL[- ]?v?2\b/i,
    "GPL-2.0-only",
  ],
  [
    /(?<!lesser |affero )general public licen[cs]e[\s\S]{0,40}?(?:version\s+|v)3\b|(?<![AL])\bGPL[- ]?v?3\b/i,
    "GPL-3.0-only",
  ],
  [/mozilla public licen[cs]e[\s\S]{0,20}?2\.0|mozilla\.org\/(?:en-US\/)?MPL\/2\.0/i, "MPL-2.0"],
  [/\bMIT-0\b|\bMIT No Attribution\b/i, "MIT-0"],
  [
    /\bMIT[- ]licen[cs]ed?\b|licen[cs]es?\/mit\b(?!-)|\bMIT\s*(?:©|\(c\))|licen[cs]ed?\s{0,4}(?:under|:|is)?\s{0,4}(?:the\s{1,4})?\W{0,3}MIT\b(?!-)/i,
    "MIT",
  ],
  [/\bISC[- ]licen[cs]ed?\b|licen[cs]es?\/isc\b/i, "ISC"],
  [/\b(?:3-clause|new|modified)[- ]BSD\b|\bBSD[- ]3[- ]clause\b/i, "BSD-3-Clause"],
  [/\b(?:2-clause|simplified)[- ]BSD\b|\bBSD[- ]2[- ]clause\b/i, "BSD-2-Clause"],
  [/creativecommons\.org\/publicdomain\/zero\/1\.0|\bCC0\b/i, "CC0-1.0"],
  [/creativecommons\.org\/licenses\/by\/4\.0/i, "CC-BY-4.0"],
  [/creativecommons\.org\/licenses\/by-sa\/4\.0/i, "CC-BY-SA-4.0"],
  [/creativecommons\.org\/licenses\/by-nc\/4\.0/i, "CC-BY-NC-4.0"],
  [/\bunlicense\.org\b|\bthe unlicense\b/i, "Unlicense"],
];

/** Ids that are also words ("Fair", "Ruby", "Intel") prove nothing in running text; these few stand alone. */
const plainIds = new Set(["MIT", "ISC", "WTFPL", "Zlib", "Unlicense"]);

/** The SPDX ids a text names, each once. */
export function referencedLicences(text: string): readonly string[] {
  const found = new Set<string>();
  for (const tag of text.matchAll(/SPDX-License-Identifier:[ \t]*([\w.+() -]+)/g)) {
    const expression = parseOrUndefined((tag[1] ?? "").trim());
    for (const id of expression === undefined ? [] : idsOf(expression)) found.add(id);
  }
  if (found.size > 0) return [...found];
  const orLater = /\bor (?:\(at your option\) )?(?:any )?later\b|\bGPL-?v?[\d.]+\+/i.test(text);
  for (const [pattern, id] of references) {
    if (pattern.test(text)) found.add(orLater ? id.replace(/-only$/, "-or-later") : id);
  }
  if (found.size > 0) return [...found];
  for (const word of text.match(/[A-Za-z0-9][A-Za-z0-9.+-]*[A-Za-z0-9+]/g) ?? []) {
    const isId = plainIds.has(word) || (/^[A-Z0-9][A-Za-z]*-.*\d/.test(word) && parseOrUndefined(word) !== undefined);
    if (isId) found.add(word);
  }
  return [...found];
}

/**
 * Words that take rights away from a licence that grants them. Searched only in what belongs to no known text, where
 * the same words are part of what the licence is known to say.
 */
const restrictions: readonly (readonly [RegExp, string])[] = [
  [/\bcommons clause\b/, "Commons Clause"],
  [
    /\bnon ?commercial(?:ly)? (?:use|purpose|only|and)|\bnot (?:be used )?for commercial\b|\bno commercial use\b/,
    "no commercial use",
  ],
  [/\bused for good not evil\b/, "good, not evil"],
  [/\bevaluation purposes? only\b|\bfor evaluation only\b/, "evaluation only"],
  [/\b(?:may|must|shall) not (?:sell|be sold|resell)\b|\bdoes not include .{0,60}right to sell\b/, "no sale"],
  [/\b(?:military|weapons?|nuclear facilit)/, "field of use"],
  [/\b(?:train|training) (?:of )?(?:\w+ ){0,3}(?:ai|models?|machine learning)\b/, "no use for training models"],
];

/** Restrictions in the words that no known text explains. */
export function restrictionsIn(leftover: string): readonly string[] {
  return restrictions.filter(([pattern]) => pattern.test(leftover)).map(([, label]) => label);
}
