/**
 * What the grammar of requests has and this version refuses: named as such, not as a mistake of the writer.
 */
import type { Segment } from "../model/document-path.ts";

/** Where, relative to what was looked at, and why. */
export interface Unsupported {
  readonly path: readonly Segment[];
  readonly rule: string;
}

const laterTypes = ["report"];

/**
 * Recognises a part that a later version supports.
 *
 * @param path - Where the value stands in what is looked at; empty for the whole of it.
 */
export function unsupported(path: readonly Segment[], value: unknown): Unsupported | null {
  const found = (more: readonly Segment[], what: string): Unsupported => ({
    path: [...path, ...more],
    rule: `must not use ${what}: this version does not support it`,
  });
  const later = path.at(-1) === "type" && typeof value === "string" && laterTypes.includes(value);
  return later ? found([], `type "${value}"`) : null;
}
