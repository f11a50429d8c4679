/**
 * A plan by itself: no cycles, nothing that is not there, no slot that two units fill, or none (S21).
 */
import type { Failure, Next, Plan, PlanJoin, Source, Start } from "../../plan/types.ts";
import type { Fault } from "./slot-shape.ts";

/** What is wrong with the shape of a plan. */
export function planFaults(plan: Plan): Fault[] {
  const missing = missingFaults(plan);
  return missing.length > 0 ? missing : [...memberFaults(plan), ...cycleFaults(plan)];
}

function missingFaults(plan: Plan): Fault[] {
  const faults: Fault[] = [];
  const node = (from: string, id: string | null) =>
    void (
      id === null ||
      Object.hasOwn(plan.nodes, id) ||
      faults.push(["S21", `${from} leads to task ${id}, which is not in the plan`])
    );
  const join = (from: string, id: string, index?: number) => {
    const found = Object.hasOwn(plan.joins, id) ? plan.joins[id] : undefined;
    if (found === undefined) faults.push(["S21", `${from} leads to ${id}, which is not in the plan`]);
    else if (index !== undefined && (index < 0 || index >= found.size))
      faults.push(["S21", `${from} is member ${index} of ${id}, which has ${found.size}`]);
  };
  const start = (from: string, one: Start) => {
    if (one.kind === "node") node(from, one.node);
    if (one.kind === "join") join(from, one.join);
    if (one.kind === "slot") join(from, one.join, one.index);
    if (one.kind === "pack") for (const index of one.members) join(from, one.join, index);
  };
  const failure = (from: string, { decide, then }: Failure) => {
    for (const id of decide) join(from, id);
    if (then.kind === "slot") join(from, then.join, then.index);
  };
  const source = (from: string, one: Source): void => {
    if (one.kind === "node") node(from, one.node);
    if (one.kind === "join" || one.kind === "failures") join(from, one.join);
    if (one.kind === "object") for (const [, part] of one.entries) source(from, part);
  };
  for (const one of plan.start) start("the submit", one);
  source("the run's value", plan.output);
  node("the run", plan.callback);
  for (const unit of Object.values(plan.nodes)) {
    for (const next of unit.next) start(unit.id, next);
    failure(unit.id, unit.failure);
    if (unit.input) source(unit.id, unit.input);
    if (unit.slot) join(unit.id, unit.slot.join, unit.slot.index);
  }
  for (const unit of Object.values(plan.joins)) {
    for (const next of unit.next) start(unit.id, next);
    failure(unit.id, unit.failure);
    node(unit.id, unit.onError);
    for (const one of plan.releases[unit.id] ?? []) start(`the header of ${unit.id}`, one);
    for (const member of plan.members[unit.id] ?? []) source(unit.id, member);
  }
  return faults;
}

/** Each slot of a join is filled by one unit: a node whose slot it is, or a unit that it is next of. */
function memberFaults(plan: Plan): Fault[] {
  const filled = new Map<string, number>();
  const fill = (join: string, index: number) => {
    const name = `${join}#${index}`;
    filled.set(name, (filled.get(name) ?? 0) + 1);
  };
  const nexts = (list: readonly Next[]) => {
    for (const next of list) if (next.kind === "slot") fill(next.join, next.index);
  };
  for (const node of Object.values(plan.nodes)) {
    if (node.slot) fill(node.slot.join, node.slot.index);
    nexts(node.next);
  }
  for (const join of Object.values(plan.joins)) nexts(join.next);
  return Object.values(plan.joins).flatMap((join) => slotsFilled(plan, join, filled));
}

function slotsFilled(plan: Plan, { id, size }: PlanJoin, filled: ReadonlyMap<string, number>): Fault[] {
  const members = plan.members[id]?.length ?? 0;
  if (members !== size) return [["S21", `${id} has ${size} members, and ${members} are listed`]];
  const faults: Fault[] = [];
  for (let index = 0; index < size; index++) {
    const units = filled.get(`${id}#${index}`) ?? 0;
    if (units !== 1) faults.push(["S21", `member ${index} of ${id} is filled by ${units} units`]);
  }
  return faults;
}

/** A vertex of the graph: a node, a join that is decided, or the header of one that is released. */
function cycleFaults(plan: Plan): Fault[] {
  const state = new Map<string, "open" | "done">();
  const stack: { readonly name: string; readonly rest: string[] }[] = [];
  const enter = (name: string) => {
    state.set(name, "open");
    stack.push({ name, rest: [...followers(plan, name)] });
  };
  for (const first of plan.start.flatMap((one) => namesOf(plan, one))) {
    if (!state.has(first)) enter(first);
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const next = at.rest.pop();
      if (next === undefined) {
        state.set(at.name, "done");
        stack.pop();
      } else if (state.get(next) === "open") return [["S21", `${at.name} leads back to ${next}`]];
      else if (!state.has(next)) enter(next);
    }
  }
  return [];
}

const header = "the header of ";
const decided = "the decision of ";

function followers(plan: Plan, name: string): string[] {
  const [join, list] = name.startsWith(header)
    ? [plan.joins[name.slice(header.length)], plan.releases[name.slice(header.length)]]
    : [];
  if (join) return join.size === 0 ? [decided + join.id] : (list ?? []).flatMap((one) => namesOf(plan, one));
  const unit = name.startsWith(decided) ? plan.joins[name.slice(decided.length)] : undefined;
  if (unit)
    return [...unit.next.flatMap((one) => namesOf(plan, one)), ...(unit.onError === null ? [] : [unit.onError])];
  const node = plan.nodes[name];
  if (node === undefined) return [];
  return [...node.next.flatMap((one) => namesOf(plan, one)), ...(node.slot ? [decided + node.slot.join] : [])];
}

function namesOf(plan: Plan, start: Start): string[] {
  if (start.kind === "node") return [start.node];
  if (start.kind === "join") return [header + start.join];
  if (start.kind === "slot") return [decided + start.join];
  if (start.kind === "end") return [];
  return start.members.flatMap((index) => {
    const source = plan.members[start.join]?.[index];
    return source?.kind === "node" ? [source.node] : [];
  });
}
