/**
 * What became of a submit: read from the run's head and from the rejected item of the request, never told by anybody.
 */
import { InvalidRequestError, RunConflictError, RunRemovedError, type TuttiError } from "../errors.ts";
import type { RunId } from "../model/ids.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import type { Clock, Image, Key, Store } from "../ports/index.ts";
import { decodeHead, type Head, isTombstone, tombstoneOver } from "../protocol/head.ts";
import { headKey, rejectedKey } from "../protocol/keys.ts";
import { RequestRejectedError } from "./errors.ts";
import { growingPause, pause } from "./pause.ts";

/** One submit, as its sender knows it. */
export interface Submission {
  readonly runId: RunId;
  readonly requestId: string;
  readonly documentHash: string;
}

/** What is known of a submit. */
export type Answer =
  | { readonly kind: "created"; readonly head: Head }
  /** The run existed already, made of the same document. */
  | { readonly kind: "same"; readonly head: Head }
  | { readonly kind: "refused"; readonly error: TuttiError }
  | { readonly kind: "unknown" };

/** Longest wait for the answer. */
export const answerTimeoutMs = 10_000;

/**
 * Reads the answer until there is one, or time is up. Sends nothing and writes nothing.
 *
 * @returns `unknown` when nobody has handled the request in time: it is still on the queue.
 */
export async function learnAnswer(
  deps: { readonly store: Store; readonly clock: Clock },
  submission: Submission,
): Promise<Answer> {
  let latest: Head | undefined;
  const keys = [headKey(submission.runId), rejectedKey(submission.requestId)];
  const answer = await lookUntil(deps, keys, ([head, rejected]) => {
    latest = head && decodeHead(submission.runId, head);
    const found = answerOf({ head: latest, rejected }, submission);
    return found.kind === "unknown" ? undefined : found;
  });
  return answer ?? lastAnswer(latest, submission, deps.clock.now());
}

/** Looks at some items until they tell, or time is up: then it is undefined. Sends nothing and writes nothing. */
export async function lookUntil<T>(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  keys: readonly Key[],
  told: (images: readonly (Image | undefined)[]) => T | undefined,
): Promise<T | undefined> {
  const untilMs = clock.now() + answerTimeoutMs;
  const nextPauseMs = growingPause();
  for (;;) {
    const found = told(await store.getMany(keys, "answer.read"));
    const leftMs = untilMs - clock.now();
    if (found !== undefined || leftMs <= 0) return found;
    await pause(clock, Math.min(nextPauseMs(), leftMs));
  }
}

/** Throws what a request was rejected with; returns when it was not, or not yet. */
export async function learnRejection(store: Store, submission: Submission): Promise<void> {
  const rejected = await store.get(rejectedKey(submission.requestId), "answer.read");
  if (rejected !== undefined) throw rejectionOf(rejected, submission);
}

interface Found {
  readonly head: Head | undefined;
  readonly rejected: Image | undefined;
}

/** The answer, as far as the two items tell. A head of another document may be followed by the rejection, so it is waited for. */
export function answerOf({ head, rejected }: Found, submission: Submission): Answer {
  const same = head !== undefined && !isTombstone(head) && head.documentHash === submission.documentHash;
  if (same && head.requestId === submission.requestId) return { kind: "created", head };
  if (rejected !== undefined) return { kind: "refused", error: rejectionOf(rejected, submission) };
  return same ? { kind: "same", head } : { kind: "unknown" };
}

/** The answer when no more is coming: a head that is there refuses every other document. */
function lastAnswer(head: Head | undefined, submission: Submission, nowMs: number): Answer {
  if (head === undefined || tombstoneOver(head, nowMs)) return { kind: "unknown" };
  if (isTombstone(head)) return { kind: "refused", error: new RunRemovedError(head.runId) };
  // Made of this very request by a version that hashes documents in another way.
  if (head.requestId === submission.requestId) return { kind: "created", head };
  return { kind: "refused", error: new RunConflictError(head.runId) };
}

/** The error a rejected item tells of, as the class it was raised as. */
export function rejectionOf(image: Image, submission: Pick<Submission, "runId" | "requestId">): TuttiError {
  const error = isJsonObject(image.error) ? image.error : {};
  const code = String(error.code ?? "invalid-request");
  if (code === "run-conflict") return new RunConflictError(submission.runId);
  if (code === "run-removed") return new RunRemovedError(submission.runId);
  const message = String(error.message ?? "the request was rejected");
  if (typeof error.path !== "string" || typeof error.rule !== "string")
    return new RequestRejectedError(submission.requestId, code, message);
  return new InvalidRequestError(error.path, shownValue(error.value), error.rule);
}

/** The value found, which is kept as the beginning of its JSON text. */
function shownValue(text: Json | undefined): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
