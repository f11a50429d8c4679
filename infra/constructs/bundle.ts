/**
 * The code of the functions: one ES module each, bundled by esbuild in this process. No Docker, no network, and nothing
 * of the machine in the result: the same sources give the same asset hash.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { AssetHashType, DockerImage } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { fromSource, ownModule } from "./source.ts";

/** The functions, by what `tutti/lambda` calls them. */
export type FunctionKind = "Control" | "Worker" | "Sweep" | "DeadLetter" | keyof typeof ownModules;

/** Where functions are that no other holds the clients of. */
const ownModules = { Ended: "lambdas/ended-function", Check: "lambdas/check-function" } as const;

/** What the bundler is told; the part of esbuild's options that is used here. */
interface BuildOptions {
  readonly stdin: { readonly contents: string; readonly resolveDir: string; readonly sourcefile: string };
  readonly outfile: string;
  readonly [option: string]: unknown;
}
interface Esbuild {
  buildSync(options: BuildOptions): {
    readonly outputFiles: readonly { readonly path: string; readonly contents: Uint8Array }[];
  };
}

/** Bundled CommonJS asks for Node's own modules by `require`, which an ES module does not have. */
const requireForCommonJs =
  'import { createRequire as tuttiCreateRequire } from "node:module"; globalThis.require ??= tuttiCreateRequire(import.meta.url);';

/**
 * The code of a function. May be used for several functions of a stack.
 *
 * @param tasksFile - Absolute path of the tasks module, for the functions that need one.
 */
export function codeOf(kind: FunctionKind, tasksFile?: string): Code {
  const from = dirname(tasksFile ?? ownModule("lambdas/functions"));
  return Code.fromAsset(from, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the bundling below always answers, or throws.
      image: DockerImage.fromRegistry("tutti-bundles-without-docker"),
      // Never run, but part of the key by which the CDK knows one bundle from another: it cannot look into `local`.
      command: [entryOf(kind, tasksFile)],
      local: {
        tryBundle(outputDir) {
          for (const { name, contents } of bundle(kind, tasksFile, from))
            writeFileSync(join(outputDir, name), contents);
          return true;
        },
      },
    },
  });
}

function bundle(
  kind: FunctionKind,
  tasksFile: string | undefined,
  from: string,
): readonly { readonly name: string; readonly contents: Uint8Array }[] {
  const { outputFiles } = loadEsbuild().buildSync({
    stdin: { contents: entryOf(kind, tasksFile), resolveDir: from, sourcefile: `${kind}.mjs` },
    // Nothing is written there. Paths in the source map are relative to it, so it must not change from run to run.
    outfile: join(from, "index.mjs"),
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    mainFields: ["module", "main"],
    conditions: fromSource ? ["source", "module"] : ["module"],
    banner: { js: requireForCommonJs },
    minify: true,
    // Names of classes and functions are read by people, in stored errors and logs.
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "error",
  });
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
}

/** The module that Lambda loads: what somebody would write who bundles `tutti/lambda` by hand. */
function entryOf(kind: FunctionKind, tasksFile: string | undefined): string {
  const module = kind in ownModules ? ownModules[kind as keyof typeof ownModules] : "lambdas/functions";
  const functions = JSON.stringify(ownModule(module));
  const create = `create${kind}Function`;
  if (tasksFile === undefined) return `import { ${create} } from ${functions};\nexport const handler = ${create}();\n`;
  return [
    `import { ${create} } from ${functions};`,
    `import * as tasks from ${JSON.stringify(tasksFile)};`,
    `export const handler = ${create}(tasks);\n`,
  ].join("\n");
}

/** The esbuild that tsx brings along, so that a user's project need not have one. */
function loadEsbuild(): Esbuild {
  const ownRequire = createRequire(import.meta.url);
  return createRequire(ownRequire.resolve("tsx"))("esbuild") as Esbuild;
}
