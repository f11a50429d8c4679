/**
 * Parses reports of programs elsewhere, which may be wrong in any way.
 */
import { InvalidRequestError } from "../errors.ts";
import { isJsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import {
  type AttemptToken,
  decodeToken,
  type ReportRequest,
  type ReportStatus,
  reportSchemas,
} from "../model/outside.ts";
import { checkSchema } from "./check-schema.ts";
import { parseJsonDocument } from "./parse-request.ts";

/** A report, with the attempt that it is about. */
export interface ParsedReport {
  readonly report: ReportRequest;
  readonly token: AttemptToken;
}

/** True for what says of itself that it is a report, whatever else is wrong with it. */
export function isReport(text: string): boolean {
  // Most requests are none, and some are long.
  if (!text.includes('"report"')) return false;
  // Too large to be parsed, whatever it is: this is only about what the refusal says.
  if (Buffer.byteLength(text) > limits.rawMessageBytes) return /"type"\s*:\s*"report"/.test(text);
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && value.type === "report";
  } catch {
    return false;
  }
}

/**
 * Parses a report.
 *
 * @param text - At most 256 KiB in UTF-8.
 * @throws InvalidRequestError for the first problem.
 */
export function parseReport(text: string): ParsedReport {
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.rawMessageBytes) {
    const rule = `must have at most ${limits.rawMessageBytes} bytes: store a larger result elsewhere and report where`;
    throw new InvalidRequestError("", bytes, rule);
  }
  const value = parseJsonDocument(text);
  const status = isJsonObject(value) ? value.status : undefined;
  if (typeof status !== "string" || !Object.hasOwn(reportSchemas, status)) {
    throw new InvalidRequestError("status", status, `must be one of ${Object.keys(reportSchemas).join(", ")}`);
  }
  checkSchema(reportSchemas[status as ReportStatus], value, "");
  const report = value as unknown as ReportRequest;
  checkDetails(report);
  const token = decodeToken(report.token);
  if (token === undefined)
    throw new InvalidRequestError("token", report.token, "must be the token of a task's message, unchanged");
  return { report, token };
}

/** How the message of an outside task begins. */
const outsideOpening = '{"tutti":1,"type":"outside-task"';

export function isOutsideMessage(text: string): boolean {
  return text.startsWith(outsideOpening);
}

/** The attempt that the message of an outside task is about. @throws InvalidRequestError when it names none */
export function parseOutsideMessage(text: string): AttemptToken {
  const value = parseJsonDocument(text);
  const token = isJsonObject(value) && typeof value.token === "string" ? decodeToken(value.token) : undefined;
  if (token === undefined) throw new InvalidRequestError("token", undefined, "must be there in the message of a task");
  return token;
}

function checkDetails(report: ReportRequest): void {
  if (report.status !== "heartbeat" || report.details === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(report.details));
  if (bytes > limits.heartbeatBytes)
    throw new InvalidRequestError("details", bytes, `must have at most ${limits.heartbeatBytes} bytes as JSON`);
}
