/**
 * Classifies the licence of one installed package: reads, recognises, judges.
 */
import path from "node:path";
import { type Classification, type FoundLicence, withinLimit } from "./classification.ts";
import { type DeclaredLicence, declaredLicenceOf, idsOf } from "./declared-licence.ts";
import { nameFromPath } from "./find-packages.ts";
import { isInsideFolder } from "./inside-folder.ts";
import { licenceRecogniser, textIdOf } from "./known-licences.ts";
import { baseIdOf, familyOfId, licenceFamilies } from "./licence-families.ts";
import {
  type LicenceFile,
  readLicenceFiles,
  readNamedFile,
  readReadmeSection,
  splitThirdPartyPart,
} from "./licence-files.ts";
import type { Leftover, TextMatch } from "./licence-recogniser.ts";
import { referencedLicences, restrictionsIn } from "./licence-references.ts";
import { printable, readManifest } from "./package-manifest.ts";
import { type Evidence, judge } from "./verdict.ts";

/** The package is not where the list of packages said it is, or the path leads out of the folder. */
export class PackageNotFoundError extends Error {
  override readonly name = "PackageNotFoundError";

  constructor(readonly packagePath: string) {
    super(`${packagePath} holds no package.json inside the audited folder`);
  }
}

/** Longest file name kept in a result. */
const maxFileCharacters = 80;

/**
 * A passage of so many words is reported: beside a known text, and within one. Measured on 930 published packages: titles,
 * lists of contributors and the like stay below, and editions of one licence differ by up to 7 words in a row; above is what
 * one package in 50 has and a reviewer wants to read.
 */
const minOtherWords = { beside: 25, inside: 8 };

/** Fewer words are a title or a name, not terms. */
const minTermWords = 4;

/** Enough to see what a passage is about. */
const excerptWords = 12;

/**
 * Classifies one package. Reads only inside the package's folder and writes nothing, so it can be repeated at will.
 *
 * @param packagePath - Relative to `rootFolder`, as {@link findPackages} gives it.
 * @returns At most about 1 KiB as JSON.
 * @throws {@link PackageNotFoundError} when there is no package; the file system's error when a file cannot be read.
 */
export async function classifyLicence(rootFolder: string, packagePath: string): Promise<Classification> {
  if (!isInsideFolder(rootFolder, packagePath)) throw new PackageNotFoundError(packagePath);
  const folder = path.resolve(rootFolder, packagePath);
  const manifest = await readManifest(folder);
  if (manifest.kind === "missing") throw new PackageNotFoundError(packagePath);

  const declared = declaredLicenceOf(manifest);
  const evidence = evidenceIn(await filesOf(folder, declared), declared);
  const judgement = judge(declared, evidence);
  return withinLimit({
    name: manifest.name ?? printable(nameFromPath(packagePath), 214),
    version: manifest.version,
    path: packagePath,
    declared: declared.kind === "none" ? null : declared.text,
    concluded: judgement.concluded,
    family: judgement.family,
    verdict: judgement.verdict,
    found: [...evidence.found],
    notes: [...judgement.notes],
  });
}

/** The licence files, the file the declaration points to, and the README's section when there is neither. */
async function filesOf(folder: string, declared: DeclaredLicence): Promise<readonly LicenceFile[]> {
  const files = await readLicenceFiles(folder);
  const named = declared.kind === "see-file" ? await readNamedFile(folder, declared.file) : undefined;
  const isNew = named !== undefined && !files.some(({ file }) => file.toLowerCase() === named.file.toLowerCase());
  const all = isNew ? [named, ...files] : files;
  if (all.some(({ scope }) => scope === "package")) return all;
  const section = await readReadmeSection(folder);
  return section === undefined ? all : [...all, section];
}

/** What the files show, each licence once for each scope, those that ask for most first. */
export function evidenceIn(files: readonly LicenceFile[], declared: DeclaredLicence): Evidence {
  const readings = files.map((file) => readFile(file, declared));
  return {
    found: distinct(readings.flatMap(({ found }) => found)),
    unrecognised: readings.flatMap(({ unrecognised }) => unrecognised),
    otherWords: readings.flatMap(({ otherWords }) => otherWords),
    restrictions: readings.flatMap(({ restrictions }) => restrictions),
    cut: files.filter(({ isCut }) => isCut).map(({ file }) => shownName(file)),
  };
}

