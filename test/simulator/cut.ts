/**
 * Workflows made smaller, a step at a time. A step has a number, so that a command can repeat it.
 */
import type { DagNode, Workflow } from "../../lib/model/workflow.ts";

/** Carries steps out, one after the other; undefined where a whole workflow is gone. */
export function cut(workflows: readonly Workflow[], steps: readonly number[]): (Workflow | undefined)[] {
  return steps.reduce<(Workflow | undefined)[]>((now, step) => smaller(now)[step] ?? now, [...workflows]);
}

/** Every next step: the last workflow left out, or one thing less in one of them. */
export function smaller(workflows: readonly (Workflow | undefined)[]): (Workflow | undefined)[][] {
  const [first, ...others] = workflows;
  const without = others.some((one) => one !== undefined) ? [[first, ...others.map(() => undefined)]] : [];
  const inside = workflows.flatMap((workflow, at) =>
    workflow === undefined ? [] : smallerThan(workflow).map((one) => workflows.map((old, i) => (i === at ? one : old))),
  );
  return [...without, ...inside];
}

/** The parts of it in its place first, since those are much smaller. */
function smallerThan(workflow: DagNode): Workflow[] {
  if ("task" in workflow) return plainer(workflow);
  if ("sleep" in workflow) return [{ task: "a" }];
  if ("chain" in workflow) return ofList(workflow.chain, (chain) => ({ ...workflow, chain }), 1);
  if ("group" in workflow) return ofList(workflow.group, (group) => ({ ...workflow, group }), 0);
  if ("map" in workflow) {
    const { each, over, ...more } = workflow.map;
    const inside = smallerThan(each).map((one) => ({ ...workflow, map: { ...workflow.map, each: one } }));
    if (!Array.isArray(over)) return [each, ...inside];
    const fewer = { ...workflow, map: { each, over: over.slice(1), ...more } };
    return [each, ...(over.length > 0 ? [fewer] : []), ...inside];
  }
  if ("chord" in workflow) return ofChord(workflow);
  return ofDag(workflow);
}

function ofList(parts: readonly Workflow[], made: (parts: Workflow[]) => Workflow, least: number): Workflow[] {
  const fewer = parts.length > least ? parts.map((_, at) => made(parts.filter((_, i) => i !== at))) : [];
  const within = parts.flatMap((part, at) =>
    smallerThan(part).map((one) => made(parts.map((old, i) => (i === at ? one : old)))),
  );
  return [...parts, ...fewer, ...within];
}

function ofChord(workflow: Extract<Workflow, { chord: unknown }>): Workflow[] {
  const { header, callback, onError, ...more } = workflow.chord;
  const optional = { ...(callback ? { callback } : {}), ...(onError ? { onError } : {}) };
  const made = (changed: object): Workflow => ({ chord: { header, ...optional, ...more, ...changed } }) as Workflow;
  const headers = Array.isArray(header)
    ? ofList(header, (parts) => made({ header: parts }), 0)
    : [header, ...smallerThan(header).flatMap((one) => ("map" in one ? [made({ header: one })] : [one]))];
  return [
    ...headers,
    ...(callback ? [{ chord: { header, ...(onError ? { onError } : {}), ...more } } as Workflow] : []),
    ...(callback ? smallerThan(callback).map((one) => made({ callback: one })) : []),
    ...(onError ? [{ chord: { header, ...(callback ? { callback } : {}), ...more } } as Workflow] : []),
  ];
}

/** Its last node, which nothing uses, left out; and its nodes made smaller. */
function ofDag(workflow: Extract<DagNode, { dag: unknown }>): Workflow[] {
  const { nodes } = workflow.dag;
  const names = Object.keys(nodes);
  const made = (changed: Record<string, DagNode>): Workflow => ({ dag: { nodes: changed } });
  const fewer = Object.fromEntries(names.slice(0, -1).map((name) => [name, nodes[name] as DagNode]));
  const within = names.flatMap((name) => {
    const { after, ...node } = nodes[name] as DagNode & { after?: readonly string[] };
    if (usesResults(node)) return [];
    return smallerThan(node as Workflow).map((one) =>
      made({ ...nodes, [name]: after ? { ...one, after } : one } as never),
    );
  });
  return [...(names.length > 1 ? [made(fewer)] : []), ...within];
}

const usesResults = (node: object) => JSON.stringify(node).includes('"$result"');

/** A task that only succeeds, or takes no time. */
function plainer(workflow: Extract<DagNode, { task: unknown }>): Workflow[] {
  const { task, headers, ...more } = workflow;
  const isPlain = Object.keys(workflow).length === 1;
  const { does, seconds: _, ...value } = headers ?? {};
  const quick =
    headers?.seconds === undefined ? [] : [{ ...workflow, headers: { ...(does ? { does } : {}), ...value } }];
  const kept = "args" in more ? { args: more.args } : {};
  return isPlain ? [] : [{ task, ...kept } as Workflow, ...(quick as Workflow[])];
}
