/**
 * Chords, groups and the joins of dags: counters, marks, and the decision against the members it was made on (S3, S4, S8, S11).
 */
import { taskIdOf } from "../../model/ids.ts";
import { outcomeStatuses } from "../../model/outcome.ts";
import type { PlanJoin } from "../../plan/types.ts";
import type { Image, Value } from "../../ports/store.ts";
import { decodeValue, isBad } from "../slot.ts";
import { memberSlot, type Snapshot, slotOf, tallyOf } from "../snapshot.ts";
import {
  countsIn,
  isCounting,
  isDecidedByCount,
  isFullMark,
  isTop,
  itemsAt,
  markFor,
  markOf,
  parentOf,
  remainingOf,
  sizeOf,
  slotsOf,
  type TallyPlace,
  tallyKey,
  topOf,
} from "../tally.ts";
import type { AuditedRun } from "./audited-run.ts";
import { type UnitFault, valueFaults } from "./node-faults.ts";
import { count, isMap, oneOf, type Shape, shapeFaults, text } from "./shape.ts";
import type { Fault } from "./slot-shape.ts";

/** What is wrong with the tallies of a join. */
export function joinFaults(run: AuditedRun, snapshot: Snapshot, join: PlanJoin): UnitFault[] {
  const at = (place: TallyPlace, faults: readonly Fault[]): UnitFault[] =>
    faults.map((fault) => ({ fault, key: tallyKey(snapshot.head.runId, join, place), join: join.id }));
  const top = topOf(join);
  const image = tallyOf(snapshot, join, top);
  if (join.size === 0) return at(top, recordFaults(join, image ?? {}));
  return [
    ...placesOf(join).flatMap((place) => at(place, counterFaults(snapshot, join, place))),
    ...memberFaults(snapshot, join, at),
    ...at(top, topFaults(run, snapshot, join, image)),
  ];
}

function placesOf(join: PlanJoin): TallyPlace[] {
  const places: TallyPlace[] = [];
  for (let level = 0; level <= topOf(join).level; level++)
    for (let number = 0; number < itemsAt(join, level); number++) places.push({ level, number });
  return places;
}

/** S8, S3: a counter is what its own item says, and a mark in it stands for a child that is as far. */
function counterFaults(snapshot: Snapshot, join: PlanJoin, place: TallyPlace): Fault[] {
  const image = tallyOf(snapshot, join, place);
  const open = openIn(join, place, image);
  const waits = remainingOf(join, place, image);
  const name = `part ${place.level}/${place.number} of ${join.id}`;
  const faults: Fault[] =
    waits === open
      ? []
      : [["S8", `${name} waits for ${waits} of ${sizeOf(join, place)}, and ${open} have not arrived`]];
  if (isTop(join, place)) return faults;
  const parent = tallyOf(snapshot, join, parentOf(join, place));
  const mark = parent?.[markOf(join, place)];
  // A retry opens the leaves before what is between them and the top.
  if (mark === undefined || Number(image?.g ?? 0) > Number(parent?.g)) return faults;
  const is = markFor(join, place, image ?? {});
  if (isCounting(join) ? Number(mark) > is : open > 0 || mark !== is)
    faults.push(["S3", `${name} has arrived above as ${mark}, and with ${open} open is at ${is}`]);
  return faults;
}

function openIn(join: PlanJoin, place: TallyPlace, image: Image | undefined): number {
  if (place.level === 0)
    return slotsOf(join, place.number, image).filter(({ slot }) => slot.state !== "settled").length;
  let open = 0;
  for (let i = 0; i < sizeOf(join, place); i++) {
    const mark = image?.[`m${i}`];
    const child = { level: place.level - 1, number: place.number * join.fan + i };
    if (mark === undefined || !isFullMark(join, child, Number(mark))) open++;
  }
  return open;
}

