/**
 * Why a run does not go on (docs/operations.md).
 */

/** Causes, worst first: an issue with several is called by the first. */
export const causes = [
  "sweeper-not-running",
  "requests-not-read",
  "dead-letters",
  "queue-missing",
  "task-unknown",
  "task-moved",
  "dead-lettered",
  "queue-not-read",
  "message-lost",
  "worker-lost",
  "not-driven",
  "deadline-passed",
  "result-too-large",
  "task-failing",
  "not-taken",
  "unseen",
  "not-sent",
  "queue-long",
  "paused",
  "waits-for-report",
  "runs-long",
  "map-runs",
  "waits-for-turn",
  "waits-for-time",
  "waits-for-others",
  "run-failed",
] as const;
export type Cause = (typeof causes)[number];
