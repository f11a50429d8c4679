/** How large the bundle of a function is when it is uploaded. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";

/** What a function may be, so that it starts quickly; Lambda itself allows 50 MB. */
export const maxZippedBytes = 1024 * 1024;

/** Bytes of a folder as a zip has them, but for its index. */
export function zippedBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + deflateRawSync(readFileSync(join(folder, file))).length, 0);
}
