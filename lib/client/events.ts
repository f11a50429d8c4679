/**
 * The timeline of a run: what its stored items tell, in the words of docs/events.md. An item keeps its last attempt, so steps of
 * attempts before that are not in it; the log has those. Pure, but for the read of {@link eventsOf}.
 */
import { taskIdOf } from "../model/ids.ts";
import type { StoredError } from "../model/outcome.ts";
import { type EventsReport, type RunStep, stepNames } from "../model/view-reports.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import { childIn } from "../protocol/child.ts";
import type { Head } from "../protocol/head.ts";
import { releasedOf } from "../protocol/released.ts";
import { countsOf, type Slot } from "../protocol/slot.ts";
import { decided, fired, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { isoTime } from "./project.ts";
import { findHead } from "./runs.ts";
import { schemaVersion } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** Which steps to show. */
export interface EventsOptions {
  /** The last so many, 1–100,000. @default 1000 */
  readonly limit?: number;
}

const defaultLimit = 1000;

/** Reads a run, and tells its steps. @throws RunNotFoundError, RunRemovedError */
export async function eventsOf(reading: Reading, id: string, options: EventsOptions): Promise<EventsReport> {
  const head = await findHead(reading.store, id);
  return eventsReport(await readSnapshot(reading.store, reading.plans, head), options.limit ?? defaultLimit);
}

export function eventsReport(snapshot: Snapshot, limit: number): EventsReport {
  const { runId, status, generation } = snapshot.head;
  const steps = stepsOf(snapshot);
  const omitted = Math.max(0, steps.length - limit);
  return { schemaVersion, runId, status, generation, total: steps.length, omitted, events: steps.slice(omitted) };
}

/** A step with its place: steps of one moment go in the order of the workflow. */
interface Placed {
  readonly atMs: number;
  readonly place: number;
  readonly step: RunStep;
}

function stepsOf(snapshot: Snapshot): RunStep[] {
  const nodes = Object.values(snapshot.plan.nodes);
  const placed: Placed[] = [
    ...headSteps(snapshot.head),
    ...joinSteps(snapshot, spansOf(nodes)),
    ...nodes.flatMap((node, place) => nodeSteps(snapshot, node).map((step) => ({ ...step, place }))),
  ];
  const rank = ({ step }: Placed) => stepNames.indexOf(step.event);
  return placed.sort((a, b) => a.atMs - b.atMs || a.place - b.place || rank(a) - rank(b)).map(({ step }) => step);
}

/** First and last task among the members of each chord and group, by its id. */
type Spans = ReadonlyMap<string, { readonly first: number; readonly last: number }>;

function spansOf(nodes: readonly PlanNode[]): Spans {
  const spans = new Map<string, { first: number; last: number }>();
  for (const [place, { id }] of nodes.entries()) {
    for (const { index } of id.matchAll(/(header)?\[\d+\](?=\/|$)/g)) {
      const around = index === 0 ? "." : id.slice(0, index - 1);
      spans.set(around, { first: spans.get(around)?.first ?? place, last: place });
    }
  }
  return spans;
}

const nothing = { id: null, task: null, attempt: null, status: null, cause: null } as const;

type Timed = Omit<Placed, "place">;

function timed(atMs: number, step: Omit<RunStep, "at">): Timed {
  return { atMs, step: { at: isoTime(atMs), ...step } };
}

function headSteps(head: Head): Placed[] {
  const { requestId, raisedAtMs, raisedBy, restartedAtMs, pausedAtMs, pausedBy, endedAtMs, endedBy } = head;
  const by = (request: string | undefined) => (request === undefined ? null : `request ${request}`);
  const steps = [timed(head.submittedAtMs, { ...nothing, event: "submitted", cause: by(requestId) })];
  if (raisedAtMs !== undefined)
    steps.push(
      timed(raisedAtMs, { ...nothing, event: "generation", status: String(head.generation), cause: by(raisedBy) }),
    );
  if (restartedAtMs !== undefined && restartedAtMs !== raisedAtMs)
    steps.push(timed(restartedAtMs, { ...nothing, event: "resumed" }));
  if (pausedAtMs !== undefined) steps.push(timed(pausedAtMs, { ...nothing, event: "paused", cause: by(pausedBy) }));
  if (endedAtMs !== undefined) {
    const cause = head.error === undefined ? (endedBy ?? null) : errorText(head.error);
    steps.push(timed(endedAtMs, { ...nothing, event: "ended", status: head.status, cause }));
  }
  return steps.map((one) => ({ ...one, place: one.step.event === "ended" ? Infinity : -1 }));
}

function joinSteps(snapshot: Snapshot, spans: Spans): Placed[] {
  const released = releasedOf(snapshot);
  return Object.values(snapshot.plan.joins).flatMap((join) => {
    const id = taskIdOf(snapshot.head.runId, join.id);
    const { first = 0, last = 0 } = spans.get(join.id) ?? {};
    const armedMs = released.joins.get(join.id);
    const firing = fired(snapshot, join);
    const armed = { ...nothing, event: "armed", id, status: `${join.size}` } as const;
    return [
      ...(armedMs === undefined ? [] : [{ ...timed(armedMs, armed), place: first - 0.5 }]),
      ...(firing === undefined
        ? []
        : [{ ...timed(firing.atMs, decidedStep(snapshot, join, id, firing.by)), place: last + 0.5 }]),
    ];
  });
}

function decidedStep(snapshot: Snapshot, join: PlanJoin, id: string, by: string): Omit<RunStep, "at"> {
  return { ...nothing, event: "decided", id, status: decided(snapshot, join) ?? null, cause: `arrival of ${by}` };
}

function nodeSteps(snapshot: Snapshot, node: PlanNode): Timed[] {
  const slot = slotOf(snapshot, node);
  const { attempt } = countsOf(slot);
  const of = { ...nothing, id: taskIdOf(snapshot.head.runId, node.id), task: node.task, attempt };
  switch (slot.state) {
    case "absent":
      return [];
    case "queued":
      return [timed(slot.atMs, { ...of, event: "dispatched", cause: `sent again, ${slot.resends} times in all` })];
    case "leased":
      return [
        timed(slot.startedAtMs, { ...of, event: "claimed", cause: holderOf(slot) }),
        ...(slot.beatAtMs === undefined
          ? []
          : [timed(slot.beatAtMs, { ...of, event: "heartbeat", cause: slot.details ?? null })]),
      ];
    case "waiting":
      return [
        untimed(slot.atMs, {
          ...of,
          event: slot.attempt === 0 ? "dispatched" : "retried",
          status: `starts at ${isoTime(slot.atMs)}`,
          cause: slot.error === undefined ? null : errorText(slot.error),
        }),
      ];
    case "settled": {
      const cause = slot.error === undefined ? (slot.skip?.reason ?? holderOf(slot)) : errorText(slot.error);
      return [
        ...(slot.startedAtMs === undefined
          ? []
          : [timed(slot.startedAtMs, { ...of, event: "claimed", cause: holderOf(slot) })]),
        timed(slot.settledAtMs, { ...of, event: "settled", status: slot.status, cause }),
        ...(slot.late === undefined ? [] : [untimed(slot.settledAtMs, { ...of, event: "late", status: slot.late })]),
      ];
    }
  }
}

function untimed(afterMs: number, step: Omit<RunStep, "at">): Timed {
  return { atMs: afterMs, step: { at: null, ...step } };
}

function holderOf(slot: Slot & { readonly owner: string }): string {
  const run = childIn(slot);
  return run === undefined ? `worker ${slot.owner}` : `run ${run}`;
}

function errorText({ name, message, taskId }: StoredError): string {
  return `${name}: ${message}${taskId === undefined ? "" : ` (task ${taskId})`}`;
}
