/**
 * What the grammar of requests has and this version refuses: named as such, not as a mistake of the writer.
 */
import type { Segment } from "../model/document-path.ts";
import { isJsonObject } from "../model/json.ts";

/** Where, relative to what was looked at, and why. */
export interface Unsupported {
  readonly path: readonly Segment[];
  readonly rule: string;
}

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
  if (!isJsonObject(value) || !isJsonObject(value.map)) return null;
  const { over } = value.map;
  if (over === undefined) return found(["map"], "map over the result before it");
  return isJsonObject(over) && Object.hasOwn(over, "$result") ? found(["map", "over"], "map over a result") : null;
}
