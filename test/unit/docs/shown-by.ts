/**
 * Tests that a page names, as `file › name`: docs/requirements.md and docs/features.md.
 */
import { readFileSync } from "node:fs";

export const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

/** A test: its file, and its name. */
export const named = /^`((?:test|examples)\/[\w./-]+\.ts) › ([^`]+)`$/;

/** True where a file has a test, a case of a table, a scenario or a variant of that name. */
export function hasTest(source: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?:[([]|name: |^)\\s*(["'\`])${escaped}\\1`, "m").test(source);
}

/** Which of these parts name no test that exists. */
export function missingTests(parts: readonly string[]): string[] {
  return parts.filter((part) => {
    const [, file, name] = named.exec(part) ?? [];
    return file === undefined || name === undefined || !hasTest(read(file), name);
  });
}
