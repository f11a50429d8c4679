/**
 * What is known of a join's failures: the frozen set of an early decision, and the summary an error callback receives.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import { taskIdOf } from "../model/ids.ts";
import type { FailureSummary, OutcomeStatus, StoredError } from "../model/outcome.ts";
import type { Plan, PlanJoin } from "../plan/types.ts";
import type { Value } from "../ports/index.ts";
import { isBad, type SettledSlot } from "../protocol/slot.ts";
import { itemsAt, leafKey, slotsOf, tallyKey, topOf } from "../protocol/tally.ts";
import type { AcceptedSet } from "../protocol/writes.ts";
import type { ValueReader } from "./inputs.ts";

/** Failures listed one by one; the rest is counted. */
const listedFailures = 100;

/** A failure on its way to its target. */
export interface Cause {
  readonly node: NodeId;
  readonly status: OutcomeStatus;
  readonly error: StoredError;
}

interface Failed {
  readonly index: number;
  readonly taskId: string;
  readonly status: OutcomeStatus;
  readonly error: StoredError;
}

/** The failures recorded in a join's leaves, in header order. */
async function recordedFailures(reader: ValueReader, join: PlanJoin): Promise<Failed[]> {
  const plan = await reader.run.plan.whole();
  const keys = Array.from({ length: itemsAt(join, 0) }, (_, leaf) => leafKey(reader.run.id, join, leaf));
  const images = await reader.deps.store.getMany(keys, "join.read");
  return images.flatMap((image, leaf) =>
    slotsOf(join, leaf, image)
      .filter((member) => isBad(member.slot))
      .map(({ index, slot }) => failedMember(reader, plan, join.id, index, slot as SettledSlot)),
  );
}

function failedMember(reader: ValueReader, plan: Plan, join: JoinId, index: number, slot: SettledSlot): Failed {
  const { taskId: cause, ...error } = slot.error ?? { name: slot.status, message: `the task ended ${slot.status}` };
  const source = plan.members[join]?.[index];
  const taskId = cause ?? (source?.kind === "node" ? taskIdOf(reader.run.id, source.node) : `${reader.run.id}/${join}`);
  return { index, taskId, status: slot.status, error };
}

/** The set an early decision accepts: what is recorded, and the cause at hand where that is another member. */
export async function acceptedFailures(reader: ValueReader, join: PlanJoin, cause: Cause): Promise<AcceptedSet> {
  const recorded = await recordedFailures(reader, join);
  const index = memberIndex(join.id, cause.node);
  const all =
    index === undefined || recorded.some((failed) => failed.index === index)
      ? recorded
      : [...recorded, fromCause(reader, cause, index)];
  const listed = all.sort((a, b) => a.index - b.index).slice(0, listedFailures);
  return { failed: all.length, failures: listed.map((failed) => ({ ...failed, error: { ...failed.error } })) };
}

/** Whose error it is stands beside it, as for the recorded ones. */
function fromCause(reader: ValueReader, { node, status, error: { taskId, ...error } }: Cause, index: number): Failed {
  return { index, taskId: taskId ?? taskIdOf(reader.run.id, node), status, error };
}

/** Which member of a join a node belongs to, by its path: `header[3]/[1]` belongs to member 3 of `.`. */
export function memberIndex(join: JoinId, node: NodeId): number | undefined {
  const prefix = join === "." ? "" : `${join}/`;
  if (!node.startsWith(prefix)) return undefined;
  const found = /^(?:header)?\[(\d+)\]/.exec(node.slice(prefix.length));
  return found ? Number(found[1]) : undefined;
}

/** Path of a member of a chord or group: the inverse of {@link memberIndex}. */
export function memberPath(join: PlanJoin, index: number): NodeId {
  const prefix = join.id === "." ? "" : `${join.id}/`;
  return `${prefix}${join.kind === "chord" ? "header" : ""}[${index}]`;
}

/** What the error callback of a join receives. The same at every attempt: from the frozen set, or from a full join. */
export async function failureSummary(reader: ValueReader, join: PlanJoin): Promise<FailureSummary> {
  const top = await reader.deps.store.get(tallyKey(reader.run.id, join, topOf(join)), "join.read");
  const accepted = top?.accepted as Readonly<Record<string, Value>> | undefined;
  if (accepted) {
    return { failed: Number(accepted.failed), total: join.size, failures: (accepted.failures ?? []) as never };
  }
  const all = await recordedFailures(reader, join);
  return { failed: all.length, total: join.size, failures: all.slice(0, listedFailures) };
}

/** The first recorded failure of a join that was decided *error* by its last arrival. */
export async function firstFailure(reader: ValueReader, join: PlanJoin): Promise<Cause> {
  const [first] = await recordedFailures(reader, join);
  const top = first ? undefined : await failureSummary(reader, join);
  const found = first ?? top?.failures[0];
  // A quorum that was not reached, since members were skipped by choice: no task has failed.
  if (!found)
    return {
      node: join.id,
      status: "FAILED",
      error: {
        taskId: taskIdOf(reader.run.id, join.id),
        name: "join-failed",
        message: `join ${join.id} was decided error`,
      },
    };
  return {
    // By its place: the task that has failed may be one of a run that a map has made.
    node: memberPath(join, found.index),
    status: found.status,
    error: { taskId: found.taskId, ...found.error },
  };
}