/** S11: only what another unit feeds may take its value over. Members that are tasks are looked at as tasks. */
function memberFaults(
  snapshot: Snapshot,
  join: PlanJoin,
  at: (place: TallyPlace, faults: readonly Fault[]) => UnitFault[],
): UnitFault[] {
  const { plan } = snapshot;
  const isTask = (index: number) => {
    const source = plan.members[join.id]?.[index];
    const slot = source?.kind === "node" ? plan.nodes[source.node]?.slot : undefined;
    return slot?.join === join.id && slot.index === index;
  };
  return Array.from({ length: join.size }, (_, index) => index).flatMap((index) => {
    const slot = memberSlot(snapshot, join, index);
    if (slot.state === "absent" || isTask(index)) return [];
    const place = { level: 0, number: Math.floor(index / join.leafSize) };
    if (slot.state !== "settled")
      return at(place, [["S3", `member ${index} of ${join.id} is no task, and its slot is ${slot.state}`]]);
    return slot.value === undefined || slot.value.kind === "reference"
      ? []
      : at(place, [["S11", `member ${index} of ${join.id} is no task, and has a value of its own`]]);
  });
}

function topFaults(run: AuditedRun, snapshot: Snapshot, join: PlanJoin, image: Image | undefined): Fault[] {
  if (image === undefined) return [];
  const records = recordFaults(join, image);
  return records.length > 0
    ? records
    : [...arrivalFaults(join, image), ...countFaults(join, image), ...acceptedFaults(run, snapshot, join, image)];
}

/** S4: a decision is there with who made it and when, and only as such a join can be decided. */
function recordFaults(join: PlanJoin, image: Image): Fault[] {
  const { decision } = image;
  const faults: Fault[] = [];
  const must = (holds: boolean, explanation: string) => void (holds || faults.push(["S4", explanation]));
  const decided = decision !== undefined;
  for (const name of ["decidedBy", "decidedAt"])
    must(
      (image[name] !== undefined) === decided,
      `${join.id} ${decided ? "is decided and lacks" : "is undecided and has"} "${name}"`,
    );
  const accepts = decision === "callback" || decision === "error";
  must(
    (image.accepted !== undefined) === accepts,
    `${join.id} is ${decision ?? "undecided"} and ${accepts ? "lacks" : "has"} what it accepts`,
  );
  must(
    decision !== "callback" || join.when === "quorum",
    `${join.id} is no quorum, and was decided callback by a write`,
  );
  const isExplained = image.skip !== undefined || image.cause !== undefined;
  must(!isExplained || decision === "skipped", `${join.id} was not skipped, and says why it was`);
  must(
    image.held === undefined || join.if !== undefined,
    `${join.id} has no condition, and it is recorded that this holds`,
  );
  return faults;
}

/** S23: a top keeps its last arrival. What a retry has opened has lost it. */
function arrivalFaults(join: PlanJoin, image: Image): Fault[] {
  const arrived = Object.keys(image).some((name) => /^m\d+$/.test(name)) || hasSettled(join, image);
  const [by, atMs] = [image.lastBy, image.lastAt];
  if ((by === undefined) !== (atMs === undefined)) return [["S23", `the last arrival at ${join.id} is half recorded`]];
  if (by !== undefined && !arrived) return [["S23", `${join.id} has a last arrival, and nothing has arrived`]];
  if (by !== undefined && topOf(join).level === 0 && !isLastOf(join, image))
    return [["S23", `nobody settled a member of ${join.id} when its last arrival is said to have been`]];
  return by === undefined && arrived && image.g === 1
    ? [["S23", `members of ${join.id} have arrived, and who came last is not recorded`]]
    : [];
}

/** In a leaf the last arrival is the outcome of a member. */
function isLastOf(join: PlanJoin, image: Image): boolean {
  return slotsOf(join, 0, image).some(
    ({ slot }) => slot.state === "settled" && slot.owner === image.lastBy && slot.settledAtMs === image.lastAt,
  );
}

function hasSettled(join: PlanJoin, image: Image): boolean {
  const top = topOf(join);
  return top.level === 0 && slotsOf(join, top.number, image).some(({ slot }) => slot.state === "settled");
}

