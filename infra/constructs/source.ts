/**
 * Where this package's own files are. It runs from its sources in a checkout, and from `dist` where it is installed.
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** True in a checkout: `import "tutti"` then means its sources too (the export condition `source`). */
export const fromSource = extname(import.meta.url) === ".ts";

/** Path of a module of this package. @param path - From its root, without extension: `lambdas/functions`. */
export function ownModule(path: string): string {
  return fileURLToPath(new URL(`../../${path}${extname(import.meta.url)}`, import.meta.url));
}
