/**
 * Two ways to the value of a workflow in which everything succeeds: by the document, and by the plan.
 *
 * A task's value is the hash of its path and of what it was called with, so two runs agree only when every task got the
 * same arguments.
 */

import { sha256 } from "../../../lib/model/hash.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { DagNode, Task, Workflow } from "../../../lib/model/workflow.ts";
import type { Next, Plan, PlanJoin, PlanNode, Source, Start } from "../../../lib/plan/types.ts";
import { unpacked } from "./support.ts";

function valueOfTask(path: string, args: readonly Json[]): Json {
  return sha256(JSON.stringify([path, args])).slice(0, 16);
}

function outcome(value: Json): Json {
  return { status: "SUCCEEDED", value };
}

/** Puts values in the place of references, which the random workflows have at two places only. */
function bound(args: readonly unknown[], lookUp: (name: string) => Json): Json[] {
  const bind = (arg: unknown): Json => {
    const reference = arg as { $result?: string; x?: unknown };
    if (reference.$result !== undefined) return lookUp(reference.$result);
    return { x: bind(reference.x) };
  };
  return args.map(bind);
}

// ---- By the document -------------------------------------------------------------------------------------------------

type Names = ReadonlyMap<string, () => Json>;

/** The value of a workflow, worked out without a plan. */
export function valueByDocument(workflow: DagNode): Json {
  return evaluate(workflow, "", undefined, new Map());
}

function evaluate(workflow: DagNode, path: string, input: Json | undefined, names: Names): Json {
  const at = (step: string) => (path === "" ? step : `${path}/${step}`);
  if ("task" in workflow) return evaluateTask(workflow, path || "task", input, names);
  if ("chain" in workflow) {
    let value = input;
    workflow.chain.forEach((part, i) => {
      value = evaluate(part, at(`[${i}]`), value, names);
    });
    return value as Json;
  }
  if ("group" in workflow) return workflow.group.map((part, i) => evaluate(part, at(`[${i}]`), input, names));
  if ("dag" in workflow) return evaluateDag(workflow.dag, at, names);
  if ("map" in workflow) throw new TypeError("maps are not drawn");
  const { header, callback, when } = workflow.chord;
  const values = (header as Workflow[]).map((part, i) => evaluate(part, at(`header[${i}]`), input, names));
  const list = when === "all-settled" ? values.map(outcome) : values;
  return callback ? evaluate(callback, at("callback"), list, names) : list;
}

function evaluateTask(task: Task, path: string, input: Json | undefined, names: Names): Json {
  const args = bound(task.args ?? [], (name) => (names.get(name) as () => Json)());
  return valueOfTask(path, input === undefined || task.immutable ? args : [input, ...args]);
}

function evaluateDag(
  { nodes, output }: Extract<DagNode, { dag: unknown }>["dag"],
  at: (step: string) => string,
  names: Names,
): Json {
  const all = new Map(names);
  const values = new Map<string, Json>();
  const lookUp = (name: string): Json => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const value = evaluate(nodes[name] as DagNode, at(name), undefined, all);
    values.set(name, value);
    return value;
  };
  for (const name of Object.keys(nodes)) all.set(name, () => lookUp(name));
  if (output !== undefined) return lookUp(output);
  const text = JSON.stringify(nodes);
  const isSink = (name: string) =>
    !text.includes(`"$result":"${name}"`) &&
    !Object.values(nodes).some((node) => (node as { after?: string[] }).after?.includes(name));
  const sinks = Object.keys(nodes).filter(isSink);
  return Object.fromEntries(sinks.map((name) => [name, lookUp(name)]));
}

// ---- By the plan -----------------------------------------------------------------------------------------------------

/** What became of a run of a plan. */
export interface PlanRun {
  readonly value: Json | undefined;
  /** Nodes in the order they ran. */
  readonly ran: readonly string[];
  readonly released: readonly string[];
  readonly decided: readonly string[];
  readonly ends: number;
}

