// `node scripts/run-bundled.mjs ENTRY ARGUMENTS…` bundles a program of this repository and runs it: many times as fast as a
// loader that rewrites each module, for lanes that run the driver millions of times.
import { mkdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const [entry, ...args] = process.argv.slice(2);
const folder = fileURLToPath(new URL("../node_modules/.cache/tutti", import.meta.url));
const outfile = `${folder}/bundle-${process.pid}.mjs`;

mkdirSync(folder, { recursive: true });
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["source"],
  packages: "external",
  logLevel: "warning",
});
process.argv = [process.argv[0], outfile, ...args];
await import(pathToFileURL(outfile).href);
