/**
 * Deadlines of chords, in seconds after the release of the header.
 */
import { InvalidRequestError } from "../errors.ts";
import { limits } from "../model/limits.ts";
import type { Deadline } from "../model/workflow.ts";

/** What `"auto"` assumes unless told otherwise. */
export const autoDeadlineDefaults = { workers: 8, secondsPerTask: 90, buffer: 1.5, floorSeconds: 600 } as const;

/**
 * The deadline of a chord with that many members.
 *
 * `"auto"` is `max(floor(ceil(members / workers) × secondsPerTask × buffer), floorSeconds)`.
 *
 * @throws InvalidRequestError when it comes out above the limit.
 */
export function deadlineOf(deadline: Deadline | undefined, members: number, doc: string): number | undefined {
  if (deadline === undefined || typeof deadline === "number") return deadline;
  const auto = deadline === "auto" ? {} : deadline.auto;
  const rounds = Math.ceil(members / (auto.workers ?? autoDeadlineDefaults.workers));
  const secondsPerRound =
    (auto.secondsPerTask ?? autoDeadlineDefaults.secondsPerTask) * (auto.buffer ?? autoDeadlineDefaults.buffer);
  const seconds = Math.max(
    Math.floor(rounds * secondsPerRound),
    auto.floorSeconds ?? autoDeadlineDefaults.floorSeconds,
  );
  if (seconds > limits.chordDeadlineSeconds) {
    throw new InvalidRequestError(
      `${doc}.chord.deadlineSeconds`,
      seconds,
      `must come out at ${limits.chordDeadlineSeconds} s at most`,
    );
  }
  return seconds;
}
