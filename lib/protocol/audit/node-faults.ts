/**
 * Tasks against the plan and against what they wait for (S3, S4, S11, S20, S23).
 */
import type { PlanNode } from "../../plan/types.ts";
import type { Key } from "../../ports/store.ts";
import { childIn, childOf } from "../child.ts";
import { slotPlace } from "../keys.ts";
import { isBounded, memberAround, waitingJoins } from "../lanes.ts";
import { hasRanges } from "../release.ts";
import { releasedOf } from "../released.ts";
import type { Slot, StoredValue } from "../slot.ts";
import { decided, joinOf, type Snapshot, slotOf } from "../snapshot.ts";
import type { AuditedRun } from "./audited-run.ts";
import { clockSlackMs, type Fault, isJson } from "./slot-shape.ts";

/** A fault of a unit, with the item that shows it. */
export interface UnitFault {
  readonly fault: Fault;
  readonly key: Key;
  readonly node?: string;
  readonly join?: string;
}

/** What is wrong with the recorded states of tasks. */
export function nodeFaults(run: AuditedRun, snapshot: Snapshot): UnitFault[] {
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    const slot = slotOf(snapshot, node);
    if (slot.state === "absent") return [];
    const key = keyOf(snapshot, node);
    const faults = [
      ...attemptFaults(snapshot, node, slot),
      ...ownValueFaults(run, node, slot),
      ...timeFaults(snapshot, node, slot),
      ...childFaults(run, snapshot, node, slot),
    ];
    return faults.map((fault) => ({ fault, key, node: node.id }));
  });
}

function keyOf(snapshot: Snapshot, node: PlanNode): Key {
  const join = node.slot === null ? undefined : joinOf(snapshot, node.slot.join);
  return slotPlace(snapshot.head.runId, node, join).key;
}

type Stored = Exclude<Slot, { state: "absent" }>;

/** S4: lost attempts are counted apart, up to their limit; failed ones up to theirs, and one more for each retry of the run. */
function attemptFaults({ head }: Snapshot, { id, retry }: PlanNode, { attempt, lost }: Stored): Fault[] {
  const faults: Fault[] = [];
  // A dispatch that nobody could take is lost without having been an attempt.
  if (lost > attempt + 1) faults.push(["S4", `${lost} attempts of ${id} were lost, and ${attempt} were begun`]);
  if (lost > Math.max(1, retry.maxLost))
    faults.push(["S4", `${lost} attempts of ${id} were lost, allowed are ${retry.maxLost}`]);
  const others = attempt - lost;
  if (others > retry.maxAttempts + head.generation - 1)
    faults.push(["S4", `${id} was begun ${others} times beside lost attempts, allowed are ${retry.maxAttempts}`]);
  return faults;
}

/** S11: a task that ran has a value of its own. */
function ownValueFaults(run: AuditedRun, { id, sleep }: PlanNode, slot: Stored): Fault[] {
  if (slot.state !== "settled" || slot.value === undefined) return [];
  // A sleep hands on what came before it.
  if (slot.value.kind === "reference") return sleep ? [] : [["S11", `${id} has succeeded, and its value is nowhere`]];
  return valueFaults(run, `the value of ${id}`, slot.value);
}

/** S11, S17: a value apart is there in all its parts, and is what its hash says. */
export function valueFaults(run: AuditedRun, what: string, value: StoredValue): Fault[] {
  if (value.kind !== "item") return [];
  const unpacked = run.unpack(value);
  if ("problem" in unpacked) return [["S11", `${what} cannot be read: ${unpacked.problem}`]];
  return isJson(unpacked.text) ? [] : [["S11", `${what} is no JSON`]];
}

function timeFaults({ head }: Snapshot, { id }: PlanNode, slot: Stored): Fault[] {
  const fromMs = head.submittedAtMs - clockSlackMs;
  const atMs = slot.state === "settled" ? slot.settledAtMs : slot.state === "leased" ? slot.startedAtMs : slot.atMs;
  return atMs < fromMs ? [["S23", `what is recorded of ${id} is from before the run was submitted`]] : [];
}

/** A map waits for a run that is its own, and is settled as that has ended. */
function childFaults({ childHead }: AuditedRun, snapshot: Snapshot, node: PlanNode, slot: Stored): Fault[] {
  if (node.map === undefined) return [];
  const id = childIn(slot);
  const child = id === undefined ? undefined : childHead(id);
  if (id === undefined || child === undefined) return [];
  if (child === null) return [["S2", `${node.id} is a map and names run ${id}, which is not there`]];
  const { parent } = child;
  const { runId, submittedAtMs } = snapshot.head;
  const key = keyOf(snapshot, node);
  const own =
    parent?.run === runId &&
    parent.submittedAtMs === submittedAtMs &&
    parent.node === node.id &&
    parent.key.pk === key.pk &&
    parent.key.sk === key.sk;
  if (!own) return [["S2", `${node.id} is a map and names run ${id}, which says it belongs elsewhere`]];
  const generation = Number(snapshot.images.get(key.sk)?.g);
  if (childOf(slot) !== undefined)
    return parent.generation < generation
      ? [
          [
            "S20",
            `${node.id} waits for run ${id}, which works for generation ${parent.generation} of this run, not ${generation}`,
          ],
        ]
      : [];
  if (slot.state !== "settled" || (child.generation > 1 && (child.raisedAtMs ?? 0) > slot.settledAtMs)) return [];
  const refused = slot.status === "FAILED" && child.status === "SUCCEEDED" && /^result-/.test(slot.error?.name ?? "");
  return child.status === slot.status || refused
    ? []
    : [["S10", `${node.id} is ${slot.status}, and run ${id}, which it was settled by, is ${child.status}`]];
}

/**
 * S3: what a task waits for is recorded before it begins. Not where parts of a list are sent one by one: of these is only
 * recorded that they are done. Nor in a later generation: what an older one has begun may wait for something again.
 */
export function earlyFaults(snapshot: Snapshot): UnitFault[] {
  if (snapshot.head.generation > 1 || hasRanges(snapshot.plan)) return [];
  const released = releasedOf(snapshot);
  // Of a lane that nobody waits for any more is not known how far it has come.
  const abandoned = Object.values(snapshot.plan.joins).filter(
    (join) => isBounded(join) && waitingJoins(join).some((id) => decided(snapshot, joinOf(snapshot, id)) !== undefined),
  );
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    const slot = slotOf(snapshot, node);
    if (released.nodes.has(node.id) || slot.state === "absent") return [];
    if (abandoned.some((join) => memberAround(join, node.id) !== undefined)) return [];
    // What was settled without having begun was skipped, ended, or failed before it.
    if (slot.state === "settled" && slot.status !== "SUCCEEDED" && slot.attempt === 0) return [];
    const did = slot.state === "settled" ? `ended ${slot.status}` : `is ${slot.state}`;
    const fault: Fault = ["S3", `${node.id} ${did}, and what it comes after is not recorded`];
    return [{ fault, key: keyOf(snapshot, node), node: node.id }];
  });
}
