/**
 * Imports a module that the user named, TypeScript included, so that it shares this process's one instance of the package.
 */
import { pathToFileURL } from "node:url";

/** The namespace of a module. Its top level runs, in this process. @param file - Absolute path. */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.[cm]?tsx?$/.test(file)) await readTypeScript();
  return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
}

let registered = false;

/** Lets this process import TypeScript, both kinds of module. Loaded late: it costs a process without TypeScript nothing. */
async function readTypeScript(): Promise<void> {
  if (registered) return;
  registered = true;
  const [commonJs, esm] = await Promise.all([import("tsx/cjs/api"), import("tsx/esm/api")]);
  commonJs.register();
  esm.register();
}
