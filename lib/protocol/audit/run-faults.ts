/**
 * The run as a whole: its head against its plan, its status against its tasks and joins, its generation (S2, S10, S20).
 */
import { type NodeId, taskIdOf } from "../../model/ids.ts";
import type { StoredError } from "../../model/outcome.ts";
import type { PlanJoin, PlanNode, Source } from "../../plan/types.ts";
import { isBelow, reopenWrites } from "../reopen.ts";
import { isBad, type SettledSlot, type Slot, skipIn } from "../slot.ts";
import { decided, joinOf, memberSlot, nodeOf, type Snapshot, slotOf } from "../snapshot.ts";
import type { UnitFault } from "./node-faults.ts";
import type { Fault } from "./slot-shape.ts";

/** What is wrong with a head, given its plan. */
export function headAndPlanFaults({ head, plan }: Snapshot): Fault[] {
  const nodes = Object.values(plan.nodes);
  const branches = Object.values(plan.joins).some((join) => join.onError !== null || join.cancelRest);
  const maps = nodes.some((node) => node.map !== undefined);
  const faults: Fault[] = [];
  const must = (holds: boolean, explanation: string) => void (holds || faults.push(["S2", explanation]));
  must(head.taskCount === nodes.length, `the head counts ${head.taskCount} tasks, the plan has ${nodes.length}`);
  must(
    (head.callback ?? null) === plan.callback,
    `the head names ${head.callback ?? "no task"} as callback, the plan ${plan.callback ?? "none"}`,
  );
  must(
    head.errorBranches === branches,
    `the head says ${head.errorBranches ? "that something" : "that nothing"} may be owed after the end, the plan does not`,
  );
  must(
    (head.maps === true) === maps,
    `the head says that the plan has ${head.maps ? "maps" : "no maps"}, and it has ${maps ? "some" : "none"}`,
  );
  return faults;
}

/** S10: a run has ended as its tasks and joins say. */
export function statusFaults(snapshot: Snapshot): Fault[] {
  const { head, plan } = snapshot;
  if (head.status === "SUCCEEDED") {
    const open = openIn(snapshot, plan.output);
    if (open !== undefined)
      return [["S10", `the run is SUCCEEDED, and ${open}, which gives its value, has not succeeded`]];
    const joins = Object.values(plan.joins);
    // The members of what was skipped have no outcome of their own.
    const skipped = new Set(joins.flatMap((join) => (decided(snapshot, join) === "skipped" ? [join.id] : [])));
    const isNeeded = ({ id, failure }: PlanNode | PlanJoin) => failure.then.kind === "head" && !isBelow(skipped, id);
    const undecided = joins.filter((join) => isNeeded(join) && join.size > 0 && decided(snapshot, join) === undefined);
    const unsettled = Object.values(plan.nodes).filter(
      (node) => isNeeded(node) && slotOf(snapshot, node).state !== "settled",
    );
    return [
      ...undecided.map((join): Fault => ["S10", `the run is SUCCEEDED, and ${join.id} is undecided`]),
      ...unsettled.map((node): Fault => ["S10", `the run is SUCCEEDED, and ${node.id} has no outcome`]),
    ];
  }
  if (head.status !== "FAILED") return [];
  const named = Object.values(plan.nodes).find((node) => taskIdOf(head.runId, node.id) === head.error?.taskId);
  if (named === undefined)
    return hasFailure(snapshot) ? [] : [["S10", "the run is FAILED, and no task of it has failed"]];
  const failed = [slotOf(snapshot, named), ...endedMembers(snapshot, named.id)].filter((slot): slot is SettledSlot =>
    isBad(slot),
  );
  if (failed.length === 0) return [["S10", `the run is FAILED because of ${named.id}, which has not failed`]];
  if (!failed.some((slot) => tells(slot, head.error)))
    return [["S10", `the run is FAILED with another error than ${named.id}, which it names`]];
  return [];
}

/** Whether an error is that of an outcome; one without an error says nothing against it. */
function tells({ error }: SettledSlot, told: StoredError | undefined): boolean {
  return error === undefined || (error.name === told?.name && error.message === told.message);
}

/** Slots of members whose value a node would have given: where others have ended one, the node may go on, or never have begun. */
function endedMembers(snapshot: Snapshot, id: NodeId): Slot[] {
  const { members, joins } = snapshot.plan;
  return Object.entries(members).flatMap(([join, sources]) => {
    const index = sources.findIndex((source) => source.kind === "node" && source.node === id);
    return index < 0 ? [] : [memberSlot(snapshot, joins[join] as PlanJoin, index)];
  });
}

/** The first source of a value that has none. */
function openIn(snapshot: Snapshot, source: Source): string | undefined {
  switch (source.kind) {
    case "node": {
      const slot = slotOf(snapshot, nodeOf(snapshot, source.node));
      const good = slot.state === "settled" && (slot.status === "SUCCEEDED" || skipIn(slot) !== undefined);
      return good ? undefined : source.node;
    }
    case "join":
    case "failures": {
      const join = joinOf(snapshot, source.join);
      const decision = decided(snapshot, join);
      return decision === "callback" || decision === "skipped" ? undefined : source.join;
    }
    case "object":
      for (const [, part] of source.entries) {
        const open = openIn(snapshot, part);
        if (open !== undefined) return open;
      }
      return undefined;
    case "item":
      return undefined;
  }
}

function hasFailure(snapshot: Snapshot): boolean {
  const { nodes, joins } = snapshot.plan;
  return (
    Object.values(nodes).some((node) => isBad(slotOf(snapshot, node))) ||
    Object.values(joins).some(
      (join) =>
        decided(snapshot, join) === "error" ||
        Array.from({ length: join.size }).some((_, index) => isBad(memberSlot(snapshot, join, index))),
    )
  );
}

/** S20: a generation that has come to an end by itself has opened all that it does not keep. */
export function reopenFaults(snapshot: Snapshot): UnitFault[] {
  const { status, generation } = snapshot.head;
  if (generation === 1 || (status !== "SUCCEEDED" && status !== "FAILED")) return [];
  return reopenWrites(snapshot, { nowMs: Number.POSITIVE_INFINITY, skewMs: 0 }).map(({ key }) => ({
    fault: ["S20", `generation ${generation} has ended, and did not open this item, which it does not keep`],
    key,
  }));
}