type Reading = Omit<Evidence, "cut">;

function readFile({ file, scope, text }: LicenceFile, declared: DeclaredLicence): Reading {
  const name = shownName(file);
  const parts = splitThirdPartyPart(text);
  const thirdParty = parts.thirdParty === "" ? [] : textsIn(parts.thirdParty, declared).found;
  const own = textsIn(parts.own, declared);
  const found: readonly FoundLicence[] = [
    ...own.found.map((match) => (scope === "package" ? { ...match, file: name } : { ...match, file: name, scope })),
    ...thirdParty.map((match) => ({ ...match, file: name, scope: "third-party" as const })),
  ];
  if (scope !== "package") return { found, unrecognised: [], otherWords: [], restrictions: [] };
  if (own.found.length > 0) {
    const long = own.leftover.filter(({ wordCount, isInside }) =>
      isInside ? wordCount >= minOtherWords.inside : wordCount >= minOtherWords.beside,
    );
    const words = own.leftover.map((run) => run.words).join(" / ");
    return {
      found,
      unrecognised: [],
      otherWords: long.length > 0 ? [{ file: name, excerpt: excerptOf(long) }] : [],
      restrictions: restrictionsIn(words).map((restriction) => ({ file: name, restriction })),
    };
  }
  // A changed text still names its licence; what it was changed to is for a person to read.
  const named = own.nearest === null ? referencedLicences(parts.own) : [];
  const references = named.map((id) => ({ id: asDeclared(id, declaredIdsOf(declared)), file: name, similarity: null }));
  const hasWords = own.leftover.some(({ wordCount }) => wordCount >= minTermWords);
  const isSilent = named.length === 0 && hasWords && !/^readme/i.test(file);
  const excerpt = excerptOf(own.leftover);
  const unrecognised = isSilent ? [{ file: name, nearest: own.nearest, excerpt }] : [];
  return { found: [...references, ...found], unrecognised, otherWords: [], restrictions: [] };
}

interface Texts {
  readonly found: readonly TextMatch[];
  readonly nearest: TextMatch | null;
  readonly leftover: readonly Leftover[];
}

function textsIn(text: string, declared: DeclaredLicence): Texts {
  const declaredIds = declaredIdsOf(declared);
  const { matches, nearest, leftover } = licenceRecogniser().recognise(text, declaredIds.map(textIdOf));
  return { found: matches.map((match) => ({ ...match, id: asDeclared(match.id, declaredIds) })), nearest, leftover };
}

function declaredIdsOf(declared: DeclaredLicence): readonly string[] {
  return declared.kind === "expression" ? idsOf(declared.expression) : [];
}

/** The start of the longest passage. */
function excerptOf(passages: readonly Leftover[]): string {
  const [longest] = passages.toSorted((a, b) => b.wordCount - a.wordCount);
  const words = longest?.words.split(" ") ?? [];
  return words.length <= excerptWords ? words.join(" ") : `${words.slice(0, excerptWords).join(" ")} …`;
}

function shownName(file: string): string {
  return printable(file, maxFileCharacters);
}

/** A text does not tell `-only` from `-or-later`; the declaration does. */
function asDeclared(id: string, declaredIds: readonly string[]): string {
  return declaredIds.find((declared) => baseIdOf(declared) === baseIdOf(id)) ?? id;
}

function distinct(found: readonly FoundLicence[]): readonly FoundLicence[] {
  const byKey = new Map<string, FoundLicence>();
  for (const licence of found) {
    const key = `${licence.id} ${licence.scope ?? ""}`;
    const known = byKey.get(key);
    if (known === undefined || (known.similarity ?? 0) < (licence.similarity ?? 0)) byKey.set(key, licence);
  }
  const weight = ({ id, scope }: FoundLicence): number =>
    (scope === undefined ? licenceFamilies.length : 0) + licenceFamilies.indexOf(familyOfId(id));
  return [...byKey.values()].toSorted((a, b) => weight(b) - weight(a));
}
