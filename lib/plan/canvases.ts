/**
 * Turns each canvas into units of the plan.
 *
 * Everything a canvas has to know comes from above in its {@link Place}: what its starts get, what released it, where its
 * failures go. What follows it is attached by whoever holds it. Recursion is over canvases, which nest 32 deep at most;
 * members are walked in loops.
 */
import { InvalidRequestError } from "../errors.ts";
import type { JoinId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Chain, Chord, DagNode, Group, MapOver, Task, Workflow } from "../model/workflow.ts";
import { compileDag } from "./dag.ts";
import { deadlineOf } from "./deadline.ts";
import { expandMap } from "./expand-map.ts";
import { joinPolicyOf } from "./join-policy.ts";
import { decideFirst, joinOf, joinUnit, leafSizeOf, packed } from "./joins.ts";
import { compileMap } from "./map.ts";
import { dynamicMapOf } from "./map-list.ts";
import { below, type Compilation, type Place } from "./place.ts";
import { compileTask } from "./task-node.ts";
import type { Failure, PlanJoin } from "./types.ts";
import { addJoin, attach, type Unit } from "./units.ts";

/** Compiles a workflow, whatever canvas it is. */
export function compileWorkflow(context: Compilation, workflow: Workflow | DagNode, place: Place): Unit {
  if ("task" in workflow) return compileTask(context, workflow, place);
  if (place.level >= limits.nestingLevels) {
    throw new InvalidRequestError(
      place.doc,
      undefined,
      `must not be nested more than ${limits.nestingLevels} canvases deep`,
    );
  }
  const inside = { ...place, level: place.level + 1 };
  if (dynamicMapOf(workflow) !== undefined)
    return compileMap(context, workflow as MapOver | Chord, inside, compileWorkflow);
  if ("map" in workflow) return compileGroup(context, expandMap(workflow), { ...inside, input: null });
  if ("chain" in workflow) return compileChain(context, workflow, inside);
  if ("group" in workflow) return compileGroup(context, workflow, inside);
  if ("chord" in workflow) return compileChord(context, workflow, inside);
  return compileDag(context, workflow, inside, compileWorkflow);
}

function compileChain(context: Compilation, { chain }: Chain, place: Place): Unit {
  if (chain.length === 0) throw new InvalidRequestError(`${place.doc}.chain`, [], "must have at least one element");
  const at = (i: number): Place => ({ ...place, path: below(place.path, `[${i}]`), doc: `${place.doc}.chain[${i}]` });
  const first = compileWorkflow(context, chain[0] as Workflow, at(0));
  let last = first;
  for (let i = 1; i < chain.length; i++) {
    const link: Place = { ...at(i), input: last.value, releasedBy: last.exit, role: "plain" };
    const unit = compileWorkflow(context, chain[i] as Workflow, link);
    attach(context.draft, last, unit.starts);
    last = unit;
  }
  return { starts: first.starts, exit: last.exit, value: last.value };
}

function compileGroup(context: Compilation, { group }: Group, place: Place): Unit {
  const id = place.path || ".";
  const failure = decideFirst(id, place.failure);
  checkMembers(group, `${place.doc}.group`);
  const members = group.map((member, i) =>
    compileWorkflow(context, member, {
      ...place,
      path: below(place.path, `[${i}]`),
      doc: `${place.doc}.group[${i}]`,
      failure,
    }),
  );
  const join = joinOf(context, id, {
    kind: "group",
    size: members.length,
    failure: place.failure,
    releasedBy: place.releasedBy,
  });
  addHeader(context, join, members, place.doc);
  return joinUnit(id);
}

function compileChord(context: Compilation, { chord }: Chord, place: Place): Unit {
  const id = place.path || ".";
  const header = Array.isArray(chord.header) ? chord.header : expandMap(chord.header).group;
  // A map gives each member its item, so none of them gets the result before it.
  const input = Array.isArray(chord.header) ? place.input : null;
  checkMembers(header, `${place.doc}.chord.header`);
  const policy = joinPolicyOf(chord.when, header.length, place.doc);
  const deadlineSeconds = deadlineOf(chord.deadlineSeconds, header.length, place.doc);
  const failFast = decideFirst(id, place.failure);
  const members = header.map((member, index) => {
    const failure: Failure =
      policy.when === "all-succeeded" ? failFast : { decide: [], then: { kind: "slot", join: id, index } };
    return compileWorkflow(context, member, {
      ...place,
      path: below(place.path, `header[${index}]`),
      doc: `${place.doc}.chord.header[${index}]`,
      input,
      failure,
    });
  });
  const join: PlanJoin = {
    ...joinOf(context, id, {
      kind: "chord",
      size: members.length,
      failure: place.failure,
      releasedBy: place.releasedBy,
    }),
    ...policy,
    onError: chord.onError === undefined ? null : below(place.path, "onError"),
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
  };
  addHeader(context, join, members, place.doc);
  const unit = chord.callback === undefined ? joinUnit(id) : compileCallback(context, chord.callback, id, place);
  if (chord.onError !== undefined) compileOnError(context, chord.onError, id, place);
  return unit;
}

/** Adds the join of a header: its members are attached to their slots and released together. */
function addHeader(context: Compilation, plain: PlanJoin, members: readonly Unit[], doc: string): void {
  const join = { ...plain, leafSize: leafSizeOf(context, members) };
  addJoin(context.draft, join, members, doc);
  for (const [index, unit] of members.entries()) {
    attach(context.draft, unit, [{ kind: "slot", join: join.id, index }]);
  }
  context.draft.releases[join.id] = packed(context, join, members);
}

/** The value of the chord is that of its callback, and a failing callback is the chord's own failure. */
function compileCallback(context: Compilation, callback: Workflow, join: JoinId, place: Place): Unit {
  const header = joinUnit(join);
  const unit = compileWorkflow(context, callback, {
    ...place,
    path: below(place.path, "callback"),
    doc: `${place.doc}.chord.callback`,
    input: header.value,
    releasedBy: header.exit,
    role: "callback",
  });
  attach(context.draft, header, unit.starts);
  return { starts: header.starts, exit: unit.exit, value: unit.value };
}

/** Nobody waits for an error callback, and it may start when the run has failed. */
function compileOnError(context: Compilation, onError: Task, join: JoinId, place: Place): void {
  const at: Place = {
    ...place,
    path: below(place.path, "onError"),
    doc: `${place.doc}.chord.onError`,
    input: { kind: "failures", join },
    failure: { decide: [], then: { kind: "none" } },
    role: "callback",
  };
  compileTask(context, onError, at, true);
}

function checkMembers(members: readonly unknown[], doc: string): void {
  if (members.length > limits.membersPerGroup) {
    throw new InvalidRequestError(doc, members.length, `must have at most ${limits.membersPerGroup} members`);
  }
}
