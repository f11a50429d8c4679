/**
 * Decides what to make of a package: declaration on one side, texts on the other. Pure.
 */
import type { Info } from "spdx-expression-parse";
import { type FoundLicence, noAssertion, type Verdict, verdicts } from "./classification.ts";
import { type DeclaredLicence, idsOf } from "./declared-licence.ts";
import {
  baseIdOf,
  familyOfExpression,
  familyOfId,
  isCopyleft,
  type LicenceFamily,
  mostDemanding,
} from "./licence-families.ts";
import type { TextMatch } from "./licence-recogniser.ts";

/** What the files of a package show. */
export interface Evidence {
  readonly found: readonly FoundLicence[];
  /** Licence files of the package itself that hold no known text and name no licence. */
  readonly unrecognised: readonly UnrecognisedFile[];
  /** Passages of the package's licence files that belong to no known text. */
  readonly otherWords: readonly { readonly file: string; readonly excerpt: string }[];
  /** Limits on use that a file adds to the licence. */
  readonly restrictions: readonly { readonly file: string; readonly restriction: string }[];
  /** Files of which only the start was read. */
  readonly cut: readonly string[];
}

export interface UnrecognisedFile {
  readonly file: string;
  /** The known text it is most like, when it is like one. */
  readonly nearest: TextMatch | null;
  /** Start of the longest passage that is not in that text. */
  readonly excerpt: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly family: LicenceFamily;
  readonly concluded: string;
  readonly notes: readonly string[];
}

/** One reason to look. A concern of `ok` is a remark. */
interface Concern {
  readonly verdict: Verdict;
  readonly note: string;
}

interface Finding {
  readonly family: LicenceFamily;
  readonly concluded: string;
  readonly concerns: readonly Concern[];
}

/** Below, words of a recognised text were changed: 930 published packages score 0.956 and more with their licences. */
const minUnchangedSimilarity = 0.95;

const maxNotes = 4;
const maxNoteCharacters = 160;

/** Licences that do not ask for their text to be passed on, besides those of the public domain. */
const needsNoText = new Set(["0BSD", "MIT-0", "WTFPL"]);

/** Texts that stand for one another: PSF-2.0 is the part of Python-2.0 in force since Python 2.1. */
const sameLicence: readonly ReadonlySet<string>[] = [
  new Set(["Python-2.0", "Python-2.0.1", "PSF-2.0"]),
  new Set(["MPL-2.0", "MPL-2.0-no-copyleft-exception"]),
  new Set(["OFL-1.1", "OFL-1.1-RFN", "OFL-1.1-no-RFN"]),
  new Set(["BSD-2-Clause", "BSD-2-Clause-Views", "BSD-2-Clause-FreeBSD", "BSD-2-Clause-NetBSD"]),
];

/** Weighs declaration and evidence. The most pressing concern is the verdict. */
export function judge(declared: DeclaredLicence, evidence: Evidence): Judgement {
  const finding = findingOf(declared, evidence);
  const concerns = [
    ...finding.concerns,
    ...familyConcerns(finding.family, finding.concluded),
    ...restrictionConcerns(evidence),
    ...bundledConcerns(evidence),
    ...evidence.cut.map((file) => remark(`only the start of ${file} was read`)),
    ...(declared.kind === "expression" && declared.note !== undefined ? [remark(declared.note)] : []),
  ].toSorted((a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict));
  const isLimited = evidence.restrictions.length > 0;
  return {
    verdict: concerns[0]?.verdict ?? "ok",
    family: isLimited ? mostDemanding([finding.family, "restricted"]) : finding.family,
    concluded: isLimited ? noAssertion : finding.concluded,
    notes: concerns
      .map(({ note }) => shortened(note))
      .filter((note) => note !== "")
      .slice(0, maxNotes),
  };
}

function findingOf(declared: DeclaredLicence, evidence: Evidence): Finding {
  switch (declared.kind) {
    case "expression":
      return weighExpression(declared.expression, declared.text, evidence);
    case "see-file":
      return weighTexts(evidence, `terms are those of ${declared.file}`, "ok");
    case "unlicensed":
      return weighUnlicensed(declared.text, evidence);
    case "other":
      return weighTexts(evidence, `"${declared.text}" is no SPDX expression`, "undeclared");
    case "none":
      return weighTexts(evidence, declared.note, "undeclared");
    default:
      return declared satisfies never;
  }
}

