/**
 * From the flat plan of a run to a tree of what lies in what, by paths. Members of a large chord or group that look alike are
 * folded into one: the tree of a run of 100,000 tasks is as small as its workflow.
 */
import { taskIdOf } from "../model/ids.ts";
import type { StoredError, TaskStatus } from "../model/outcome.ts";
import type { GraphUnit } from "../model/view-reports.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import { childIn } from "../protocol/child.ts";
import { foldNumbers } from "../protocol/fold.ts";
import { type Released, releasedOf } from "../protocol/released.ts";
import { decided, memberSlot, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { statusOf } from "./project.ts";

/** A unit with what lies in it. Folding adds others to it. */
export interface Branch {
  readonly unit: Mutable<Omit<GraphUnit, "parent" | "status" | "finishedAt" | "members">>;
  /** Last part of the path: `header[3]`, `callback`. */
  readonly segment: string;
  /** Numbers of the members that it stands for. */
  readonly indices: number[];
  readonly shape: string;
  readonly children: Branch[];
  finishedMs: number;
  /** What this one was folded into. */
  into?: Branch;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Draft {
  readonly path: string;
  readonly segment: string;
  node?: PlanNode;
  join?: PlanJoin;
  readonly parts: Map<string, Draft>;
}

/** The tree, and where each task and join of the plan went. */
export interface Tree {
  readonly top: readonly Branch[];
  readonly branchOf: (path: string) => Branch | undefined;
  readonly states: Readonly<Partial<Record<TaskStatus, number>>>;
}

/** Failing tasks that are named in a unit. */
const namedFailing = 3;
const failingStatuses: readonly TaskStatus[] = ["FAILED", "TIMED_OUT", "REVOKED", "RETRYING"];

/** @param foldAbove - Chords and groups with more members than that are folded. */
export function treeOf(snapshot: Snapshot, foldAbove: number): Tree {
  const branches = new Map<string, Branch>();
  const look: Look = { snapshot, released: releasedOf(snapshot), foldAbove, branches };
  const root = draftOf(snapshot);
  const whole = branchOf(look, root);
  const isUnit = root.join !== undefined;
  return {
    top: isUnit ? [whole] : whole.children,
    branchOf: (path) => (path === "" || (path === "." && !isUnit) ? undefined : lastOf(branches.get(path))),
    states: whole.unit.states,
  };
}

function lastOf(branch: Branch | undefined): Branch | undefined {
  let last = branch;
  while (last?.into !== undefined) last = last.into;
  return last;
}

function draftOf({ plan }: Snapshot): Draft {
  const root: Draft = { path: "", segment: ".", parts: new Map() };
  const at = (path: string): Draft => {
    let draft = root;
    for (const segment of path.split("/")) {
      const known = draft.parts.get(segment);
      const below = known ?? {
        path: draft.path === "" ? segment : `${draft.path}/${segment}`,
        segment,
        parts: new Map(),
      };
      if (known === undefined) draft.parts.set(segment, below);
      draft = below;
    }
    return draft;
  };
  for (const node of Object.values(plan.nodes)) at(node.id).node = node;
  for (const join of Object.values(plan.joins)) {
    if (join.kind !== "dag") (join.id === "." ? root : at(join.id)).join = join;
  }
  return root;
}

interface Look {
  readonly snapshot: Snapshot;
  readonly released: Released;
  readonly foldAbove: number;
  readonly branches: Map<string, Branch>;
}

function branchOf(look: Look, draft: Draft, around?: PlanJoin): Branch {
  const { node, join, segment, path } = draft;
  const parts = [...draft.parts.values()].map((part) => branchOf(look, part, join));
  const isLarge = join !== undefined && join.size > look.foldAbove;
  const children = isLarge ? folded(parts) : parts;
  const role = roleOf(segment, around !== undefined);
  const own = node === undefined ? containerOf(look, draft, children, role) : taskOf(look, node, role);
  const shape = `${role === "step" ? segment : role}:${own.unit.kind}:${own.unit.title}(${children.map(({ shape: one }) => one).join(",")})`;
  const branch: Branch = { ...own, segment, indices: indicesOf(segment), shape, children };
  look.branches.set(path === "" ? "." : path, branch);
  return branch;
}

/** Those that look alike become one, at the place of the first. */
function folded(parts: readonly Branch[]): Branch[] {
  const firsts = new Map<string, Branch>();
  for (const part of parts) {
    const first = firsts.get(part.shape);
    if (first === undefined) firsts.set(part.shape, part);
    else addTo(first, part);
  }
  return [...firsts.values()];
}

function addTo(first: Branch, other: Branch): void {
  const { unit } = first;
  const added = other.unit;
  first.indices.push(...other.indices);
  other.into = first;
  unit.count += added.count;
  unit.tasks += added.tasks;
  if (unit.label !== added.label) unit.label = null;
  unit.states = sumOf(unit.states, added.states);
  unit.attempt = Math.max(unit.attempt, added.attempt);
  unit.startedAt = earliest(unit.startedAt, added.startedAt);
  first.finishedMs = Math.max(first.finishedMs, other.finishedMs);
  if (unit.failing.length < namedFailing) unit.failing = [...unit.failing, ...added.failing].slice(0, namedFailing);
  if (unit.join !== null && added.join !== null) {
    const { expected, arrived, decisions } = unit.join;
    unit.join = {
      expected: expected + added.join.expected,
      arrived: arrived + added.join.arrived,
      decisions: sumOf(decisions, added.join.decisions),
    };
  }
  for (const [i, child] of first.children.entries()) {
    const same = other.children[i];
    if (same !== undefined) addTo(child, same);
  }
}

type Own = Pick<Branch, "unit" | "finishedMs">;

function taskOf({ snapshot, released }: Look, node: PlanNode, role: GraphUnit["role"]): Own {
  const slot = slotOf(snapshot, node);
  const status = statusOf(snapshot, released, node);
  const startedMs = slot.state === "leased" || slot.state === "settled" ? slot.startedAtMs : undefined;
  const kind = node.sleep ? "sleep" : node.map ? "map" : "task";
  const error: StoredError | null = slot.state === "settled" || slot.state === "waiting" ? (slot.error ?? null) : null;
  const failing = failingStatuses.includes(status)
    ? [{ taskId: taskIdOf(snapshot.head.runId, node.id), status, error }]
    : [];
  return {
    finishedMs: slot.state === "settled" ? slot.settledAtMs : 0,
    unit: {
      id: node.id,
      role,
      kind,
      title: kind === "task" ? node.task : kind,
      label: node.label ?? null,
      count: 1,
      tasks: 1,
      states: { [status]: 1 },
      join: null,
      attempt: slot.state === "absent" ? 0 : slot.attempt,
      startedAt: startedMs === undefined ? null : new Date(startedMs).toISOString(),
      failing,
      run: node.map === undefined ? null : (childIn(slot) ?? null),
    },
  };
}

function containerOf(
  { snapshot }: Look,
  { join, path, parts }: Draft,
  children: readonly Branch[],
  role: GraphUnit["role"],
): Own {
  const isChain = [...parts.keys()].every((segment) => /^\[\d+\]$/.test(segment));
  const kind = join !== undefined && join.kind !== "dag" ? join.kind : isChain ? "chain" : "dag";
  const units = children.map(({ unit }) => unit);
  return {
    finishedMs: children.reduce((last, child) => Math.max(last, child.finishedMs), 0),
    unit: {
      id: path === "" ? "." : path,
      role,
      kind,
      title: kind,
      label: null,
      count: 1,
      tasks: units.reduce((sum, { tasks }) => sum + tasks, 0),
      states: units.reduce<GraphUnit["states"]>((sum, { states }) => sumOf(sum, states), {}),
      join: join === undefined ? null : joinOf(snapshot, join),
      attempt: units.reduce((most, { attempt }) => Math.max(most, attempt), 0),
      startedAt: units.reduce<string | null>((first, { startedAt }) => earliest(first, startedAt), null),
      failing: units.flatMap(({ failing }) => failing).slice(0, namedFailing),
      run: null,
    },
  };
}

function joinOf(snapshot: Snapshot, join: PlanJoin): GraphUnit["join"] {
  let arrived = 0;
  for (let index = 0; index < join.size; index++) if (memberSlot(snapshot, join, index).state === "settled") arrived++;
  const decision = decided(snapshot, join);
  return { expected: join.size, arrived, decisions: decision === undefined ? {} : { [decision]: 1 } };
}

function sumOf<Name extends string>(a: Partial<Record<Name, number>>, b: Partial<Record<Name, number>>) {
  const sum: Partial<Record<Name, number>> = { ...a };
  for (const name of Object.keys(b) as Name[]) sum[name] = (sum[name] ?? 0) + (b[name] ?? 0);
  return sum;
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function roleOf(segment: string, inJoin: boolean): GraphUnit["role"] {
  if (!inJoin) return "step";
  return segment === "callback" || segment === "onError" ? segment : "member";
}

function indicesOf(segment: string): number[] {
  const index = /\[(\d+)\]$/.exec(segment)?.[1];
  return index === undefined ? [] : [Number(index)];
}

/** The paths that a folded unit stands for: `header[0..249]`. */
export function membersOf({ unit, segment, indices }: Branch): string | null {
  if (unit.count === 1) return null;
  const around = unit.id.slice(0, unit.id.length - segment.length);
  const sorted = [...new Set(indices)].sort((a, b) => a - b);
  return `${around}${segment.replace(/\[\d+\]$/, "")}[${foldNumbers(sorted)}]`;
}
