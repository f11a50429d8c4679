/**
 * The graph of a dag: its edges as a set, checked, and its nodes in an order in which parents come first.
 *
 * Edges come from `after` and from `$result`. A repeated one is the same edge, so a node never waits for more arrivals
 * than it has parents; an unknown name is refused, never taken as met; so is a cycle, and a diamond is none (S21).
 */
import { InvalidRequestError } from "../errors.ts";
import { segmentText } from "../model/document-path.ts";
import { limits } from "../model/limits.ts";
import type { Dag, DagNode } from "../model/workflow.ts";
import { listed } from "./listed.ts";

/** A checked dag. */
export interface DagGraph {
  /** All names, parents before children, otherwise as written. */
  readonly order: readonly string[];
  /** Distinct parents of each node, as written. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** Nodes without children, as written. */
  readonly sinks: readonly string[];
}

/** More nodes than a dag can connect: they would be a group. */
const maxNodes = limits.edgesPerDag;

/**
 * Checks a dag and orders it.
 *
 * @param doc - Path of the dag's body in the document.
 * @param usedBy - Names that a node's tasks refer to by `$result`; names of enclosing dags may be among them.
 * @throws InvalidRequestError for an unknown name, a cycle, and too many edges or nodes.
 */
export function graphOf(
  dag: Dag["dag"],
  doc: string,
  usedBy: (node: DagNode, at: string) => Iterable<string>,
): DagGraph {
  const names = Object.keys(dag.nodes);
  checkNames(dag, names, doc);
  const position = new Map(names.map((name, i) => [name, i]));
  const parents = new Map<string, readonly string[]>();
  let edges = 0;
  for (const [name, node] of Object.entries(dag.nodes)) {
    const at = `${doc}.nodes${segmentText(name)}`;
    const from = parentsOf(node, position, at, usedBy(node, at));
    edges += from.length;
    parents.set(name, from);
  }
  if (edges > limits.edgesPerDag) {
    throw new InvalidRequestError(`${doc}.nodes`, edges, `must have at most ${limits.edgesPerDag} edges`);
  }
  const children = childrenOf(parents);
  const order = sorted(names, parents, children);
  if (order.length < names.length) throw cycleError(doc, names, parents, new Set(order));
  return { order, parents, sinks: names.filter((name) => children.get(name)?.length === 0) };
}

function checkNames(dag: Dag["dag"], names: readonly string[], doc: string): void {
  if (names.length === 0) throw new InvalidRequestError(`${doc}.nodes`, dag.nodes, "must have at least one node");
  if (names.length > maxNodes) {
    throw new InvalidRequestError(`${doc}.nodes`, names.length, `must have at most ${maxNodes} nodes`);
  }
  if (dag.output !== undefined && !Object.hasOwn(dag.nodes, dag.output)) {
    throw new InvalidRequestError(`${doc}.output`, dag.output, `must name a node of this dag: ${listed(names)}`);
  }
}

function parentsOf(
  node: DagNode,
  position: ReadonlyMap<string, number>,
  doc: string,
  used: Iterable<string>,
): string[] {
  const from = new Set<string>();
  for (const [i, name] of (node.after ?? []).entries()) {
    if (!position.has(name)) {
      throw new InvalidRequestError(
        `${doc}.after[${i}]`,
        name,
        `must name a node of this dag: ${listed(position.keys())}`,
      );
    }
    from.add(name);
  }
  for (const name of used) {
    if (position.has(name)) from.add(name);
  }
  return [...from].sort((a, b) => (position.get(a) as number) - (position.get(b) as number));
}

function childrenOf(parents: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const children = new Map<string, string[]>([...parents.keys()].map((name) => [name, []]));
  for (const [name, from] of parents) {
    for (const parent of from) children.get(parent)?.push(name);
  }
  return children;
}

/** Kahn's algorithm. Shorter than `names` when there is a cycle. */
function sorted(
  names: readonly string[],
  parents: ReadonlyMap<string, readonly string[]>,
  children: ReadonlyMap<string, readonly string[]>,
): string[] {
  const open = new Map(names.map((name) => [name, parents.get(name)?.length ?? 0]));
  const order = names.filter((name) => open.get(name) === 0);
  // The list grows while it is walked.
  for (const name of order) {
    for (const child of children.get(name) ?? []) {
      const left = (open.get(child) as number) - 1;
      open.set(child, left);
      if (left === 0) order.push(child);
    }
  }
  return order;
}

/** Names one cycle: among what could not be ordered, every node has such a parent, so going up meets itself. */
function cycleError(
  doc: string,
  names: readonly string[],
  parents: ReadonlyMap<string, readonly string[]>,
  ordered: ReadonlySet<string>,
): InvalidRequestError {
  const seen = new Map<string, number>();
  const way: string[] = [];
  let name = names.find((candidate) => !ordered.has(candidate)) as string;
  while (!seen.has(name)) {
    seen.set(name, way.length);
    way.push(name);
    name = parents.get(name)?.find((parent) => !ordered.has(parent)) as string;
  }
  const cycle = way.slice(seen.get(name)).reverse();
  const first = names.find((candidate) => cycle.includes(candidate)) as string;
  const at = cycle.indexOf(first);
  const turned = [...cycle.slice(at), ...cycle.slice(0, at), first];
  return new InvalidRequestError(
    `${doc}.nodes${segmentText(first)}`,
    undefined,
    `must not come after itself: ${listed(turned, " → ")}`,
  );
}
