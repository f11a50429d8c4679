/**
 * How to run this very program in another process: from the sources through tsx, or from dist.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Arguments of `process.execPath` for the `tutti` command line. */
export function cliCommand(): readonly string[] {
  const here = fileURLToPath(import.meta.url);
  const main = join(dirname(here), "..", "cli", here.endsWith(".ts") ? "main.ts" : "main.js");
  if (main.endsWith(".js")) return [main];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return ["--conditions=source", "--import", tsx, main];
}
