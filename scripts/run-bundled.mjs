// `node scripts/run-bundled.mjs [--uncompressed] ENTRY ARGUMENTS…` bundles a program of this repository and runs it: many times as
// fast as a loader that rewrites each module, for lanes that run the driver millions of times. With --uncompressed what is
// stored is not compressed: for lanes whose content is small, and which do not count its parts.
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const words = process.argv.slice(2);
const uncompressed = words[0] === "--uncompressed";
const [entry, ...args] = uncompressed ? words.slice(1) : words;
// Not below node_modules, where a program does not find the package that it belongs to; nor in .build, which a build tidies.
const folder = pathOf("../.bundled");
const outfile = `${folder}/bundle-${process.pid}.mjs`;

const records = pathOf("../lib/records/");
const zlibPlain = {
  name: "zlib-plain",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^node:zlib$/ }, ({ importer }) =>
      importer.startsWith(records) ? { path: pathOf("../test/support/zlib-plain.ts") } : undefined,
    ),
};

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
  plugins: uncompressed ? [zlibPlain] : [],
  logLevel: "warning",
});
// Its parts are processes that run the same file.
process.once("exit", () => rmSync(outfile, { force: true }));
process.argv = [process.argv[0], outfile, ...args];
await import(pathToFileURL(outfile).href);
