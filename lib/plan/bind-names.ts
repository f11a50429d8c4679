/**
 * Results of dag nodes in a workflow that leaves its dag: a map's, when it expands.
 */
import { InvalidRequestError } from "../errors.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import type { DagNode, MapWorkflow, Task, Workflow } from "../model/workflow.ts";

/** The value of a `{"$result": name, "path"?: …}`, or undefined when the name is not one of those that are bound. */
export type LookUp = (reference: { readonly $result: string; readonly path?: string | undefined }) => Json | undefined;

/**
 * The workflow with values as they are in the place of references. What a dag inside names stays its own.
 *
 * @throws InvalidRequestError when a map inside runs over a value that is no list.
 */
export function bindNames<Part extends Workflow | DagNode>(workflow: Part, lookUp: LookUp): Part {
  return bind(workflow, lookUp) as Part;
}

function bind(workflow: Workflow | DagNode, lookUp: LookUp): Workflow | DagNode {
  const inside = <Part extends Workflow>(part: Part) => bind(part, lookUp) as Part;
  if ("if" in workflow && workflow.if !== undefined && lookUp({ $result: workflow.if.$result }) !== undefined) {
    const rule = "must be over a result inside the map: put the condition at the map itself";
    throw new InvalidRequestError("if.$result", workflow.if.$result, rule);
  }
  if ("task" in workflow) return bindTask(workflow, lookUp);
  if ("chain" in workflow) return { ...workflow, chain: workflow.chain.map(inside) };
  if ("group" in workflow) return { ...workflow, group: workflow.group.map(inside) };
  if ("map" in workflow) return { ...workflow, map: bindMap(workflow.map, lookUp) };
  if ("sleep" in workflow) return workflow;
  if ("dag" in workflow) {
    const { nodes } = workflow.dag;
    const outer: LookUp = (reference) => (Object.hasOwn(nodes, reference.$result) ? undefined : lookUp(reference));
    const bound = Object.entries(nodes).map(([name, node]) => [name, bind(node, outer)]);
    return { ...workflow, dag: { ...workflow.dag, nodes: Object.fromEntries(bound) } };
  }
  const { header, callback, onError } = workflow.chord;
  return {
    ...workflow,
    chord: {
      ...workflow.chord,
      header: Array.isArray(header) ? header.map(inside) : { map: bindMap(header.map, lookUp) },
      ...(callback === undefined ? {} : { callback: inside(callback) }),
      ...(onError === undefined ? {} : { onError: bindTask(onError, lookUp) }),
    },
  };
}

function bindTask(task: Task, lookUp: LookUp): Task {
  return task.args === undefined ? task : { ...task, args: task.args.map((argument) => bindJson(argument, lookUp)) };
}

function bindJson(argument: Json, lookUp: LookUp): Json {
  if (Array.isArray(argument)) return argument.map((item) => bindJson(item as Json, lookUp));
  if (!isJsonObject(argument) || Object.hasOwn(argument, "$literal")) return argument;
  if (typeof argument.$result === "string") {
    const value = lookUp(argument as { readonly $result: string });
    return value === undefined ? argument : { $literal: value };
  }
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, bindJson(value, lookUp)]));
}

function bindMap({ over, each, ...map }: MapWorkflow["map"], lookUp: LookUp): MapWorkflow["map"] {
  const bound = { ...map, each: bind(each, lookUp) as Workflow };
  if (over === undefined) return bound;
  const value = Array.isArray(over) ? undefined : lookUp(over);
  if (value === undefined) return { ...bound, over };
  if (!Array.isArray(value)) throw new InvalidRequestError("map.over", value, "must be a list");
  return { ...bound, over: value as Json[] };
}
