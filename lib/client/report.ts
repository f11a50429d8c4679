/**
 * Reporting on a task that runs elsewhere: the same message that its program would send, and what became of it.
 */
import { InvalidRequestError, QueueError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import { type AttemptReport, type AttemptToken, decodeToken, encodeToken } from "../model/outside.ts";
import { requestIdSchema } from "../model/request.ts";
import { parseReport } from "../plan/parse-report.ts";
import type { Clock, Ids, Queue, Store } from "../ports/index.ts";
import { reportRow } from "../protocol/outside.ts";
import type { SettledSlot, Slot } from "../protocol/slot.ts";
import { readAttempt, readOutsideSlot } from "../records/attempts.ts";
import { answerTimeoutMs, learnRejection } from "./answer.ts";
import { growingPause, pause } from "./pause.ts";
import { findHead } from "./runs.ts";
import { type ReportReport, schemaVersion } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** How a report is sent. */
export interface ReportOptions {
  /** Drawn anew for every report: a refusal is found by it. @default drawn */
  readonly requestId?: string;
  /** Whether to learn what became of it, for up to 10 s. @default true */
  readonly wait?: boolean;
}

interface ReportDeps {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Sends a report. @throws InvalidRequestError when it breaks a rule, or is not of an attempt that runs */
export async function report(
  deps: ReportDeps,
  reading: Reading,
  { target, said }: { readonly target: string; readonly said: AttemptReport },
  options: ReportOptions,
): Promise<ReportReport> {
  const attempt = await attemptNamed(reading, target);
  const requestId = options.requestId ?? requestIdSchema.parse(deps.ids.next());
  const body = JSON.stringify({ tutti: 1, type: "report", requestId, token: encodeToken(attempt), ...said });
  parseReport(body);
  const before = options.wait === false ? undefined : await slotOf(reading, attempt);
  const { failed } = await deps.queue.send("request", [{ body, delaySeconds: 0 }], "report.send");
  if (failed.length > 0)
    throw new QueueError(`the request queue refused the report: nothing was recorded, send it again`);
  const recorded = options.wait === false ? null : await learn(reading, { attempt, said, requestId, before });
  return { schemaVersion, taskId: taskIdOf(attempt.run, attempt.node), attempt: attempt.attempt, recorded };
}

/** Task ids have a slash, and tokens have none. */
async function attemptNamed(reading: Reading, target: string): Promise<AttemptToken> {
  const [run = "", ...path] = target.split("/");
  if (path.length > 0) return readAttempt(reading, await findHead(reading.store, run), path.join("/"));
  const attempt = decodeToken(target);
  if (attempt !== undefined) return attempt;
  throw new InvalidRequestError(
    "token",
    target,
    "must be the token of a task's message, or a task id: <run id>/<path>",
  );
}

interface Sent {
  readonly attempt: AttemptToken;
  readonly said: AttemptReport;
  readonly requestId: string;
  /** The task's slot before it was sent. */
  readonly before: Slot | undefined;
}

/** Reads until the report is recorded or refused, or time is up. */
async function learn(reading: Reading, sent: Sent): Promise<true | null> {
  const { store, clock } = reading;
  const untilMs = clock.now() + answerTimeoutMs;
  const nextPauseMs = growingPause();
  for (;;) {
    await learnRejection(store, { runId: sent.attempt.run, requestId: sent.requestId, documentHash: "" });
    if (isRecorded(await slotOf(reading, sent.attempt), sent)) return true;
    const nowMs = clock.now();
    if (nowMs >= untilMs) return null;
    await pause(clock, Math.min(nextPauseMs(), untilMs - nowMs));
  }
}

async function slotOf(reading: Reading, { run, node }: AttemptToken): Promise<Slot> {
  return readOutsideSlot(reading, await findHead(reading.store, run), node);
}

/** Whether the slot says what the report says. Two that say the same at once are taken for one. */
function isRecorded(slot: Slot, { attempt, said, before }: Sent): boolean {
  const row = reportRow(slot, attempt);
  switch (row.kind) {
    case "refuse":
      return false;
    case "accept":
      return said.status === "heartbeat" && before?.state === "leased" && row.lease.untilMs > before.untilMs;
    case "settled":
      return said.status === "heartbeat" || settledBy(row.slot, said);
    case "retried":
    case "past":
      return said.status !== "succeeded";
  }
}

function settledBy({ status, value }: SettledSlot, said: Exclude<AttemptReport, { status: "heartbeat" }>): boolean {
  if (said.status === "failed") return status !== "SUCCEEDED";
  const same = value?.kind !== "inline" || value.text === JSON.stringify(said.result ?? null);
  return status === "SUCCEEDED" && same;
}
