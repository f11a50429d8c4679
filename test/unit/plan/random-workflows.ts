/**
 * Random workflows of every canvas, with dags whose names differ from those around them.
 */
import fc from "fast-check";
import type { Json } from "../../../lib/model/json.ts";
import type { DagNode, MapWorkflow, Task, Workflow } from "../../../lib/model/workflow.ts";

/** A workflow before its tasks and dag nodes have names. */
type Tree =
  | { readonly kind: "task"; readonly immutable: boolean }
  | { readonly kind: "sleep" }
  | { readonly kind: "chain" | "group"; readonly parts: readonly Tree[] }
  | Mapped
  | {
      readonly kind: "chord";
      readonly parts: readonly Tree[] | Mapped;
      readonly callback: Tree | null;
      readonly settled: boolean;
      readonly onError: boolean;
    }
  | { readonly kind: "dag"; readonly nodes: readonly TreeNode[]; readonly output: number | null };

interface Mapped {
  readonly kind: "map";
  readonly part: Tree;
  readonly items: readonly Json[];
  readonly maxConcurrency: number | null;
}

/** `edges` has two bits for each earlier node: none, after, result, both. */
interface TreeNode {
  readonly part: Tree;
  readonly edges: number;
}

const trees = fc.letrec<{ tree: Tree; mapped: Mapped; node: TreeNode }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: "medium", withCrossShrink: true },
    fc.record({ kind: fc.constant("task" as const), immutable: fc.boolean() }),
    fc.record({ kind: fc.constant("sleep" as const) }),
    fc.record({ kind: fc.constant("chain" as const), parts: fc.array(tie("tree"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("group" as const), parts: fc.array(tie("tree"), { maxLength: 3 }) }),
    tie("mapped"),
    fc.record({
      kind: fc.constant("chord" as const),
      parts: fc.oneof(fc.array(tie("tree"), { maxLength: 3 }), tie("mapped")),
      callback: fc.option(tie("tree")),
      settled: fc.boolean(),
      onError: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("dag" as const),
      nodes: fc.array(tie("node"), { minLength: 1, maxLength: 4 }),
      output: fc.option(fc.nat(3)),
    }),
  ),
  mapped: fc.record({
    kind: fc.constant("map" as const),
    part: tie("tree"),
    items: fc.array(fc.constantFrom<Json>(1, null, "x", { $result: "no" }), { maxLength: 3 }),
    maxConcurrency: fc.option(fc.integer({ min: 1, max: 4 })),
  }),
  node: fc.record({ part: tie("tree"), edges: fc.nat(63) }),
}));

/** Valid workflow documents. */
export const workflows: fc.Arbitrary<Workflow> = trees.tree.map((tree) => documentOf(tree, { dags: 0 }));

function documentOf(tree: Tree, count: { dags: number }): Workflow {
  switch (tree.kind) {
    case "task":
      return { task: "a", ...(tree.immutable ? { immutable: true } : {}) };
    case "sleep":
      return { sleep: 5 };
    case "chain":
      return { chain: tree.parts.map((part) => documentOf(part, count)) };
    case "group":
      return { group: tree.parts.map((part) => documentOf(part, count)) };
    case "map":
      return mapOf(tree, count);
    case "chord":
      return {
        chord: {
          header: "kind" in tree.parts ? mapOf(tree.parts, count) : tree.parts.map((part) => documentOf(part, count)),
          ...(tree.callback === null ? {} : { callback: documentOf(tree.callback, count) }),
          ...(tree.settled ? { when: "all-settled" } : {}),
          ...(tree.onError ? { onError: { task: "b" } } : {}),
        },
      };
    case "dag":
      return dagOf(tree, count);
  }
}

function mapOf({ part, items, maxConcurrency }: Mapped, count: { dags: number }): MapWorkflow {
  const each = documentOf(part, count);
  return { map: { each, over: [...items], ...(maxConcurrency === null ? {} : { maxConcurrency }) } };
}

function dagOf({ nodes, output }: Extract<Tree, { kind: "dag" }>, count: { dags: number }): Workflow {
  const dag = count.dags++;
  const name = (i: number) => `d${dag}n${i}`;
  const documents = nodes.map(({ part, edges }, i): DagNode => {
    const node: DagNode = documentOf(part, count);
    const after: string[] = [];
    for (let from = 0; from < i; from++) {
      const kind = (edges >> (2 * from)) & 3;
      const task = kind >= 2 ? lastTaskOf(node) : undefined;
      if (task) task.args = [...(task.args ?? []), { x: { $result: name(from) } }, { $result: name(from) }];
      if (kind === 1 || kind === 3) after.push(name(from), name(from));
    }
    return after.length > 0 ? { ...node, after } : node;
  });
  return {
    dag: {
      nodes: Object.fromEntries(documents.map((node, i) => [name(i), node])),
      ...(output === null || output >= nodes.length ? {} : { output: name(output) }),
    },
  };
}

/** Some task inside, to put a reference into; undefined when there is none. */
function lastTaskOf(workflow: DagNode): Task | undefined {
  if ("task" in workflow) return workflow;
  return partsOf(workflow)
    .map(lastTaskOf)
    .findLast((task) => task !== undefined);
}

/** The workflows directly inside a canvas. */
export function partsOf(workflow: DagNode): readonly DagNode[] {
  if ("task" in workflow || "sleep" in workflow) return [];
  if ("chain" in workflow) return workflow.chain;
  if ("group" in workflow) return workflow.group;
  if ("dag" in workflow) return Object.values(workflow.dag.nodes);
  if ("map" in workflow) return copiesOf(workflow);
  const { header, callback, onError } = workflow.chord;
  const members = Array.isArray(header) ? header : copiesOf(header);
  return [...members, ...(callback ? [callback] : []), ...(onError ? [onError] : [])];
}

/** The template of a map, once for each item; once where these are not known yet. */
export function copiesOf({ map }: MapWorkflow): readonly Workflow[] {
  return Array.isArray(map.over) ? map.over.map(() => map.each) : [map.each];
}

/** Number of tasks, error callbacks and sleeps included. */
export function tasksIn(workflow: DagNode): number {
  return "task" in workflow || "sleep" in workflow
    ? 1
    : partsOf(workflow).reduce((sum, part) => sum + tasksIn(part), 0);
}
