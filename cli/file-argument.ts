/**
 * The FILE of `run`, `submit` and `plan`: a request or a bare workflow as JSON, `-` for standard input, or a module whose
 * default export is a workflow.
 */
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { InvalidRequestError } from "../lib/errors.ts";
import { limits } from "../lib/model/limits.ts";
import { parseJson } from "../lib/plan/parse-request.ts";
import { importFile } from "./import-file.ts";
import type { CliIo } from "./io.ts";
import { UsageError } from "./usage.ts";

const moduleExtensions = new Set([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"]);

/** What a file holds, not yet checked. */
export type FileDocument = unknown;

/**
 * Reads a document.
 *
 * @param file - As the user gave it.
 * @throws UsageError when there is no such file.
 * @throws InvalidRequestError when it is no JSON, or a module without a workflow.
 */
export async function readDocument(io: CliIo, file: string): Promise<FileDocument> {
  if (file === "-") return documentIn(await io.readStdin());
  const path = resolve(io.cwd, file);
  if (moduleExtensions.has(extname(path))) return workflowOf(await existingModule(path, file), file);
  return documentIn(await readText(path, file));
}

/**
 * Reads a file of JSON that is no workflow, `-` for standard input.
 *
 * @param what - What it has to be, as a phrase that reads after its name.
 * @throws UsageError when there is no such file; InvalidRequestError when it is no JSON.
 */
export async function readJson(io: CliIo, file: string, what: string): Promise<unknown> {
  return documentIn(file === "-" ? await io.readStdin() : await readText(resolve(io.cwd, file), file, what));
}

const documentHint =
  "FILE is a workflow or request as JSON, - for standard input, or a module with a workflow as its default export";

async function readText(path: string, file: string, hint = documentHint): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(error, file, hint);
  }
}

async function existingModule(path: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  await readText(path, file);
  return importFile(path, file);
}

/** Says why a file cannot be read. */
export function unreadable(error: unknown, file: string, hint: string): UsageError {
  const code = (error as NodeJS.ErrnoException).code;
  const why =
    code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : String(code ?? error);
  return new UsageError(`cannot read ${file}: ${why}`, hint);
}

function documentIn(text: string): unknown {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.documentBytes)
    throw new InvalidRequestError("", bytes, `must have at most ${limits.documentBytes} bytes`);
  if (text.trim() === "") throw new InvalidRequestError("", undefined, "must be JSON, and it is empty");
  return parseJson(text.replace(/^\uFEFF/, ""), "");
}

/** The default export: a workflow, or a task or canvas that gives one. */
function workflowOf(module: Readonly<Record<string, unknown>>, file: string): unknown {
  const found = module.default;
  if (found === undefined) {
    throw new InvalidRequestError(
      "",
      undefined,
      `must have a default export: ${file} has none; write export default chord(…)`,
    );
  }
  if (typeof found === "object" && found !== null && typeof (found as { toJSON?: unknown }).toJSON === "function") {
    return (found as { toJSON(): unknown }).toJSON();
  }
  return found;
}
