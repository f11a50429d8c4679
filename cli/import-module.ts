/**
 * Imports a module that the user named, TypeScript included.
 */
import { pathToFileURL } from "node:url";
import { InvalidRequestError } from "../lib/errors.ts";

/**
 * The exports of a module. Its top level runs, in this process.
 *
 * @param path - Absolute.
 * @param file - As the user gave it, for the message.
 */
export async function importModule(path: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    if (/\.[cm]?tsx?$/.test(path)) await readTypeScript();
    const namespace = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    return unwrapped(namespace);
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

let registered = false;

async function readTypeScript(): Promise<void> {
  if (registered) return;
  registered = true;
  const [commonJs, esm] = await Promise.all([import("tsx/cjs/api"), import("tsx/esm/api")]);
  commonJs.register();
  esm.register();
}