/** Something to do, and the unit whose end set it in motion; null is the submit. */
interface Started {
  readonly next: Next;
  readonly by: Source | null;
}

/** Runs a plan in one thread, and throws when something starts twice, or before what it needs. */
export function runPlan(plan: Plan): PlanRun {
  const values = new Map<string, Json>();
  const slots = new Map(Object.values(plan.joins).map((join) => [join.id, new Map<number, Json>()]));
  const log = { ran: [] as string[], released: [] as string[], decided: [] as string[], ends: 0 };
  const queue: Started[] = plan.start.map((next) => ({ next, by: null }));
  const resolve = (source: Source): Json => valueOfSource(plan, values, slots, source);

  const start = (nexts: readonly Next[], by: Source | null) => {
    queue.push(...nexts.map((next) => ({ next, by })));
  };
  const decide = (join: PlanJoin) => {
    log.decided.push(join.id);
    start(join.next, { kind: "join", join: join.id });
  };
  const settle = (id: string, index: number, value: Json) => {
    const join = plan.joins[id] as PlanJoin;
    const taken = slots.get(id) as Map<number, Json>;
    if (taken.has(index)) throw new Error(`slot ${index} of ${id} is settled twice`);
    if (index >= join.size) throw new Error(`join ${id} has no slot ${index}`);
    taken.set(index, value);
    if (taken.size === join.size) decide(join);
  };
  const run = (node: PlanNode) => {
    if (values.has(node.id)) throw new Error(`node ${node.id} runs twice`);
    const args = bound(node.args, (name) => resolve((node.results as Record<string, Source>)[name] as Source));
    values.set(node.id, valueOfTask(node.id, node.input === null ? args : [resolve(node.input), ...args]));
    log.ran.push(node.id);
    if (node.slot !== null) settle(node.slot.join, node.slot.index, values.get(node.id) as Json);
    start(node.next, { kind: "node", node: node.id });
  };
  const release = (join: PlanJoin, by: Source | null) => {
    if (log.released.includes(join.id)) throw new Error(`join ${join.id} is released twice`);
    if (JSON.stringify(join.releasedBy) !== JSON.stringify(by))
      throw new Error(`join ${join.id} is released by another`);
    log.released.push(join.id);
    if (join.size === 0) decide(join);
    else start(unpacked(plan, plan.releases[join.id] as readonly Start[]), by);
  };

  for (let started = queue.shift(); started !== undefined; started = queue.shift()) {
    const { next, by } = started;
    if (next.kind === "end") log.ends++;
    else if (next.kind === "node") run(plan.nodes[next.node] as PlanNode);
    else if (next.kind === "join") release(plan.joins[next.join] as PlanJoin, by);
    else settle(next.join, next.index, resolve((plan.members[next.join] as readonly Source[])[next.index] as Source));
  }
  return { ...log, value: log.ends > 0 ? resolve(plan.output) : undefined };
}

function valueOfSource(
  plan: Plan,
  values: ReadonlyMap<string, Json>,
  slots: ReadonlyMap<string, ReadonlyMap<number, Json>>,
  source: Source,
): Json {
  const inside = (of: Source) => valueOfSource(plan, values, slots, of);
  switch (source.kind) {
    case "node": {
      const value = values.get(source.node);
      if (value === undefined) throw new Error(`the value of ${source.node} is needed before it is there`);
      return value;
    }
    case "join": {
      const join = plan.joins[source.join] as PlanJoin;
      const taken = slots.get(join.id) as ReadonlyMap<number, Json>;
      if (taken.size < join.size) throw new Error(`join ${join.id} is needed before it is decided`);
      const list = Array.from({ length: join.size }, (_, i) => taken.get(i) as Json);
      return join.when === "all-settled" ? list.map(outcome) : list;
    }
    case "object":
      return Object.fromEntries(source.entries.map(([name, of]) => [name, inside(of)]));
    case "failures":
      throw new Error("nothing has failed");
  }
}
