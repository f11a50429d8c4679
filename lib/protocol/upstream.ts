/**
 * What an unsettled member waits for: the units before it that are open now.
 *
 * A walk against the edges of the plan, from a unit that has not started to those that have. Linear in the plan for all
 * members together, since every unit is walked once; without recursion, since a chain may be as long as a run.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Next, Plan, PlanNode, Source, Start } from "../plan/types.ts";
import type { Released } from "./released.ts";
import { decided, joinOf, nodeOf, type Snapshot, slotOf } from "./snapshot.ts";
import { beforeTurn } from "./turn.ts";

/** What keeps a member from its outcome. */
export type Blocker =
  /** A released task without an outcome. */
  | { readonly kind: "node"; readonly node: PlanNode; readonly sinceMs: number }
  /** A chord or group that is not decided: what it waits for is said of itself. */
  | { readonly kind: "join"; readonly join: JoinId }
  /** Released, and not sent yet: in a range that nobody has sent, or behind others of its lane. `start`: of the whole run. */
  | { readonly kind: "unsent"; readonly list: JoinId | "start" }
  /** A header whose condition nobody has looked at. */
  | { readonly kind: "condition"; readonly join: JoinId }
  /** Everything before it is recorded, and it has not followed: a finding says which write is missing. */
  | { readonly kind: "not-driven" };

type Unit = `node:${NodeId}` | `join:${JoinId}` | `header:${JoinId}` | "start";
type Looked = { readonly blockers: readonly Blocker[] } | { readonly before: readonly Unit[] };

/** Finds the blockers of sources of members, or of any unit. */
export interface Upstream {
  of(source: Source): readonly Blocker[];
}

export function upstreamOf(snapshot: Snapshot, released: Released): Upstream {
  let edges: ReturnType<typeof edgesAgainst> | undefined;
  /** Most members have started, and need no edge. */
  const previous = (unit: Unit): readonly Unit[] => {
    edges ??= edgesAgainst(snapshot.plan);
    return edges.get(unit) ?? [];
  };
  const known = new Map<Unit, readonly Blocker[]>([["start", [{ kind: "unsent", list: "start" }]]]);

  const isEarly = beforeTurn(snapshot);
  const startedNode = (id: NodeId): Blocker | undefined => {
    const sinceMs = released.nodes.get(id);
    if (sinceMs === undefined) return undefined;
    const node = nodeOf(snapshot, id);
    return slotOf(snapshot, node).state === "settled" ? { kind: "not-driven" } : { kind: "node", node, sinceMs };
  };

  const look = (unit: Unit): Looked => {
    const id = unit.slice(unit.indexOf(":") + 1);
    if (unit.startsWith("node:")) {
      const blocker = startedNode(id);
      return blocker === undefined ? { before: previous(unit) } : { blockers: [blocker] };
    }
    if (unit.startsWith("join:")) {
      const join = joinOf(snapshot, id);
      const decision = decided(snapshot, join);
      if (decision === "callback" && isEarly(join)) return { before: [`header:${id}`] };
      if (decision !== undefined) return { blockers: [{ kind: "not-driven" }] };
      if (join.kind === "dag") return { before: (snapshot.plan.members[id] ?? []).flatMap(unitsIn) };
      return released.joins.has(id) ? { blockers: [{ kind: "join", join: id }] } : { before: [`header:${id}`] };
    }
    if (released.joins.has(id)) return { blockers: [{ kind: "unsent", list: id }] };
    if (released.conditional.has(id)) return { blockers: [{ kind: "condition", join: id }] };
    return { before: previous(unit) };
  };

  const walk = (from: Unit): readonly Blocker[] => {
    const open: Unit[] = [from];
    const begun = new Set<Unit>();
    for (let unit = open.at(-1); unit !== undefined; unit = open.at(-1)) {
      const looked = known.has(unit) ? undefined : look(unit);
      if (looked === undefined) open.pop();
      else if ("blockers" in looked) known.set(unit, looked.blockers);
      else if (begun.has(unit)) known.set(unit, together(looked.before.map((one) => known.get(one) ?? [])));
      else {
        begun.add(unit);
        open.push(...looked.before.filter((one) => !known.has(one) && !begun.has(one)));
      }
    }
    return known.get(from) ?? [];
  };

  return {
    of(source) {
      const started = source.kind === "node" ? startedNode(source.node) : undefined;
      return started === undefined ? together(unitsIn(source).map(walk)) : [started];
    },
  };
}

/** Several lists as one, without repeats. */
function together(lists: readonly (readonly Blocker[])[]): readonly Blocker[] {
  const [only] = lists;
  return lists.length === 1 && only !== undefined ? only : [...new Set(lists.flat())];
}

function unitsIn(source: Source): readonly Unit[] {
  switch (source.kind) {
    case "node":
      return [`node:${source.node}`];
    case "join":
    case "failures":
      return [`join:${source.join}`];
    case "object":
      return source.entries.flatMap(([, one]) => unitsIn(one));
    case "item":
      return [];
  }
}

/** For every unit, what starts it. */
function edgesAgainst(plan: Plan): ReadonlyMap<Unit, readonly Unit[]> {
  const before = new Map<Unit, Unit[]>();
  const add = (from: Unit, starts: readonly Start[]) => {
    for (const to of starts.flatMap((start) => started(plan, start))) {
      const units = before.get(to);
      if (units === undefined) before.set(to, [from]);
      else units.push(from);
    }
  };
  add("start", plan.start);
  for (const node of Object.values(plan.nodes)) add(`node:${node.id}`, node.next);
  for (const join of Object.values(plan.joins)) {
    add(`join:${join.id}`, join.next);
    if (join.onError !== null) add(`join:${join.id}`, [{ kind: "node", node: join.onError }]);
    add(`header:${join.id}`, plan.releases[join.id] ?? []);
  }
  return before;
}

function started(plan: Plan, start: Start): readonly Unit[] {
  switch (start.kind) {
    case "node":
      return [`node:${start.node}`];
    case "join":
      return [`header:${start.join}`];
    case "pack":
      return start.members.flatMap((index) => {
        const source = plan.members[start.join]?.[index];
        return source === undefined ? [] : unitsIn(source);
      });
    case "slot":
    case "end":
      // The one is filled, the other reached: neither starts anything.
      return [];
  }
}

/** The join whose decision starts a node: of its callback, or of its error callback. */
export function joinBefore(plan: Plan, id: NodeId): JoinId | null {
  const starts = (next: readonly Next[]) => next.some((one) => one.kind === "node" && one.node === id);
  return Object.values(plan.joins).find(({ next, onError }) => onError === id || starts(next))?.id ?? null;
}
