/**
 * The app as a user synthesises it, with its bundles: `npx cdk synth`, and what Lambda would load from it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tutti } from "../../infra/index.ts";
import { readEnvironment } from "../../lambdas/environment.ts";
import { maxZippedBytes, zippedBytes } from "../support/zipped.ts";
import { type FunctionProperties, mayOn, nameOf, variablesOf } from "./templates.ts";

const root = new URL("../..", import.meta.url).pathname;
const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");

/** A function of a synthesised stack: its module, and what it is told. */
interface Bundled {
  readonly folder: string;
  readonly file: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The functions of a stack, by their logical id without `TuttiFunctions` and hash. */
function functionsIn(output: string, stack: string): ReadonlyMap<string, Bundled> {
  const { Resources } = JSON.parse(readFileSync(join(output, `${stack}.template.json`), "utf8"));
  const functions = Object.entries<FunctionProperties & { Type: string; Properties: BundledProperties }>(Resources);
  return new Map(
    functions
      .filter(([, { Type }]) => Type === "AWS::Lambda::Function")
      .map(([id, { Properties }]) => {
        const bundle = join(output, `asset.${Properties.Code.S3Key.replace(".zip", "")}`);
        const variables = variablesOf(Properties);
        return [
          nameOf(id).replace("TuttiFunctions", ""),
          { folder: bundle, file: join(bundle, "index.mjs"), variables },
        ];
      }),
  );
}
type BundledProperties = FunctionProperties & { readonly Code: { readonly S3Key: string } };

/** The functions of an app with these tasks, put out to a folder. */
function functionsOf(outdir: string, tasks: string): ReadonlyMap<string, Bundled> {
  const app = new App({ outdir });
  new Tutti(new Stack(app, "Test"), "Tutti", { tasks });
  app.synth();
  return functionsIn(outdir, "Test");
}

/**
 * Loads a bundle in a process of its own, as Lambda does: with the function's variables and nothing else of Tutti's.
 *
 * @param program - What it does with `handler`.
 */
function load({ file, variables }: Bundled, program: string): string {
  const { PATH } = process.env;
  const run = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", `const { handler } = await import(${JSON.stringify(file)}); ${program}`],
    { encoding: "utf8", env: { PATH, AWS_REGION: "eu-west-1", ...variables } },
  );
  // A bundle's lines are long, and Node prints the one that threw.
  return run.stdout || run.stderr.slice(-500);
}

/** Hands the handler an empty batch. */
const callOnce = `console.log(JSON.stringify(await handler({ Records: [] }, { getRemainingTimeInMillis: () => 60_000 })))`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-synth-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npx cdk synth", () => {
  let functions: ReadonlyMap<string, Bundled>;

  beforeAll(() => {
    const output = join(folder, "cli");
    const run = spawnSync(process.execPath, [cdk, "synth", "--quiet", "--no-notices", "--output", output], {
      cwd: root,
      encoding: "utf8",
    });
    expect(run.status, run.stderr).toBe(0);
    functions = functionsIn(output, "Tutti");
  });

  it("makes one bundle for each function, an ES module with its source map", () => {
    expect([...functions.keys()].sort()).toEqual(["Control", "DeadLetter", "Sweep", "Workerdefault"]);
    const bundles = [...functions.values()].map((found) => found.folder);
    expect(new Set(bundles).size).toBe(4);
    for (const bundle of bundles) expect(readdirSync(bundle).sort()).toEqual(["index.mjs", "index.mjs.map"]);
  });

  it.each(["Control", "DeadLetter", "Workerdefault"])("makes a %s function that plain Node loads and calls", (name) => {
    expect(load(functions.get(name) as Bundled, callOnce)).toBe('{"batchItemFailures":[]}\n');
  });

  it("makes a Sweep function that plain Node loads", () => {
    expect(load(functions.get("Sweep") as Bundled, "console.log(typeof handler)")).toBe("function\n");
  });

  it("makes bundles that are small enough to start quickly: 1 MiB zipped at most", () => {
    for (const { folder: bundle } of functions.values()) expect(zippedBytes(bundle)).toBeLessThan(maxZippedBytes);
  });

  it("is looked at by cdk-nag, and nothing is found that is not acknowledged", () => {
    const { pluginReports } = JSON.parse(readFileSync(join(folder, "cli", "validation-report.json"), "utf8"));
    expect(JSON.stringify(pluginReports)).toMatch(/AwsSolutions.*Serverless/);
  });

  it("puts each function's own code, and the tasks only where they are needed", () => {
    const holds = (name: string, text: string) =>
      readFileSync((functions.get(name) as Bundled).file, "utf8").includes(text);
    for (const kind of ["Control", "DeadLetter", "Sweep", "Worker"]) {
      const name = kind === "Worker" ? "Workerdefault" : kind;
      expect(holds(name, `"create${kind}Function"`), kind).toBe(true);
      expect(holds(name, '"resize"'), kind).toBe(kind === "Control" || kind === "Worker");
      expect(holds(name, "PutEvents") || holds(name, "PublishCommand"), kind).toBe(false);
    }
  });

  it("names a bundle by what is in it alone, wherever it is put out", () => {
    const assets = (of: ReadonlyMap<string, Bundled>) => [...of.values()].map((found) => basename(found.folder));
    const elsewhere = functionsOf(join(folder, "else", "where"), join(root, "examples/07-thumbnails/tasks.ts"));
    expect(assets(elsewhere)).toEqual(assets(functions));
  });

  it("puts no path of the machine into a bundle", () => {
    for (const { folder: bundle } of functions.values())
      for (const file of readdirSync(bundle)) expect(readFileSync(join(bundle, file), "utf8")).not.toContain(root);
  });
});

it("makes the stack of a user's own app, as the README has it", () => {
  const output = join(folder, "own-app");
  const run = spawnSync(process.execPath, ["--conditions=source", "--import", "tsx", "app.ts"], {
    cwd: join(root, "examples/07-thumbnails"),
    encoding: "utf8",
    env: { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: '{"aws:cdk:bundling-stacks":[]}' },
  });
  expect(run.status, run.stderr).toBe(0);
  const { variables } = functionsIn(output, "Thumbnails").get("Workerdefault") as Bundled;
  expect(readEnvironment(variables).queue).toBe("default");
  const template = JSON.parse(readFileSync(join(output, "Thumbnails.template.json"), "utf8"));
  const photos = mayOn(Template.fromJSON(template), "TuttiFunctionsWorkerdefaultRole", "s3:PutObject");
  expect(new Set(photos)).toEqual(new Set(["Photos"]));
});

it("bundles tasks with CommonJS packages, which ask for Node's modules by require", () => {
  const functions = functionsOf(join(folder, "audit"), join(root, "examples/01-licence-audit/tasks.ts"));
  for (const name of ["Control", "Workerdefault"])
    expect(load(functions.get(name) as Bundled, callOnce), name).toBe('{"batchItemFailures":[]}\n');
});
