/**
 * The plan while it is written, and its parts as the canvases around them see them.
 */
import { InvalidRequestError } from "../errors.ts";
import type { JoinId, NodeId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import type { Next, Plan, PlanJoin, PlanNode, Source, Start } from "./types.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a unit ends with. */
export type Exit = { readonly kind: "node"; readonly node: NodeId } | { readonly kind: "join"; readonly join: JoinId };

/** A compiled workflow: what starts it, what its success is, and where its value is. What follows is attached later. */
export interface Unit {
  readonly starts: readonly Next[];
  readonly exit: Exit;
  readonly value: Source;
  /** What the next link of a chain gets. Not the value of a sleep, but what came before it: null where nothing did. */
  readonly gives: Source | null;
}

/** A plan in the making. */
export interface Draft {
  readonly nodes: Record<NodeId, Mutable<PlanNode>>;
  readonly joins: Record<JoinId, Mutable<PlanJoin>>;
  readonly members: Record<JoinId, readonly Source[]>;
  readonly releases: Record<JoinId, readonly Start[]>;
  /** Counted, since counting the keys each time would be quadratic. */
  tasks: number;
}

/**
 * Longest path, in bytes: it is part of sort keys, which DynamoDB limits to 1,024
 * (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>); the rest is for prefixes and numbers.
 */
const pathBytes = 900;

export function newDraft(): Draft {
  return { nodes: {}, joins: {}, members: {}, releases: {}, tasks: 0 };
}

/** Adds a node that nothing follows yet. */
export function addNode(draft: Draft, node: PlanNode, doc: string): void {
  checkPath(node.id, doc);
  if (++draft.tasks > limits.tasksPerRun) {
    throw new InvalidRequestError(doc, undefined, `must not be there: a run has at most ${limits.tasksPerRun} tasks`);
  }
  draft.nodes[node.id] = node;
}

/** Adds a join that nothing follows yet, and that releases nothing. */
export function addJoin(draft: Draft, join: PlanJoin, members: readonly Unit[], doc: string): void {
  checkPath(join.id, doc);
  draft.joins[join.id] = join;
  draft.members[join.id] = members.map((unit) => unit.value);
  draft.releases[join.id] = [];
}

function checkPath(path: string, doc: string): void {
  if (path.length > pathBytes) {
    throw new InvalidRequestError(
      doc,
      undefined,
      `must have a path of at most ${pathBytes} bytes, not ${path.length}: use shorter names of dag nodes`,
    );
  }
}

/**
 * Says what the success of a unit sets in motion. Called once for every unit.
 *
 * A node whose own value fills one slot, and that does nothing else, gets its place there: one write for both.
 */
export function attach(draft: Draft, unit: Unit, next: readonly Next[]): void {
  if (unit.exit.kind === "join") {
    (draft.joins[unit.exit.join] as Mutable<PlanJoin>).next = next;
    return;
  }
  const node = draft.nodes[unit.exit.node] as Mutable<PlanNode>;
  const only = next.length === 1 ? next[0] : undefined;
  const ownValue = unit.value.kind === "node" && unit.value.node === node.id;
  if (only?.kind === "slot" && ownValue) node.slot = { join: only.join, index: only.index };
  else node.next = next;
}

/** The plan as it is handed out. */
export function finished(draft: Draft, root: Unit, messagesPerRange: number): Plan {
  const { nodes, joins, members, releases } = draft;
  const callback = root.gives?.kind === "node" ? root.gives.node : null;
  return {
    version: 1,
    messagesPerRange,
    nodes,
    joins,
    start: root.starts,
    output: root.value,
    callback,
    members,
    releases,
  };
}