function weighExpression(expression: Info, declaredText: string, evidence: Evidence): Finding {
  const family = familyOfExpression(expression);
  const texts = ownTexts(evidence);
  if (texts.length === 0) return weighWithoutText(expression, declaredText, evidence);

  const ids = idsOf(expression);
  const agreeing = texts.filter((text) => ids.some((id) => isSame(id, text.id)));
  const others = texts.filter((text) => !agreeing.includes(text) && !isPartOf(text.id, ids));
  if (agreeing.length === 0 && others.length > 0) {
    return contradiction(family, others, `declares ${declaredText}, but ${describe(others)}`);
  }
  const unwelcome = others.filter((text) => !isHarmless(familyOfId(text.id)));
  if (unwelcome.length > 0) {
    return contradiction(family, unwelcome, `besides the declared ${declaredText}, ${describe(unwelcome)}`);
  }
  const missing = missingTexts(expression, texts);
  return {
    family,
    concluded: declaredText,
    concerns: [
      ...(missing.length > 0
        ? [missingText(missing, `the text of ${missing.join(" and ")} is not in the package`)]
        : []),
      ...(others.length > 0 ? [remark(`${describe(others)} too, which package.json does not declare`)] : []),
      ...evidence.unrecognised.map(({ file }) => remark(`${file} is no known licence text`)),
      ...evidence.otherWords.map((words): Concern => ({ verdict: "extra-terms", note: describeOther(words) })),
      ...agreeing.filter(isChanged).map(changedText),
    ],
  };
}

function weighWithoutText(expression: Info, declaredText: string, evidence: Evidence): Finding {
  const family = familyOfExpression(expression);
  const named = ownLicences(evidence);
  const ids = idsOf(expression);
  const others = named.filter((licence) => !ids.some((id) => isSame(id, licence.id)));
  if (named.length > 0 && others.length === named.length) {
    return contradiction(family, others, `declares ${declaredText}, but ${describe(others)}`);
  }
  const first = named.find((licence) => !others.includes(licence));
  if (first !== undefined) {
    const note = `${first.file} names ${first.id}, but the text is not in the package`;
    return { family, concluded: declaredText, concerns: [missingText(ids, note)] };
  }
  if (evidence.unrecognised.length > 0) {
    const concerns = evidence.unrecognised.map((file) => unknownText(file));
    return { family, concluded: noAssertion, concerns };
  }
  const concern = missingText(ids, `declares ${declaredText}; no licence file in the package`);
  return { family, concluded: declaredText, concerns: [concern] };
}

/** No usable declaration: the texts alone decide, if they are all there is. */
function weighTexts(evidence: Evidence, note: string, verdict: Verdict): Finding {
  const texts = ownTexts(evidence);
  const licences = texts.length > 0 ? texts : ownLicences(evidence);
  const unknown: readonly Concern[] = [
    ...evidence.unrecognised.map((file) => unknownText(file)),
    ...evidence.otherWords.map((words): Concern => ({ verdict: "unknown", note: describeOther(words) })),
  ];
  if (licences.length === 0 || (texts.length > 0 && evidence.otherWords.length > 0)) {
    const concerns: readonly Concern[] = [{ verdict: "unknown", note }];
    const nothing: readonly Concern[] =
      unknown.length > 0 ? [] : [{ verdict: "unknown", note: "there is no licence file" }];
    return { family: "unclassified", concluded: noAssertion, concerns: [...unknown, ...concerns, ...nothing] };
  }
  const ids = [...new Set(licences.map(({ id }) => asNamed(id, ownLicences(evidence))))];
  const noText = missingText(ids, `the text of ${ids.join(" and ")} is not in the package`);
  return {
    family: mostDemanding(ids.map((id) => familyOfId(id))),
    concluded: ids.join(" AND "),
    concerns: [
      { verdict, note: `${note}; ${describe(licences)}` },
      ...(texts.length > 0 ? [] : [noText]),
      ...texts.filter(isChanged).map(changedText),
    ],
  };
}

/** "Version 2 or later" in one file says which of the licences with the text in another file is meant. */
function asNamed(id: string, licences: readonly FoundLicence[]): string {
  const named = licences.find((licence) => licence.similarity === null && baseIdOf(licence.id) === baseIdOf(id));
  return named?.id ?? id;
}

function weighUnlicensed(declaredText: string, evidence: Evidence): Finding {
  const texts = ownTexts(evidence);
  if (texts.length === 0) {
    const concern: Concern = {
      verdict: "restricted",
      note: `declares ${declaredText}: no rights are granted`,
    };
    return { family: "restricted", concluded: noAssertion, concerns: [concern] };
  }
  const hint = texts.some(({ id }) => id === "Unlicense") ? "; Unlicense may be meant" : "";
  return contradiction("restricted", texts, `declares ${declaredText}, but ${describe(texts)}${hint}`);
}

