/**
 * The app as a user synthesises it, with its bundles: `npx cdk synth`, and what Lambda would load from it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tutti } from "../../infra/index.ts";

const root = new URL("../..", import.meta.url).pathname;
const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");

/** What a function is told, as its template does. */
const environment = {
  TUTTI_TABLE: "tutti",
  TUTTI_REQUEST_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/requests",
  TUTTI_TASK_QUEUE_URLS: '{"default":"https://sqs.eu-west-1.amazonaws.com/123456789012/default"}',
  TUTTI_DEAD_LETTER_QUEUE_URLS: '{"request":"https://sqs.eu-west-1.amazonaws.com/123456789012/letters"}',
  TUTTI_QUEUE: "default",
  AWS_REGION: "eu-west-1",
};

/** Loads a bundle in a process of its own, as Lambda does, and hands its handler an empty batch. */
function loadAndCall(file: string): string {
  const program = `
    const { handler } = await import(${JSON.stringify(file)});
    const context = { getRemainingTimeInMillis: () => 60_000 };
    console.log(JSON.stringify(await handler({ Records: [] }, context)));`;
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  // A bundle's lines are long, and Node prints the one that threw.
  return run.stdout || run.stderr.slice(-500);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-synth-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npx cdk synth", () => {
  let output: string;
  let bundles: ReadonlyMap<string, string>;

  beforeAll(() => {
    output = join(folder, "cli");
    const run = spawnSync(process.execPath, [cdk, "synth", "--quiet", "--no-notices", "--output", output], {
      cwd: root,
      encoding: "utf8",
    });
    expect(run.status, run.stderr).toBe(0);
    const template = JSON.parse(readFileSync(join(output, "Tutti.template.json"), "utf8"));
    const functions = Object.entries<{ Type: string; Properties: { Code: { S3Key: string } } }>(
      template.Resources,
    ).filter(([, { Type }]) => Type === "AWS::Lambda::Function");
    bundles = new Map(
      functions.map(([id, { Properties }]) => [
        id.replace(/^TuttiFunctions|[0-9A-F]{8}$/g, ""),
        join(output, `asset.${Properties.Code.S3Key.replace(".zip", "")}`),
      ]),
    );
  });

  it("makes one bundle for each function, an ES module with its source map", () => {
    expect([...bundles.keys()].sort()).toEqual(["Control", "DeadLetter", "Sweep", "Workerdefault"]);
    expect(new Set(bundles.values()).size).toBe(4);
    for (const bundle of bundles.values()) {
      expect(readdirSync(bundle).sort()).toEqual(["index.mjs", "index.mjs.map"]);
      expect(readFileSync(join(bundle, "index.mjs"), "utf8")).toMatch(/export\s*\{[^}]*\bas handler\b[^}]*\}/);
    }
  });

  it.each(["Control", "DeadLetter", "Workerdefault"])("makes a %s bundle that Node can load and call", (name) => {
    expect(loadAndCall(join(bundles.get(name) as string, "index.mjs"))).toBe('{"batchItemFailures":[]}\n');
  });

  it("puts each function's own code, and the tasks only where they are needed", () => {
    const holds = (name: string, text: string) =>
      readFileSync(join(bundles.get(name) as string, "index.mjs"), "utf8").includes(text);
    for (const kind of ["Control", "DeadLetter", "Sweep", "Worker"]) {
      const name = kind === "Worker" ? "Workerdefault" : kind;
      expect(holds(name, `"create${kind}Function"`), kind).toBe(true);
      expect(holds(name, '"resize"'), kind).toBe(kind === "Control" || kind === "Worker");
    }
  });

  it("puts no path of the machine into a bundle", () => {
    for (const bundle of bundles.values())
      for (const file of readdirSync(bundle)) expect(readFileSync(join(bundle, file), "utf8")).not.toContain(root);
  });
});

describe("bundles", () => {
  /** Asset hashes of an app with these tasks, put out to a folder. */
  const assetsOf = (outdir: string, tasks: string): readonly string[] => {
    const app = new App({ outdir });
    new Tutti(new Stack(app, "Test"), "Tutti", { tasks });
    app.synth();
    return readdirSync(outdir).filter((name) => name.startsWith("asset."));
  };

  it("are the same from the same sources, wherever they are put out", () => {
    const tasks = join(root, "examples/02-thumbnails/tasks.ts");
    const [here, there] = [assetsOf(join(folder, "here"), tasks), assetsOf(join(folder, "a", "there"), tasks)];
    expect(here).toHaveLength(4);
    expect(there).toEqual(here);
  });

  it("hold tasks with CommonJS packages, which ask for Node's modules by require", () => {
    const outdir = join(folder, "audit");
    for (const asset of assetsOf(outdir, join(root, "examples/01-licence-audit/tasks.ts"))) {
      const file = join(outdir, asset, "index.mjs");
      const kind = /"create(Control|Worker)Function"/.exec(readFileSync(file, "utf8"))?.[1];
      if (kind !== undefined) expect(loadAndCall(file), kind).toBe('{"batchItemFailures":[]}\n');
    }
  });
});
