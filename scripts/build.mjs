// Builds dist from the TypeScript sources: quiet, incremental, safe while other processes run from dist.
//
// npm runs this as `prepare` after `npm ci`, and once more at the first `npx tutti` of a checkout, when workers may
// already run from dist. So it never empties dist: tsc emits into .build, and only changed files are renamed into place.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const staging = join(root, ".build");
const dist = join(root, "dist");

function findTsc() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  } catch {
    return undefined;
  }
}

/** Relative paths of the files under a folder. */
function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** The source an emitted file came from. */
const sourceOf = (path) => join(root, path.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts"));

const sameContent = (path, content) => existsSync(path) && readFileSync(path).equals(content);

function build(tsc) {
  // tsc emits only what changed, so files that went missing from .build would never come back.
  if (!existsSync(dist)) rmSync(staging, { recursive: true, force: true });
  const run = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  if (run.status !== 0) return run.status ?? 1;

  for (const path of filesUnder(staging)) {
    if (path.endsWith(".tsbuildinfo")) continue;
    const from = join(staging, path);
    const to = join(dist, path);
    if (!existsSync(sourceOf(path))) {
      rmSync(from);
      rmSync(to, { force: true });
      continue;
    }
    const content = readFileSync(from);
    if (sameContent(to, content)) continue;
    mkdirSync(dirname(to), { recursive: true });
    const temporary = `${to}.${process.pid}.tmp`;
    writeFileSync(temporary, content);
    renameSync(temporary, to);
  }
  return 0;
}

const tsc = findTsc();
if (tsc === undefined) {
  // `npm ci --omit=dev`: the package as published carries dist, and a checkout can still be run through tsx.
  console.error("typescript is not installed: dist is left as it is");
} else {
  process.exitCode = build(tsc);
}
