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
import type { Chain, Chord, DagNode, MapWorkflow, Task, Workflow } from "../model/workflow.ts";
import { compileDag } from "./dag.ts";
import { deadlineOf } from "./deadline.ts";
import { expandMap, type LiteralMap, listMembers, type Member, type Members } from "./expand-map.ts";
import { cancelRestOf, hedgeOf, joinPolicyOf } from "./join-policy.ts";
import { decideFirst, joinOf, joinUnit, packed, shapeOf } from "./joins.ts";
import { compileMap } from "./map.ts";
import { dynamicMapOf } from "./map-list.ts";
import { below, type Compilation, type Place } from "./place.ts";
import { compileSleep } from "./sleep-node.ts";
import { compileTask } from "./task-node.ts";
import type { Failure, PlanJoin } from "./types.ts";
import { addJoin, attach, type Unit } from "./units.ts";

/** Compiles a workflow, whatever canvas it is. */
export function compileWorkflow(context: Compilation, given: Workflow | DagNode, place: Place): Unit {
  const workflow = overItem(given, place);
  if ("task" in workflow) return compileTask(context, workflow, place);
  if ("sleep" in workflow) return compileSleep(context, workflow, place);
  if (place.level >= limits.nestingLevels) {
    throw new InvalidRequestError(
      place.doc,
      undefined,
      `must not be nested more than ${limits.nestingLevels} canvases deep`,
    );
  }
  const inside = { ...place, level: place.level + 1 };
  if (dynamicMapOf(workflow) !== undefined)
    return compileMap(context, workflow as MapWorkflow | Chord, inside, compileWorkflow);
  if ("chain" in workflow) return compileChain(context, workflow, inside);
  if ("group" in workflow)
    return compileGroup(context, listMembers(workflow.group, `${place.doc}.group`, workflow.hedge), inside);
  if ("map" in workflow) return compileGroup(context, expandMap(workflow as LiteralMap, place.doc), inside);
  if ("chord" in workflow) return compileChord(context, workflow, inside);
  return compileDag(context, workflow, inside, compileWorkflow);
}

/** A map inside another, or a chord over one, that runs over its item: its list is known. */
function overItem(workflow: Workflow | DagNode, { input, doc, itemDoc = doc }: Place): Workflow | DagNode {
  const map = dynamicMapOf(workflow);
  if (map === undefined || map.over !== undefined || input?.kind !== "item") return workflow;
  const { value } = input;
  if (!Array.isArray(value))
    throw new InvalidRequestError(itemDoc, value, "must be a list: the map inside runs over it");
  const known = { map: { ...map, over: value } };
  return "map" in workflow ? known : { chord: { ...(workflow as Chord).chord, header: known } };
}

function compileChain(context: Compilation, { chain }: Chain, place: Place): Unit {
  if (chain.length === 0) throw new InvalidRequestError(`${place.doc}.chain`, [], "must have at least one element");
  const at = (i: number): Place => ({ ...place, path: below(place.path, `[${i}]`), doc: `${place.doc}.chain[${i}]` });
  const first = compileWorkflow(context, chain[0] as Workflow, at(0));
  let last = first;
  let role = place.role;
  for (let i = 1; i < chain.length; i++) {
    // What comes after sleeps alone is used as they are.
    if (!("sleep" in (chain[i - 1] as Workflow))) role = "plain";
    const link: Place = { ...at(i), input: last.gives, releasedBy: last.exit, role };
    const unit = compileWorkflow(context, chain[i] as Workflow, link);
    attach(context.draft, last, unit.starts);
    last = unit;
  }
  return { starts: first.starts, exit: last.exit, value: last.value, gives: last.gives };
}

function compileGroup(context: Compilation, listed: Members, place: Place): Unit {
  const id = place.path || ".";
  const failure = decideFirst(id, place.failure);
  checkMembers(listed);
  const members = listed.list.map((member, i) =>
    compileMember(context, member, { ...place, path: below(place.path, `[${i}]`), failure }),
  );
  const join = joinOf(context, id, {
    kind: "group",
    size: members.length,
    failure: place.failure,
    releasedBy: place.releasedBy,
  });
  const shape = shapeOf(context, members, listed.maxConcurrency);
  addHeader(context, { ...join, ...shape, ...hedgeOf(listed.hedge) }, members, place.doc);
  return joinUnit(id);
}

/** A copy of a map's template gets its item, every other member what the list gets. */
function compileMember(context: Compilation, { workflow, doc, item }: Member, place: Place): Unit {
  if (item === undefined) return compileWorkflow(context, workflow, { ...place, doc });
  return compileWorkflow(context, workflow, {
    ...place,
    doc,
    input: { kind: "item", value: item.value },
    itemDoc: item.doc,
  });
}

function compileChord(context: Compilation, { chord }: Chord, place: Place): Unit {
  const id = place.path || ".";
  const header = headerOf(chord, place.doc);
  const size = header.list.length;
  checkMembers(header);
  const policy = joinPolicyOf(chord.when, size, place.doc);
  const deadlineSeconds = deadlineOf(chord.deadlineSeconds, size, place.doc);
  const failFast = decideFirst(id, place.failure);
  const members = header.list.map((member, index) => {
    const failure: Failure =
      policy.when === "all-succeeded" ? failFast : { decide: [], then: { kind: "slot", join: id, index } };
    return compileMember(context, member, { ...place, path: below(place.path, `header[${index}]`), failure });
  });
  const join: PlanJoin = {
    ...joinOf(context, id, {
      kind: "chord",
      size: members.length,
      failure: place.failure,
      releasedBy: place.releasedBy,
    }),
    ...policy,
    ...shapeOf(context, members, header.maxConcurrency),
    ...cancelRestOf(chord, place.doc),
    ...hedgeOf(header.hedge),
    onError: chord.onError === undefined ? null : below(place.path, "onError"),
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
  };
  if (deadlineSeconds !== undefined) {
    const isAuto = typeof chord.deadlineSeconds !== "number";
    context.deadlineAt.set(id, { doc: `${place.doc}.chord.deadlineSeconds`, isAuto });
  }
  addHeader(context, join, members, place.doc);
  const unit = chord.callback === undefined ? joinUnit(id) : compileCallback(context, chord.callback, id, place);
  if (chord.onError !== undefined) compileOnError(context, chord.onError, id, place);
  return unit;
}

function headerOf({ header, hedge }: Chord["chord"], doc: string): Members {
  const at = `${doc}.chord.header`;
  if (Array.isArray(header)) return listMembers(header, at, hedge);
  return { ...expandMap(header as LiteralMap, at), ...(hedge === undefined ? {} : { hedge }) };
}

/** Adds the join of a header: its members are attached to their slots and released together. */
function addHeader(context: Compilation, join: PlanJoin, members: readonly Unit[], doc: string): void {
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
  return { starts: header.starts, exit: unit.exit, value: unit.value, gives: unit.gives };
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

function checkMembers({ list, doc }: Members): void {
  if (list.length > limits.membersPerGroup) {
    throw new InvalidRequestError(doc, list.length, `must have at most ${limits.membersPerGroup} members`);
  }
}