/** S3: a count that decides has been reached. */
function countFaults(join: PlanJoin, image: Image): Fault[] {
  const top = topOf(join);
  if (!isDecidedByCount(join)) return [];
  const { settled, bad } = countsIn(join, top, image);
  const allowed = join.count ?? 0;
  const { decision } = image;
  const counts = `with ${settled} settled, ${bad} of them not with success`;
  if (join.when === "quorum") {
    if (decision === "callback" && settled - bad < allowed)
      return [["S3", `${join.id} was decided callback ${counts}, and waits for ${allowed} successes`]];
    return decision === "error" && bad <= join.size - allowed
      ? [["S3", `${join.id} was decided error ${counts}, and ${allowed} successes of ${join.size} were possible`]]
      : [];
  }
  return decision === "error" && bad <= allowed
    ? [["S3", `${join.id} was decided error ${counts}, and tolerates ${allowed}`]]
    : [];
}

/** What an early decision accepts is recorded in the members it was made on (S8, S11). */
function acceptedFaults(run: AuditedRun, snapshot: Snapshot, join: PlanJoin, image: Image): Fault[] {
  if (!isMap(image.accepted)) return [];
  if (image.decision === "callback") return quorumFaults(run, snapshot, join, image.accepted);
  const { failed, failures } = image.accepted;
  // A quorum may fail for want of successes alone: its members were skipped by choice.
  if (!count.holds(failed ?? null) || Number(failed) < (join.when === "quorum" ? 0 : 1))
    return [["S11", `${join.id} was decided error and accepts no failure`]];
  // Without an error callback nobody asks which they are.
  if (failures === undefined && join.onError === null) return [];
  if (!Array.isArray(failures) || failures.length !== Math.min(Number(failed), 100))
    return [["S11", `${join.id} was decided error with ${failed} failures, and does not list them`]];
  return failures.flatMap((one) => failureFaults(snapshot, join, one));
}

const failureShape: Shape = {
  required: {
    index: count,
    taskId: text,
    status: oneOf(outcomeStatuses),
    error: { must: "be a map", holds: isMap },
  },
};

function failureFaults(snapshot: Snapshot, join: PlanJoin, failure: Value): Fault[] {
  if (!isMap(failure)) return [["S11", `a failure that ${join.id} accepts is no map`]];
  const shape = shapeFaults(`a failure that ${join.id} accepts`, failure, failureShape);
  if (shape.length > 0) return shape.map((fault) => ["S11", fault]);
  const index = Number(failure.index);
  if (index < join.size && isBad(memberSlot(snapshot, join, index))) return [];
  // Decided by a part of a member, whose own slot nobody fills then; of the run of a map the map itself tells.
  const own = Object.values(snapshot.plan.nodes).find(
    (node) => taskIdOf(snapshot.head.runId, node.id) === failure.taskId,
  );
  if (index < join.size && (own === undefined || isBad(slotOf(snapshot, own)))) return [];
  return [["S8", `${join.id} was decided error by member ${index} (${failure.taskId}), which has not failed`]];
}

type Range = readonly [first: number, last: number];

function quorumFaults(
  run: AuditedRun,
  snapshot: Snapshot,
  join: PlanJoin,
  accepted: Readonly<Record<string, Value>>,
): Fault[] {
  const value = decodeValue(accepted);
  const what = `what ${join.id} accepts`;
  if (value.kind === "reference") return [["S11", `${what} is nowhere`]];
  const faults = valueFaults(run, what, value);
  if (faults.length > 0) return faults;
  const unpacked = value.kind === "inline" ? value : run.unpack(value);
  const ranges = "text" in unpacked ? rangesIn(unpacked.text, join.size) : undefined;
  if (ranges === undefined) return [["S11", `${what} is no list of its members`]];
  const slots = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => ({
      index: first + i,
      slot: memberSlot(snapshot, join, first + i),
    })),
  );
  const open = slots.find(({ slot }) => slot.state !== "settled");
  if (open) return [["S8", `${join.id} accepts member ${open.index}, which has no outcome`]];
  const good = slots.filter(({ slot }) => slot.state === "settled" && slot.status === "SUCCEEDED").length;
  return good < (join.count ?? 0)
    ? [["S8", `${join.id} was decided callback with ${good} successes, and waits for ${join.count}`]]
    : [];
}

function rangesIn(json: string, size: number): readonly Range[] | undefined {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(found)) return undefined;
  let from = 0;
  for (const range of found) {
    const [first, last] = Array.isArray(range) ? range : [];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < from || last < first || last >= size)
      return undefined;
    from = last + 1;
  }
  return found as Range[];
}
