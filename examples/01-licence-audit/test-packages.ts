/**
 * Packages made for the tests, with the real texts of the SPDX list.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];

/** An empty folder that is removed after the test. */
export function aFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "licence-audit-"));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export interface TestPackage {
  /** Where, under the root. @default "node_modules/sample" */
  readonly path?: string;
  /** Fields on top of name and version, or the whole text of package.json. */
  readonly manifest?: Readonly<Record<string, unknown>> | string;
  /** Other files by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a package and returns its path under the root. */
export function addPackage(
  root: string,
  { path: place = "node_modules/sample", manifest = {}, files = {} }: TestPackage,
) {
  const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
  const text = typeof manifest === "string" ? manifest : JSON.stringify({ name, version: "1.0.0", ...manifest });
  write(path.join(root, place, "package.json"), text);
  for (const [file, content] of Object.entries(files)) write(path.join(root, place, file), content);
  return place;
}

/** The text of a licence as the SPDX list has it, appendices included. */
export function spdxText(id: string): string {
  const file = createRequire(import.meta.url).resolve(`spdx-license-list/licenses/${id}.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly licenseText: string }).licenseText;
}

function write(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
