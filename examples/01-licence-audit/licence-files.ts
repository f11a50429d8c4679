/**
 * Finds the files of a package that hold its terms. `NOTICE` files are not among them: they add attributions to a
 * licence and grant nothing.
 */
import { promises as fs } from "node:fs";
import path from "node:path";
import { isInsideFolder } from "./inside-folder.ts";

/** What a file's terms apply to, judging by its name. */
export type LicenceScope = "package" | "third-party" | "documentation";

export interface LicenceFile {
  /** Relative to the package, with `/`. */
  readonly file: string;
  readonly scope: LicenceScope;
  readonly text: string;
  /** The file is longer than what was read. */
  readonly isCut: boolean;
}

/** Read at most this much of a file: GPL-3.0 has 35 KB; the longest list of bundled licences we met has 940 KB. */
const maxFileBytes = 1_048_576;

/** More licence files than any package needs: a guard against a package made to keep the audit busy. */
const maxFiles = 100;

const licenceName =
  /^(?:un)?licen[sc]es?(?:[-_. ].*)?$|^copying(?:[-_. ].*)?$|^.{1,40}[-_. ]licen[sc]es?(?:\.(?:md|txt|markdown|rst|html?))?$/i;
const codeName =
  /\.(?:[cm]?[jt]sx?|json5?|map|ya?ml|toml|xml|css|svg|png|gif|jpe?g|pdf|sh|py|rb|snap|lock|spdx|sig|asc)$/i;
const thirdPartyName = /third[-_ ]?part|3rd[-_ ]?part|bundle|vendor|dependenc|deps\b|external/i;
const documentationName = /[-_. ](?:docs?|documentation|readme|content|assets|images?|logos?)(?:\.(?:md|txt))?$/i;

/**
 * Reads the licence files at the top of a package and in a `LICENSES` folder (https://reuse.software).
 *
 * @returns In the order of their names; empty when there is none.
 */
export async function readLicenceFiles(packageFolder: string): Promise<readonly LicenceFile[]> {
  const names = (await namesIn(packageFolder)).filter(isLicenceName);
  const reuse = (await namesIn(path.join(packageFolder, "LICENSES"))).filter((name) => /\.(?:txt|md)$/i.test(name));
  const candidates = [...names, ...reuse.map((name) => `LICENSES/${name}`)].slice(0, maxFiles);
  const files: LicenceFile[] = [];
  for (const file of candidates) {
    const content = await readText(path.join(packageFolder, file));
    if (content !== undefined && content.text.trim() !== "") files.push({ file, scope: scopeOf(file), ...content });
  }
  return files;
}

/**
 * Reads the file a `SEE LICENSE IN …` declaration names.
 *
 * @returns Undefined when there is no such file, or when it lies outside the package.
 */
export async function readNamedFile(packageFolder: string, file: string): Promise<LicenceFile | undefined> {
  if (!isInsideFolder(packageFolder, file)) return undefined;
  const content = await readText(path.resolve(packageFolder, file));
  if (content === undefined) return undefined;
  return { file: path.normalize(file).split(path.sep).join("/"), scope: "package", ...content };
}

/** The part of the README under a heading about the licence; the last resort when there is no licence file. */
export async function readReadmeSection(packageFolder: string): Promise<LicenceFile | undefined> {
  const names = await namesIn(packageFolder);
  const file = names.find((name) => /^readme(?:\.(?:md|markdown|txt|rst))?$/i.test(name));
  if (file === undefined) return undefined;
  const content = await readText(path.join(packageFolder, file));
  const section = licenceSectionOf(content?.text ?? "");
  return section === undefined ? undefined : { file, scope: "package", text: section, isCut: false };
}

/** The text from a heading such as `## License` to the next heading of its level. */
export function licenceSectionOf(readme: string): string | undefined {
  const lines = readme
    .replace(/^(.+)\r?\n(={3,}|-{3,})\s*$/gm, (_, title, rule) =>
      rule.startsWith("=") ? `# ${title}\n` : `## ${title}\n`,
    )
    .split(/\r?\n/);
  const isLicenceHeading = /^(#{1,6})[\p{P}\p{S}\s]{0,20}(?:the\s+)?(?:licen[sc](?:e|es|ing)|copyright)\b.{0,40}$/iu;
  const start = lines.findLastIndex((line) => isLicenceHeading.test(line));
  if (start < 0) return undefined;
  const level = /^#+/.exec(lines[start] ?? "")?.[0].length ?? 1;
  const next = lines.findIndex((line, at) => at > start && headingLevel(line) <= level);
  return lines.slice(start + 1, next < 0 ? undefined : next).join("\n");
}

/**
 * Splits a licence file at the heading under which it lists the licences of code that is bundled with the package.
 * Only a line of its own counts, since the words occur in running text of some licences.
 */
export function splitThirdPartyPart(text: string): { readonly own: string; readonly thirdParty: string } {
  const heading =
    /^[^\p{L}\p{N}\n]{0,20}(?:(?:the )?(?:licen[sc]es?|notices?|software|copyrights?)[- ](?:of|for) )?(?:(?:bundled|included|embedded|vendored|third[- ]party|3rd[- ]party|external) (?:third[- ]party )?(?:dependenc|librar|software|licen|notice|code|component|material|package|module|intellectual)|sources of intellectual property included).{0,60}$/imu;
  const match = heading.exec(text);
  if (match === null) return { own: text, thirdParty: "" };
  return { own: text.slice(0, match.index), thirdParty: text.slice(match.index) };
}

export function isLicenceName(name: string): boolean {
  return licenceName.test(name) && !codeName.test(name);
}

export function scopeOf(file: string): LicenceScope {
  if (thirdPartyName.test(file)) return "third-party";
  return documentationName.test(file) ? "documentation" : "package";
}

function headingLevel(line: string): number {
  return /^(#{1,6})\s/.exec(line)?.[1]?.length ?? Number.POSITIVE_INFINITY;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(folder)).sort();
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** The start of a regular file in UTF-8 or marked UTF-16; undefined for folders, pipes and what is not there. */
async function readText(file: string): Promise<Pick<LicenceFile, "text" | "isCut"> | undefined> {
  try {
    const stat = await fs.stat(file);
    if (!stat.isFile()) return undefined;
    const bytes = await readStart(file, Math.min(stat.size, maxFileBytes));
    const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
    const text = new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
    return { text, isCut: stat.size > maxFileBytes };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function readStart(file: string, bytes: number): Promise<Uint8Array> {
  const handle = await fs.open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EISDIR";
}
