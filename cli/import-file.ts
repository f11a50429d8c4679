/**
 * The module that a command's FILE names.
 */
import { InvalidRequestError } from "../lib/errors.ts";
import { importModule } from "../local/import-module.ts";

/**
 * The exports of a module. Its top level runs, in this process.
 *
 * @param path - Absolute.
 * @param file - As the user gave it, for the message.
 */
export async function importFile(path: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return unwrapped(await importModule(path));
  } catch (error) {
    if (error instanceof InvalidRequestError) throw error;
    throw new InvalidRequestError(
      "",
      undefined,
      `must be a module that loads: ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** A CommonJS module's exports arrive as the default one, and may have a `default` themselves. */
function unwrapped(namespace: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const inner = namespace.default;
  const isCommonJs =
    typeof inner === "object" && inner !== null && (inner as { __esModule?: unknown }).__esModule === true;
  return isCommonJs ? (inner as Readonly<Record<string, unknown>>) : namespace;
}