function contradiction(declaredFamily: LicenceFamily, found: readonly FoundLicence[], note: string): Finding {
  return {
    family: mostDemanding([declaredFamily, ...found.map(({ id }) => familyOfId(id))]),
    concluded: noAssertion,
    concerns: [{ verdict: "mismatch", note }],
  };
}

/** What the licence itself gives to think about. Where none could be concluded, that is said already. */
function familyConcerns(family: LicenceFamily, concluded: string): readonly Concern[] {
  if (concluded === noAssertion) return [];
  if (family === "restricted") return [{ verdict: "restricted", note: `${concluded} limits use` }];
  if (isCopyleft(family)) return [{ verdict: "copyleft", note: `${concluded} is ${family.replace("-", " ")}` }];
  return family === "unclassified" ? [{ verdict: "unknown", note: `${concluded} is in no list here: read it` }] : [];
}

function restrictionConcerns(evidence: Evidence): readonly Concern[] {
  return evidence.restrictions.map(({ file, restriction }) => ({
    verdict: "restricted",
    note: `${file} adds terms to the licence: ${restriction}`,
  }));
}

/** Code that is bundled into the package comes with its own licence; only one that asks for more is worth a word. */
function bundledConcerns(evidence: Evidence): readonly Concern[] {
  return evidence.found
    .filter(({ id, scope }) => scope === "third-party" && !isHarmless(familyOfId(id)))
    .map(({ id, file }) => {
      const family = familyOfId(id);
      const verdict = family === "weak-copyleft" ? "ok" : family === "restricted" ? "restricted" : "copyleft";
      return { verdict, note: `bundles code under ${id} (${file})` };
    });
}

function missingText(ids: readonly string[], note: string): Concern {
  const isNeeded = ids.some((id) => !needsNoText.has(id) && familyOfId(id) !== "public-domain");
  return { verdict: isNeeded ? "missing-text" : "ok", note };
}

function unknownText({ file, nearest, excerpt }: UnrecognisedFile): Concern {
  const words = excerpt === "" ? "" : `: "${excerpt}"`;
  const what =
    nearest === null
      ? `${file} is no known licence text`
      : `${file} differs from ${nearest.id} (${percent(nearest.similarity)} alike)`;
  return { verdict: "unknown", note: `${what}${words}` };
}

function describeOther({ file, excerpt }: Evidence["otherWords"][number]): string {
  return `${file} also says: "${excerpt}"`;
}

function isChanged({ similarity }: FoundLicence): boolean {
  return similarity !== null && similarity < minUnchangedSimilarity;
}

function changedText({ file, id, similarity }: FoundLicence): Concern {
  return { verdict: "extra-terms", note: `${file} is a changed ${id} (${percent(similarity ?? 0)} alike)` };
}

function remark(note: string): Concern {
  return { verdict: "ok", note };
}

/** The licences whose text is needed and not there: all of an `AND`, of an `OR` the choice that lacks fewest. */
function missingTexts(expression: Info, texts: readonly FoundLicence[]): readonly string[] {
  if ("license" in expression) {
    return texts.some(({ id }) => isSame(id, expression.license)) ? [] : [expression.license];
  }
  const left = missingTexts(expression.left, texts);
  const right = missingTexts(expression.right, texts);
  if (expression.conjunction === "and") return [...new Set([...left, ...right])];
  return right.length < left.length ? right : left;
}

function isSame(a: string, b: string): boolean {
  const [baseA, baseB] = [baseIdOf(a), baseIdOf(b)];
  return baseA === baseB || sameLicence.some((group) => group.has(baseA) && group.has(baseB));
}

/** The LGPL is written as additions to the GPL and ships with its text. */
function isPartOf(id: string, declaredIds: readonly string[]): boolean {
  return baseIdOf(id).startsWith("GPL-") && declaredIds.some((declared) => declared.startsWith("LGPL-"));
}

function isHarmless(family: LicenceFamily): boolean {
  return family === "permissive" || family === "public-domain";
}

/** Everything about the package itself: texts and mere names of licences. */
function ownLicences(evidence: Evidence): readonly FoundLicence[] {
  return evidence.found.filter(({ scope }) => scope === undefined);
}

function ownTexts(evidence: Evidence): readonly FoundLicence[] {
  return ownLicences(evidence).filter(({ similarity }) => similarity !== null);
}

function describe(licences: readonly FoundLicence[]): string {
  return licences.map(({ file, id, similarity }) => `${file} ${similarity === null ? "names" : "is"} ${id}`).join(", ");
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}

function shortened(note: string): string {
  const characters = [...note];
  return characters.length <= maxNoteCharacters ? note : `${characters.slice(0, maxNoteCharacters - 1).join("")}…`;
}
