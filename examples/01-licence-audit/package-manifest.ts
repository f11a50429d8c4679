/**
 * Reads a package.json that somebody else wrote: it may be missing, broken, or of any shape.
 */
import { promises as fs } from "node:fs";
import path from "node:path";

/** What package.json says, as far as the audit needs it. */
export type Manifest =
  | { readonly kind: "missing"; readonly name: null; readonly version: null }
  | { readonly kind: "broken"; readonly name: null; readonly version: null; readonly problem: string }
  | {
      readonly kind: "read";
      readonly name: string | null;
      readonly version: string | null;
      /** `license`, else `licence`, as they stand; undefined when there is neither. */
      readonly license: unknown;
      /** The plural of old packages. */
      readonly licenses: unknown;
    };

/** Longest name npm accepts. https://docs.npmjs.com/cli/configuring-npm/package-json#name */
const maxNameCharacters = 214;
const maxVersionCharacters = 64;

/**
 * Reads `package.json` in a package's folder. Never throws for what is in the file.
 *
 * @throws The file system's error when the file is there but cannot be read (for example for lack of permission).
 */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await fs.readFile(path.join(folder, "package.json"), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing", name: null, version: null };
    throw error;
  }
  return parseManifest(text);
}

/** Parses the text of a package.json; a byte order mark is allowed, as npm allows it. */
export function parseManifest(text: string): Manifest {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { kind: "broken", name: null, version: null, problem: "package.json is not valid JSON" };
  }
  if (!isRecord(document)) {
    return { kind: "broken", name: null, version: null, problem: "package.json is not a JSON object" };
  }
  return {
    kind: "read",
    name: textOrNull(document.name, maxNameCharacters),
    version: textOrNull(document.version, maxVersionCharacters),
    license: document.license ?? document.licence,
    licenses: document.licenses ?? document.licences,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Makes text from a package safe to print: one line, no control characters (a name must not move the cursor of
 * a terminal or turn the direction of the text around), at most `maxCharacters` long.
 */
export function printable(text: string, maxCharacters: number): string {
  const line = text
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...line];
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 1).join("")}…`;
}

function textOrNull(value: unknown, maxCharacters: number): string | null {
  if (typeof value !== "string") return null;
  const text = printable(value, maxCharacters);
  return text === "" ? null : text;
}
