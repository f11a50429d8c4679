/**
 * Parses requests and workflows from outside.
 *
 * In this order, so that nothing is walked before it is known to be harmless: bytes, JSON, forbidden keys and depth of
 * JSON, what is around the workflow, outline and nesting of canvases, the schema. The first problem is raised with path, value and rule.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import { isJsonObject } from "../model/json.ts";
import { findJsonProblem } from "../model/json-problem.ts";
import { limits } from "../model/limits.ts";
import { aroundWorkflowSchema, requestOf, type SubmitRequest } from "../model/request.ts";
import { type Workflow, workflowSchema } from "../model/workflow.ts";
import { diagnose, diagnoseWorkflow } from "./diagnose.ts";
import { unsupportedDocument } from "./unsupported.ts";
import { checkShape } from "./workflow-shape.ts";

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
  const around = aroundWorkflowSchema.safeParse(value);
  if (!around.success) throw diagnose(value, "", aroundWorkflowSchema);
  return { ...around.data, workflow: workflowAt(value.workflow) };
}

/** Parses a bare workflow. @throws InvalidRequestError for the first problem; its path begins with `workflow`. */
export function parseWorkflowDocument(value: unknown): Workflow {
  checkJson(value, "workflow");
  return workflowAt(value);
}

function workflowAt(value: unknown): Workflow {
  checkShape(value, "workflow");
  const result = workflowSchema.safeParse(value);
  if (!result.success) throw diagnoseWorkflow(value, "workflow");
  return result.data;
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
