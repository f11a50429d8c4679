/**
 * Why something does not go on, and the command that mends it (docs/operations.md).
 */
import { type Cause, causes } from "../model/causes.ts";
import { type RunId, taskIdOf } from "../model/ids.ts";

/** The worst of some. */
export function worstOf(some: readonly Cause[]): Cause | undefined {
  return causes.find((cause) => some.includes(cause));
}

/** What the sweeper mends by itself: `fix` only does it now. */
const mendedBySweeper: ReadonlySet<Cause> = new Set([
  "message-lost",
  "dead-lettered",
  "worker-lost",
  "not-driven",
  "not-sent",
  "deadline-passed",
]);

export function isMendedBySweeper(cause: Cause): boolean {
  return mendedBySweeper.has(cause);
}

/** Wrong as soon as the protocol calls it late: nothing but an operator ends it. */
const wrong: ReadonlySet<Cause> = new Set(["queue-not-read", "task-unknown", "task-moved"]);

export function isWrong(cause: Cause): boolean {
  return wrong.has(cause);
}

/** Nothing is wrong: it takes its time, or somebody wanted it so. Such a run is not ended unasked. */
const wanted: ReadonlySet<Cause> = new Set([
  "paused",
  "waits-for-report",
  "runs-long",
  "map-runs",
  "waits-for-turn",
  "waits-for-time",
  "waits-for-others",
  "queue-long",
]);

export function isWanted(cause: Cause): boolean {
  return wanted.has(cause);
}

/**
 * Commands that mend a cause, best first. They are for a shell: paths have brackets, so those are quoted.
 *
 * @param path - Of the task it is about.
 */
export function commandsFor(cause: Cause, run: RunId, path?: string): readonly string[] {
  const part = path === undefined ? run : `'${taskIdOf(run, path)}'`;
  switch (cause) {
    case "message-lost":
    case "worker-lost":
    case "not-driven":
    case "deadline-passed":
      return [`tutti fix ${run}`];
    case "dead-lettered":
      return [`tutti fix ${run}`, "tutti worker --only dead-letter --tasks FILE"];
    case "sweeper-not-running":
      return ["tutti worker --only sweep --tasks FILE"];
    case "not-sent":
      return [`tutti fix ${run}`, "tutti worker --only control --tasks FILE"];
    case "requests-not-read":
      return ["tutti worker --only control --tasks FILE"];
    case "dead-letters":
      return ["tutti worker --only dead-letter --tasks FILE"];
    case "queue-missing":
      return ["npx cdk deploy", `tutti fix ${run}`];
    case "task-unknown":
    case "task-moved":
    case "queue-not-read":
    case "not-taken":
    case "unseen":
    case "queue-long":
      return ["tutti worker --only tasks --tasks FILE", `tutti revoke ${part}`];
    case "task-failing":
    case "result-too-large":
    case "runs-long":
      return [`tutti revoke ${part}`];
    case "paused":
      return [`tutti resume ${run}`];
    case "waits-for-report":
      return [`tutti report ${part} --succeeded`];
    case "run-failed":
      return [`tutti retry ${run}`];
    case "map-runs":
    case "waits-for-turn":
    case "waits-for-time":
    case "waits-for-others":
      return [];
  }
}
