/**
 * `npm run measure:start`: how large the bundle of each function is, how long plain Node takes to load it, and the memory it
 * has then: the work of a cold start, without what AWS adds. Ends with 1 when a bundle is larger than is allowed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { TuttiStack } from "../../infra/stack.ts";
import { maxZippedBytes, zippedBytes } from "../../test/support/zipped.ts";
import { type Bundle, bundlesIn } from "./bundles.ts";

const times = 7;
const kib = 1024;
const mib = kib * kib;

interface Start {
  readonly loadMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

const program = (file: string) => `
const before = performance.now();
await import(${JSON.stringify(file)});
const loadMs = performance.now() - before;
const { rss, heapUsed } = process.memoryUsage();
console.log(JSON.stringify({ loadMs, rssBytes: rss, heapBytes: heapUsed }));`;

function start({ folder, variables }: Bundle): Start {
  const args = ["--input-type=module", "--eval", program(join(folder, "index.mjs"))];
  const env = { PATH: process.env.PATH, AWS_REGION: "eu-west-1", NODE_NO_WARNINGS: "1", ...variables };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  // Lines of a bundle are long, and Node prints the one that threw.
  if (status !== 0) throw new Error(`the bundle does not load: ${stderr.slice(-500)}`);
  return JSON.parse(stdout);
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const row = (...cells: readonly (string | number)[]) =>
  cells.map((cell, i) => (i === 0 ? String(cell).padEnd(16) : String(cell).padStart(14))).join("");

const outdir = mkdtempSync(join(tmpdir(), "tutti-start-"));
try {
  const app = new App({ outdir });
  new TuttiStack(app, "Tutti", { tutti: { tasks: "examples/07-thumbnails/tasks.ts" } });
  app.synth();
  console.log(`Node ${process.versions.node}, ${process.arch}; the median of ${times} starts`);
  console.log(row("function", "zipped KiB", "plain KiB", "load ms", "memory MiB", "heap MiB"));
  for (const bundle of bundlesIn(outdir, "Tutti")) {
    const zipped = zippedBytes(bundle.folder);
    const plain = statSync(join(bundle.folder, "index.mjs")).size;
    const starts = Array.from({ length: times }, () => start(bundle));
    const of = (name: keyof Start, unit: number) => (median(starts.map((one) => one[name])) / unit).toFixed(0);
    console.log(
      row(
        bundle.name,
        Math.round(zipped / kib),
        Math.round(plain / kib),
        of("loadMs", 1),
        of("rssBytes", mib),
        of("heapBytes", mib),
      ),
    );
    if (zipped > maxZippedBytes) {
      console.error(`${bundle.name}: more than ${maxZippedBytes / kib} KiB zipped`);
      process.exitCode = 1;
    }
  }
  // Without any code of ours, for comparison.
  const empty = JSON.parse(
    execFileSync(process.execPath, ["--eval", "console.log(process.memoryUsage().rss)"], { encoding: "utf8" }),
  );
  console.log(row("(Node alone)", "", "", "", Math.round(empty / mib), ""));
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
