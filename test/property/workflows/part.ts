/**
 * What the reference says of the parts of a workflow, and when something has come about in a run that was seen.
 */
import type { OutcomeStatus } from "../../../lib/model/outcome.ts";
import type { Task } from "../../../lib/model/workflow.ts";
import type { Expected } from "./expected.ts";

/** A point of a run's history: virtual time, and the place among all that was seen. */
export interface Moment {
  readonly atMs: number;
  readonly sequence: number;
}

/** What was seen of a run, in one generation. */
export interface History {
  /** When the run was submitted. */
  readonly startedAt: Moment;
  /** When the generation began: in the first one the same. Nothing comes about earlier in it. */
  readonly begunAt: Moment;
  /** When a task ended in the state that its script leads to; undefined when it has not. */
  ended(task: ExpectedTask): Moment | undefined;
}

/** When something came about in a run, by what was seen of its tasks; undefined: it has not. */
export type When = (history: History) => Moment | undefined;

/** One task, or a sleep. */
export interface ExpectedTask {
  readonly path: string;
  /** Of a sleep: its delay or time, and nothing else. */
  readonly task: Pick<Task, "label" | "headers" | "delaySeconds" | "at" | "immutable">;
  readonly sleeps: boolean;
  /** Whether it ever starts, when the run does not end before. */
  readonly starts: boolean;
  /** Error callbacks may start when the run has ended, and must when what they wait for has come about. */
  readonly afterEnd: boolean;
  /** Taken over from the generation before: nothing enters it, and it stays as it was seen there. */
  readonly kept: boolean;
  /** What must have come about before its body is entered. */
  readonly ready: When;
  /** It may have to wait for its turn after that: a map around it runs a few of its members at a time. */
  readonly takesTurns: boolean;
  readonly args: readonly Expected[];
  readonly status: Extract<OutcomeStatus, "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "SKIPPED">;
  /**
   * How many acts its script has to that end; 0 when its arguments cannot be made or its condition does not hold, and its body
   * is never entered.
   */
  readonly acts: number;
  /** When it succeeds. */
  readonly value: Expected;
  /** When it does not. */
  readonly error: ExpectedError;
}

export interface ExpectedError {
  readonly name: Expected;
  readonly message: Expected;
}

/** What a failure is told of. */
export type Cause = Pick<ExpectedTask, "path" | "status" | "error">;

/** Skipped by choice: the reasons that may be given for it, null for none. */
export interface Skip {
  readonly reasons: readonly (string | null)[];
}

/** A part of a workflow. */
export interface Part {
  /** Whether it does not fail once it has started. */
  readonly succeeds: boolean;
  /** Set when it is skipped by choice: what needs it is skipped with it. */
  readonly skip: Skip | null;
  /** When it does. */
  readonly value: Expected;
  /** What follows it gets; undefined: nothing. */
  readonly gives: Expected | undefined;
  /** Tasks whose failure may be the part's, when it does not. */
  readonly causes: readonly Cause[];
  /** Paths of the tasks that have ended, in any history, once the part has. */
  readonly needed: ReadonlySet<string>;
  readonly succeeded: When;
  readonly failed: When;
  /** The task that it is; null for a canvas. */
  readonly single: ExpectedTask | null;
}

/** A part that waits for several: what becomes of it, but for its value. */
export type Together = Omit<Part, "value" | "gives">;

export type Policy = "all-succeeded" | "all-settled" | "tolerate" | "quorum";

/** A group, or the header of a chord, that has members. */
export interface ExpectedHeader {
  /** `.` for the outermost. */
  readonly path: string;
  readonly policy: Policy;
  readonly starts: boolean;
  /** Taken over from the generation before, with all that is in it. */
  readonly kept: boolean;
  readonly members: readonly Part[];
  readonly decision: "callback" | "error";
  readonly decided: When;
  /** As many failures must be known to its error callback at least. */
  readonly failures: number;
  readonly onError: ExpectedTask | null;
}

export const never: When = () => undefined;

/** When a part has come to its end, whichever. */
export const settled = ({ succeeds, succeeded, failed }: Pick<Part, "succeeds" | "succeeded" | "failed">): When =>
  succeeds ? succeeded : failed;

export function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}

/** When all of them have come about. */
export function latest(whens: readonly When[]): When {
  return (history) => {
    const moments = whens.map((when) => when(history));
    return moments.reduce((a, b) => (a && b ? (isBefore(a, b) ? b : a) : undefined));
  };
}

/** When so many of them have come about. */
export function nth(count: number, whens: readonly When[]): When {
  return (history) => {
    const moments = whens.flatMap((when) => when(history) ?? []);
    return moments.sort((a, b) => (isBefore(a, b) ? -1 : 1))[count - 1];
  };
}

export function union(parts: readonly Pick<Part, "needed">[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ needed }) => [...needed]));
}

/** What has ended whichever of these has. */
function common(parts: readonly Part[]): ReadonlySet<string> {
  return new Set([...union(parts)].filter((path) => parts.every(({ needed }) => needed.has(path))));
}

/** Parts that start together and all have to succeed; the first failure is theirs. */
export function allOf(parts: readonly Part[], ready: When): Together {
  const failing = parts.filter(({ succeeds }) => !succeeds);
  return {
    succeeds: failing.length === 0,
    skip: null,
    causes: failing.flatMap(({ causes }) => causes),
    needed: failing.length === 0 ? union(parts) : common(failing),
    succeeded: failing.length === 0 ? latest([ready, ...parts.map(({ succeeded }) => succeeded)]) : never,
    failed: nth(
      1,
      failing.map(({ failed }) => failed),
    ),
    single: null,
  };
}

/** The same in a run that goes on after a failure: they fail when all of them have ended. */
export function allToTheEnd(parts: readonly Part[], ready: When): Together {
  const together = allOf(parts, ready);
  if (together.succeeds) return together;
  return { ...together, needed: union(parts), failed: latest([ready, ...parts.map(settled)]) };
}
