/**
 * What a test sees of a run: read from the table, as the client reads it.
 */
import { InvalidRequestError, RunConflictError, RunRemovedError } from "../errors.ts";
import { type RunId, taskIdOf } from "../model/ids.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import type { RunStatus, StoredError, TaskStatus } from "../model/outcome.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image, Store } from "../ports/index.ts";
import type { Head } from "../protocol/head.ts";
import { type Released, releasedOf } from "../protocol/released.ts";
import type { Slot } from "../protocol/slot.ts";
import { type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { mayStart, taskStatus } from "../protocol/status.ts";
import { resolve } from "../records/inputs.ts";
import { type PlanCache, planView } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { readValue } from "../records/values.ts";
import type { History, TestDecision } from "./history.ts";

/** A task's state by its name in the CLI: `WAITING`, `QUEUED`, `RUNNING`, `RETRYING`, or how it ended. */
export type TestTaskStatus = TaskStatus;

/** One task of a run. */
export interface TestTask {
  /** Path in the workflow: `header[3]`, `callback`, `[0]`, `<name of the dag node>`; of a bare task `task`. */
  readonly path: string;
  readonly taskId: string;
  /** Name of the task. */
  readonly task: string;
  readonly status: TestTaskStatus;
  /** Attempts so far; 0 for one that never ran. */
  readonly attempts: number;
  /** What it returned, once it has succeeded. */
  readonly value?: Json;
  /** What it failed with, last or for good. */
  readonly error?: StoredError;
  /** When its outcome was recorded, in epoch milliseconds of virtual time. */
  readonly settledAtMs?: number;
}

interface RunPart {
  readonly runId: RunId;
  /** In the order of the workflow. */
  readonly tasks: readonly TestTask[];
  /** What its chords, groups and dags were decided to, in order of time. One that has no members is decided from the start. */
  readonly decisions: readonly TestDecision[];
}

/** A run that has ended. */
export type EndedRun = RunPart & {
  /** Epoch milliseconds of virtual time. */
  readonly endedAtMs: number;
} & (
    | { readonly status: "SUCCEEDED"; readonly value: Json }
    | { readonly status: Exclude<RunStatus, "RUNNING" | "SUCCEEDED">; readonly error: StoredError }
  );

/** A run, whatever its state. */
export type TestRun = EndedRun | (RunPart & { readonly status: "RUNNING" });

export interface Records {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly history: History;
}

/** Reads a run whole. */
export async function readRun({ store, plans, history }: Records, head: Head): Promise<TestRun> {
  const snapshot = await readSnapshot(store, plans, head);
  const released = releasedOf(snapshot);
  const nodes = Object.values(snapshot.plan.nodes);
  const tasks = await Promise.all(nodes.map((node) => taskOf(store, snapshot, released, node)));
  const { runId, status, endedAtMs = 0 } = head;
  const part = { runId, tasks, decisions: history.decisionsOf(runId) };
  if (status === "RUNNING") return { ...part, status };
  if (status !== "SUCCEEDED") {
    return { ...part, status, endedAtMs, error: head.error ?? { name: status, message: `the run ended ${status}` } };
  }
  const plan = planView(plans, runId, { hash: head.planHash, pages: head.planPages }, undefined);
  const value = await resolve({ deps: { store }, run: { id: runId, plan } }, snapshot.plan.output);
  return { ...part, status, endedAtMs, value };
}

/** True when a run has ended and its error callbacks are done too. */
export async function isOver({ store, plans }: Omit<Records, "history">, head: Head): Promise<boolean> {
  if (head.status === "RUNNING") return false;
  if (!head.errorBranches) return true;
  const snapshot = await readSnapshot(store, plans, head);
  return [...releasedOf(snapshot).nodes.keys()].every((id) => {
    const node = snapshot.plan.nodes[id] as PlanNode;
    return slotOf(snapshot, node).state === "settled" || !mayStart(head, node.afterEnd);
  });
}

async function taskOf(store: Store, snapshot: Snapshot, released: Released, node: PlanNode): Promise<TestTask> {
  const { runId, status } = snapshot.head;
  const slot = slotOf(snapshot, node);
  const known = {
    path: node.id,
    taskId: taskIdOf(runId, node.id),
    task: node.task,
    status: taskStatus(slot, status, released.nodes.has(node.id), node.afterEnd),
    attempts: slot.state === "absent" ? 0 : slot.attempt,
  };
  return { ...known, ...(await endOf(store, runId, slot)) };
}

type TaskEnd = Pick<TestTask, "value" | "error" | "settledAtMs">;

async function endOf(store: Store, runId: RunId, slot: Slot): Promise<TaskEnd> {
  if (slot.state === "waiting" && slot.error) return { error: slot.error };
  if (slot.state !== "settled") return {};
  const { settledAtMs, error, value } = slot;
  if (error) return { error, settledAtMs };
  if (value === undefined || value.kind === "reference") return { settledAtMs };
  return { value: await readValue(store, runId, value), settledAtMs };
}

/** The error that a rejected request is kept with. */
export function rejectionOf(rejected: Image, runId: RunId): Error {
  const error = isJsonObject(rejected.error) ? rejected.error : {};
  if (error.code === "run-conflict") return new RunConflictError(runId);
  if (error.code === "run-removed") return new RunRemovedError(runId);
  const { path, rule, value, message } = error;
  if (typeof path !== "string" || typeof rule !== "string") return new Error(String(message));
  return new InvalidRequestError(path, typeof value === "string" ? shownValue(value) : undefined, rule);
}

/** What was found is kept as the beginning of its JSON text. */
function shownValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
