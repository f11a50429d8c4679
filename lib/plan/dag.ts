/**
 * Turns a dag into units of the plan.
 */
import { InvalidRequestError } from "../errors.ts";
import { segmentText } from "../model/document-path.ts";
import type { JoinId } from "../model/ids.ts";
import type { Dag, DagNode, NodeCondition } from "../model/workflow.ts";
import { graphOf } from "./dag-graph.ts";
import { freeNames } from "./free-names.ts";
import { joinOf, joinUnit } from "./joins.ts";
import { below, type Compilation, type Place, type Scope } from "./place.ts";
import { sourceIn } from "./task-node.ts";
import type { Condition, Next, PlanJoin, PlanNode, Source } from "./types.ts";
import { addJoin, attach, type Draft, type Exit, type Mutable, type Unit } from "./units.ts";

/** Compiles one node; handed in, since nodes are any workflow. */
type CompilePart = (context: Compilation, workflow: DagNode, place: Place) => Unit;

/**
 * Compiles a dag. A node with one parent follows it directly; one with several follows a join of them, and so does the end
 * of a dag with several sinks.
 */
export function compileDag(context: Compilation, { dag }: Dag, place: Place, compilePart: CompilePart): Unit {
  const doc = `${place.doc}.dag`;
  const graph = graphOf(dag, doc, (node, at) => freeNames(node, at, context.names));
  const values = new Map<string, Source>();
  const scope: Scope = { names: new Set(Object.keys(dag.nodes)), values, outer: place.scope };
  const units = new Map<string, Unit>();
  const next = new Map<string, Next[]>(graph.order.map((name) => [name, []]));
  const inside: Place = { ...place, input: null, role: "plain", scope };
  const starts: Next[] = [];
  for (const name of graph.order) {
    const parents = graph.parents.get(name) ?? [];
    const at: Place = { ...inside, path: below(place.path, name), doc: `${doc}.nodes${segmentText(name)}` };
    const after = joinUnits(context, parents, { id: `${at.path}@after`, skipped: "any", units, next, place: at });
    const node = dag.nodes[name] as DagNode;
    const unit = compilePart(context, node, {
      ...at,
      releasedBy: after === null ? place.releasedBy : after.exit,
    });
    if ("if" in node && node.if !== undefined) {
      const doc = `${at.doc}.if`;
      addCondition(context.draft, unit, { ...conditionOf(node.if, scope, doc), doc });
    }
    if (after === null) starts.push(...unit.starts);
    else after.follow(unit.starts);
    units.set(name, unit);
    values.set(name, unit.value);
  }
  const end = joinUnits(context, graph.sinks, { id: `${place.path || "."}@end`, skipped: "all", units, next, place });
  for (const [name, unit] of units) {
    const follows = next.get(name) as Next[];
    if (follows.length > 0) attach(context.draft, unit, follows);
  }
  const object: Source = { kind: "object", entries: graph.sinks.map((name) => [name, values.get(name) as Source]) };
  const value = dag.output === undefined ? object : (values.get(dag.output) as Source);
  return { starts, exit: (end as { exit: Exit }).exit, value, gives: value };
}

/** Everything that a node starts with has its condition: when that is skipped, so is what follows. */
function addCondition(
  draft: Draft,
  { starts }: Unit,
  { doc, ...condition }: Condition & { readonly doc: string },
): void {
  for (const start of starts) {
    if (start.kind === "node" && draft.nodes[start.node]?.sleep)
      throw new InvalidRequestError(
        doc,
        undefined,
        "must not be there: a sleep is the first that follows, and has no condition",
      );
    const units: Readonly<Record<string, Mutable<PlanNode> | Mutable<PlanJoin>>> =
      start.kind === "node" ? draft.nodes : draft.joins;
    const unit = start.kind === "node" ? units[start.node] : start.kind === "join" ? units[start.join] : undefined;
    if (unit) unit.if = [condition, ...(unit.if ?? [])];
  }
}

function conditionOf({ $result, path, equals }: NodeCondition, scope: Scope, doc: string): Condition {
  const of = sourceIn(scope, $result, `${doc}.$result`);
  return { name: $result, of, ...(path === undefined ? {} : { path }), equals };
}

/** What joining nodes of a dag needs. */
interface Joining {
  readonly id: JoinId;
  readonly skipped: NonNullable<PlanJoin["skipped"]>;
  readonly units: ReadonlyMap<string, Unit>;
  /** What follows each node; added to. */
  readonly next: ReadonlyMap<string, Next[]>;
  readonly place: Place;
}

/**
 * What has ended when all the named nodes have: none, the one, or a join of several.
 *
 * Such a join is no one's to decide *error*: its members fail to what encloses the dag, and so does it.
 */
function joinUnits(context: Compilation, names: readonly string[], { id, skipped, units, next, place }: Joining) {
  const [first] = names;
  if (first === undefined) return null;
  const members = names.map((name) => units.get(name) as Unit);
  if (names.length === 1) {
    const follow = (starts: readonly Next[]) => void next.get(first)?.push(...starts);
    return { exit: (members[0] as Unit).exit, follow };
  }
  addJoin(
    context.draft,
    {
      ...joinOf(context, id, { kind: "dag", size: names.length, failure: place.failure, releasedBy: null }),
      skipped,
    },
    members,
    place.doc,
  );
  for (const [index, name] of names.entries()) next.get(name)?.push({ kind: "slot", join: id, index });
  const unit = joinUnit(id);
  return { exit: unit.exit, follow: (starts: readonly Next[]) => attach(context.draft, unit, starts) };
}
