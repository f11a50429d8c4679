/**
 * What has happened in an engine, in order, for people to read.
 */
import { type RunId, taskIdOf } from "../model/ids.ts";
import type { Decision } from "../protocol/decision.ts";
import type { Slot } from "../protocol/slot.ts";
import type { SlotRecord } from "./places.ts";

/** A decision of a chord, group or dag, as it was made: one for each, or something is very wrong. */
export interface TestDecision {
  /** Path of the chord or group; `.` for the whole workflow. */
  readonly path: string;
  /** `callback`: what follows was set in motion; `error`: the failure was. */
  readonly decision: Decision;
  /** Id of the task whose outcome made it, or `sweeper`. */
  readonly by: string;
  /** Virtual time, in epoch milliseconds. */
  readonly atMs: number;
}

interface Event {
  readonly atMs: number;
  /** The run it is about; undefined for what concerns them all. */
  readonly runId: RunId | undefined;
  /** Task id, run id, or empty. */
  readonly subject: string;
  readonly text: string;
  /** What is shown behind it. */
  readonly value?: unknown;
}

export interface History {
  /** Something about a task. */
  task(runId: RunId, path: string, text: string, value?: unknown): void;
  run(runId: RunId, text: string): void;
  /** Something about no run in particular. */
  engine(text: string): void;
  /** What a write recorded of a slot. */
  slot(record: SlotRecord): void;
  decision(runId: RunId, decision: Omit<TestDecision, "atMs">): void;
  decisionsOf(runId: RunId): readonly TestDecision[];
  /** @param lines - The most there may be; those in the middle give way. */
  text(about: { readonly runId?: RunId | undefined; readonly lines?: number }): string;
}

const shownCharacters = 80;
/** Of a cut timeline, this part is from its beginning. */
const beginning = 1 / 4;

/** @param heading - First line of every text. */
export function createHistory(nowMs: () => number, heading: string): History {
  const startMs = nowMs();
  const events: Event[] = [];
  const decisions = new Map<RunId, TestDecision[]>();

  const seconds = (atMs: number): string => ((atMs - startMs) / 1000).toFixed(3);
  const add = (event: Omit<Event, "atMs">): void => void events.push({ atMs: nowMs(), ...event });

  const lineOf = ({ atMs, subject, text, value }: Event, width: number): string => {
    const shown = value === undefined ? "" : ` ${shownValue(value)}`;
    return `${seconds(atMs).padStart(12)} s  ${subject.padEnd(width)}  ${text}${shown}`;
  };

  const history: History = {
    task: (runId, path, text, value) =>
      add({ runId, subject: taskIdOf(runId, path), text, ...(value === undefined ? {} : { value }) }),
    run: (runId, text) => add({ runId, subject: runId, text }),
    engine: (text) => add({ runId: undefined, subject: "", text }),
    slot({ runId, node, slot }) {
      const text = slotText(slot, seconds);
      if (text !== undefined) history.task(runId, node.id, text);
    },
    decision(runId, decision) {
      const all = decisions.get(runId) ?? [];
      decisions.set(runId, [...all, { ...decision, atMs: nowMs() }]);
      const { path, decision: what, by } = decision;
      const text = `is decided ${what}, fired by ${by}`;
      if (path === ".") history.run(runId, text);
      else history.task(runId, path, text);
    },
    decisionsOf: (runId) => decisions.get(runId) ?? [],
    text({ runId, lines = Number.POSITIVE_INFINITY }) {
      const told = events.filter((event) => runId === undefined || (event.runId ?? runId) === runId);
      const shown = cut(told, lines);
      const width = Math.max(0, ...shown.map((event) => (typeof event === "number" ? 0 : event.subject.length)));
      const text = shown.map((event) => (typeof event === "number" ? `    … ${event} more …` : lineOf(event, width)));
      return [heading, ...text].join("\n");
    },
  };
  return history;
}

/** Beginning and end of a long list, with the number of what is left out between them. */
function cut(events: readonly Event[], lines: number): readonly (Event | number)[] {
  if (events.length <= lines) return events;
  const first = Math.floor(lines * beginning);
  const last = lines - first;
  return [...events.slice(0, first), events.length - lines, ...events.slice(-last)];
}

/** What becomes of a task beside its body; undefined for what its body tells. */
function slotText(slot: Slot, seconds: (atMs: number) => string): string | undefined {
  switch (slot.state) {
    case "settled":
      return `is ${slot.status}${slot.error ? `: ${slot.error.name}: ${slot.error.message}` : ""}`;
    case "waiting":
      return slot.attempt === 0 ? undefined : `waits for its next attempt, at ${seconds(slot.atMs)} s`;
    case "queued":
      return "is sent once more";
    case "leased":
    case "absent":
      return undefined;
  }
}

function shownValue(value: unknown): string {
  const text = value instanceof Error ? `${value.name}: ${value.message}` : jsonOf(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 1)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
