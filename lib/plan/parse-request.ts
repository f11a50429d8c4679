/**
 * Parses requests and workflows from outside.
 *
 * In this order, so that nothing is walked before it is known to be harmless: bytes, JSON, forbidden keys and depth of
 * JSON, what is around the workflow, then the workflow from the outside in. The first problem is raised with path, value
 * and rule. What comes back is the value itself, not a copy.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import { isJsonObject } from "../model/json.ts";
import { findJsonProblem } from "../model/json-problem.ts";
import { limits } from "../model/limits.ts";
import { aroundWorkflowSchema, requestOf, type SubmitRequest } from "../model/request.ts";
import type { Workflow } from "../model/workflow.ts";
import { checkSchema } from "./check-schema.ts";
import { checkWorkflow } from "./check-workflow.ts";
import { unsupportedDocument } from "./unsupported.ts";

/**
 * Parses a message of the request queue.
 *
 * @param text - At most 256 KiB in UTF-8.
 * @throws InvalidRequestError for the first problem.
 */
export function parseRequest(text: string): SubmitRequest {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.rawMessageBytes) {
    throw new InvalidRequestError("", bytes, `must have at most ${limits.rawMessageBytes} bytes`);
  }
  return parseDocument(parseJson(text));
}

/**
 * Parses a request.
 *
 * @param value - What JSON.parse gave, of any size.
 * @throws InvalidRequestError for the first problem.
 */
export function parseDocument(value: unknown): SubmitRequest {
  checkJson(value, "");
  if (!isJsonObject(value)) throw new InvalidRequestError("", value, "must be a request: a JSON object");
  const later = unsupportedDocument(value);
  if (later) throw new InvalidRequestError(pathText("", later.path), undefined, later.rule);
  checkSchema(aroundWorkflowSchema, value, "");
  checkWorkflow(value.workflow, "workflow");
  return value as unknown as SubmitRequest;
}

/** Parses a bare workflow. @throws InvalidRequestError for the first problem; its path begins with `workflow`. */
export function parseWorkflowDocument(value: unknown): Workflow {
  checkJson(value, "workflow");
  return checkWorkflow(value, "workflow");
}

/** Parses what a file may hold: a request, known by its `tutti`, or a bare workflow. @throws InvalidRequestError */
export function parseFileDocument(value: unknown): SubmitRequest {
  return isJsonObject(value) && Object.hasOwn(value, "tutti")
    ? parseDocument(value)
    : requestOf(parseWorkflowDocument(value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestError(
      "",
      text.slice(0, 200),
      `must be JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function checkJson(value: unknown, at: string): void {
  const problem = findJsonProblem(value);
  if (problem) throw new InvalidRequestError(pathText(at, problem.path), problem.value, problem.rule);
}
