/**
 * Parses requests and workflows from outside.
 *
 * In this order, so that nothing is walked before it is known to be harmless: bytes, JSON, forbidden keys and depth of
 * JSON, what is around the workflow, then the workflow from the outside in. The first problem is raised with path, value
 * and rule. What comes back is the value itself, not a copy.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import { isJsonObject, type JsonObject } from "../model/json.ts";
import { findAlteredNumber } from "../model/json-number.ts";
import { findJsonProblem } from "../model/json-problem.ts";
import { limits } from "../model/limits.ts";
import {
  aroundWorkflowSchema,
  type OperateRequest,
  operateRequestSchemas,
  requestOf,
  type StoredRequest,
  type SubmitRequest,
  storedRequestSchema,
} from "../model/request.ts";
import { textOfThrown } from "../model/thrown.ts";
import type { Workflow } from "../model/workflow.ts";
import { checkSchema } from "./check-schema.ts";
import { checkWorkflow } from "./check-workflow.ts";

/**
 * Parses a message of the request queue.
 *
 * @param text - At most 256 KiB in UTF-8.
 * @throws InvalidRequestError for the first problem.
 */
export function parseRequest(text: string): SubmitRequest | StoredRequest | OperateRequest {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.rawMessageBytes) {
    const rule = `must have at most ${limits.rawMessageBytes} bytes: store a larger workflow and send where it is, see docs/requests.md`;
    throw new InvalidRequestError("", bytes, rule);
  }
  const value = parseJson(text, "");
  const operation = isJsonObject(value) ? operationOf(value) : undefined;
  if (operation !== undefined) return parseOperation(operation, value);
  return isJsonObject(value) && Object.hasOwn(value, "document") ? parseStoredRequest(value) : parseDocument(value);
}

type Operation = keyof typeof operateRequestSchemas;

function operationOf({ type }: JsonObject): Operation | undefined {
  return typeof type === "string" && Object.hasOwn(operateRequestSchemas, type) ? (type as Operation) : undefined;
}

function parseOperation(operation: Operation, value: unknown): OperateRequest {
  checkJson(value, "");
  checkSchema(operateRequestSchemas[operation], value, "");
  return value as OperateRequest;
}

function parseStoredRequest(value: JsonObject): StoredRequest {
  checkJson(value, "");
  if (Object.hasOwn(value, "workflow"))
    throw new InvalidRequestError("workflow", undefined, "must not be there: a request has a workflow or a document");
  checkSchema(storedRequestSchema, value, "");
  return value as unknown as StoredRequest;
}

/**
 * Parses the workflow that was stored apart from its request: the same rules hold.
 *
 * @param text - Its JSON, of the size that the request says.
 * @returns The request as it would have been sent if it were small.
 * @throws InvalidRequestError for the first problem.
 */
export function parseStoredWorkflow(request: StoredRequest, text: string): SubmitRequest {
  const { document: _document, ...around } = request;
  return parseDocument({ ...around, workflow: parseJson(text, "document") });
}

const documentRule =
  "must not be there: only a message of the request queue refers to a stored document; write the workflow itself";

/**
 * Parses a request.
 *
 * @param value - What JSON.parse gave, of any size.
 * @throws InvalidRequestError for the first problem.
 */
export function parseDocument(value: unknown): SubmitRequest {
  checkJson(value, "");
  if (!isJsonObject(value)) throw new InvalidRequestError("", value, "must be a request: a JSON object");
  if (Object.hasOwn(value, "document")) throw new InvalidRequestError("document", undefined, documentRule);
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

/** What a message of the request queue holds, known to be harmless to walk. @throws InvalidRequestError */
export function parseJsonDocument(text: string): unknown {
  const value = parseJson(text, "");
  checkJson(value, "");
  return value;
}

/**
 * Parses a JSON text. A whole number that would silently become another one is refused: it is an id more often than not.
 *
 * @throws InvalidRequestError
 */
export function parseJson(text: string, at: string): unknown {
  const value = jsonIn(text, at);
  const altered = findAlteredNumber(text);
  if (altered === null) return value;
  const rule = `must be a number that JavaScript can hold: it would become ${altered.read}; write it as a string`;
  throw new InvalidRequestError(pathText(at, altered.path), altered.written, rule);
}

function jsonIn(text: string, at: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidRequestError(at, text.slice(0, 200), `must be JSON: ${textOfThrown(error)}`);
  }
}

function checkJson(value: unknown, at: string): void {
  const problem = findJsonProblem(value);
  if (problem) throw new InvalidRequestError(pathText(at, problem.path), problem.value, problem.rule);
}
