/**
 * Lists every package installed under a folder's `node_modules`.
 *
 * Knows the layouts of npm (hoisted and nested), pnpm (`.pnpm` store and links) and workspaces (links).
 * A package reached by several links is listed once, under the real folder if that lies in `node_modules`.
 */
import { type Dirent, promises as fs, type PathLike } from "node:fs";
import path from "node:path";
import { readManifest } from "./package-manifest.ts";

/** One installed copy of a package. Two copies of one version at two places are two packages. */
export interface InstalledPackage {
  readonly name: string;
  /** Null when package.json has none or cannot be read. */
  readonly version: string | null;
  /** Relative to the audited folder, with `/` on every platform: `node_modules/a/node_modules/b`. */
  readonly path: string;
}

/** There is nothing to audit: the folder has no `node_modules`, or no package is in it. */
export class NoPackagesError extends Error {
  override readonly name = "NoPackagesError";

  constructor(readonly folder: string) {
    super(`no packages are installed under ${path.join(folder, "node_modules")}: run npm install there first`);
  }
}

interface Walk {
  readonly rootFolder: string;
  /** Real paths of package folders already taken. */
  readonly seen: Set<string>;
  /** Links wait until all real folders are known, so that a real folder names the package. */
  readonly links: string[];
  readonly found: InstalledPackage[];
}

/**
 * Lists the installed packages in the order of their paths, which is the same on every machine.
 *
 * @param rootFolder - The folder that holds `node_modules`, not that folder itself.
 * @throws {@link NoPackagesError} when none is installed.
 */
export async function findPackages(rootFolder: string): Promise<readonly InstalledPackage[]> {
  const walk: Walk = { rootFolder, seen: new Set(), links: [], found: [] };
  const realRoot = await realPathOrNull(rootFolder);
  if (realRoot !== null) walk.seen.add(realRoot);

  await walkModules(walk, path.join(rootFolder, "node_modules"));
  for (let link = walk.links.shift(); link !== undefined; link = walk.links.shift()) {
    await visitPackage(walk, link);
  }
  if (walk.found.length === 0) throw new NoPackagesError(rootFolder);
  return walk.found.sort((a, b) => comparePaths(a.path, b.path));
}

async function walkModules(walk: Walk, modulesFolder: string): Promise<void> {
  for (const entry of await entriesOf(modulesFolder)) {
    const child = path.join(modulesFolder, entry.name);
    if (entry.name === ".pnpm") await walkPnpmStore(walk, child);
    else if (entry.name.startsWith(".")) continue;
    else if (entry.name.startsWith("@") && entry.isDirectory()) await walkScope(walk, child);
    else await visitEntry(walk, child, entry);
  }
}

async function walkScope(walk: Walk, scopeFolder: string): Promise<void> {
  for (const entry of await entriesOf(scopeFolder)) {
    if (!entry.name.startsWith(".")) await visitEntry(walk, path.join(scopeFolder, entry.name), entry);
  }
}

/** The store holds one folder for each version, with the package and links to its dependencies inside. */
async function walkPnpmStore(walk: Walk, storeFolder: string): Promise<void> {
  for (const entry of await entriesOf(storeFolder)) {
    if (entry.isDirectory()) await walkModules(walk, path.join(storeFolder, entry.name, "node_modules"));
  }
}

async function visitEntry(walk: Walk, child: string, entry: Dirent): Promise<void> {
  if (entry.isSymbolicLink()) walk.links.push(child);
  else if (entry.isDirectory()) await visitPackage(walk, child);
}

async function visitPackage(walk: Walk, folder: string): Promise<void> {
  const realPath = await realPathOrNull(folder);
  if (realPath === null || walk.seen.has(realPath)) return;
  walk.seen.add(realPath);

  const manifest = await readManifest(folder);
  if (manifest.kind !== "missing") {
    walk.found.push({
      name: manifest.name ?? nameFromPath(folder),
      version: manifest.version,
      path: path.relative(walk.rootFolder, folder).split(path.sep).join("/"),
    });
  }
  await walkModules(walk, path.join(folder, "node_modules"));
}

/** The name npm would give it: the part after the last `node_modules`. */
export function nameFromPath(folder: string): string {
  const segments = folder.split(/[\\/]/);
  return segments.slice(segments.lastIndexOf("node_modules") + 1).join("/");
}

/** A missing folder, or a file or broken link where a folder is expected, holds no packages. */
async function entriesOf(folder: PathLike): Promise<readonly Dirent[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => comparePaths(a.name, b.name));
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

async function realPathOrNull(folder: string): Promise<string | null> {
  try {
    return await fs.realpath(folder);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}

function isNotThere(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}

/** By code unit, not by locale, so that two machines agree. */
function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
