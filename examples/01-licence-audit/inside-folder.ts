import path from "node:path";

/** True when a path leads to something below the folder, not to the folder itself and not out of it. */
export function isInsideFolder(folder: string, target: string): boolean {
  const relative = path.relative(path.resolve(folder), path.resolve(folder, target));
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
