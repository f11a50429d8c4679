// Bundles the simulator and runs it: five times as fast as a loader that rewrites each module, and millions of histories
// are asked for.
import { mkdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const folder = pathOf("../../node_modules/.cache/tutti");
const outfile = `${folder}/simulator-${process.pid}.mjs`;

const zlibPlain = {
  name: "zlib-plain",
  setup: ({ onResolve }) => onResolve({ filter: /^node:zlib$/ }, () => ({ path: pathOf("zlib-plain.ts") })),
};

mkdirSync(folder, { recursive: true });
await build({
  entryPoints: [pathOf("main.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["source"],
  packages: "external",
  plugins: [zlibPlain],
  logLevel: "warning",
});
await import(pathToFileURL(outfile).href);
