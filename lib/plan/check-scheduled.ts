/**
 * Checks what schedules would send, before any of them does.
 */
import { InvalidRequestError } from "../errors.ts";
import type { SubmitRequest } from "../model/request.ts";
import { compile } from "./compile.ts";
import { parseRequest } from "./parse-request.ts";
import type { TaskCatalog } from "./types.ts";

/** A schedule, as far as this looks. */
export interface Scheduled {
  readonly name: string;
  readonly request: (time: string) => SubmitRequest;
}

/** Some time: all have the same length. */
const someTime = "2026-11-21T03:00:00Z";

/**
 * Checks that the request of each schedule fits into a message, and compiles.
 *
 * @throws InvalidRequestError for the first problem; its path begins with the schedule's name.
 */
export function checkScheduled(schedules: readonly Scheduled[], catalog: TaskCatalog): void {
  for (const { name, request } of schedules) {
    const document = request(someTime);
    try {
      parseRequest(JSON.stringify(document));
      compile(document, catalog);
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      throw new InvalidRequestError(`schedule ${name}: ${error.path || "request"}`, error.value, error.rule);
    }
  }
}
