/**
 * The picture of a run: its tasks, chords and groups with their states, what follows what, and the runs of its maps. Pure, but
 * for the reads of {@link graphOf}.
 */
import type { TaskStatus } from "../model/outcome.ts";
import type { GraphEdge, GraphReport, GraphUnit } from "../model/view-reports.ts";
import type { Next, PlanJoin, Start } from "../plan/types.ts";
import { isTombstone } from "../protocol/head.ts";
import type { Snapshot } from "../protocol/snapshot.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import { type Branch, membersOf, type Tree, treeOf } from "./graph-tree.ts";
import { isoOrNull, isoTime } from "./project.ts";
import { findHead } from "./runs.ts";
import { schemaVersion } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** How to show a run. */
export interface GraphOptions {
  /** Chords and groups with more members than that are folded. @default 10 */
  readonly foldAbove?: number;
}

const defaultFoldAbove = 10;
/** Runs of maps that are read, in all, and how deep they may lie in each other. */
const maxChildren = 20;
const maxDepth = 5;

/** Reads a run and the runs of its maps. @throws RunNotFoundError, RunRemovedError */
export async function graphOf(reading: Reading, id: string, options: GraphOptions): Promise<GraphReport> {
  const head = await findHead(reading.store, id);
  const budget = { left: maxChildren };
  const read = async (snapshot: Snapshot, depth: number): Promise<GraphReport> => {
    const report = graphReport(snapshot, {
      nowMs: reading.clock.now(),
      foldAbove: options.foldAbove ?? defaultFoldAbove,
    });
    const children: GraphReport[] = [];
    for (const { run } of report.units) {
      if (run === null || depth >= maxDepth || budget.left-- <= 0) continue;
      const child = await readHead(reading.store, run);
      if (child === undefined || isTombstone(child)) continue;
      children.push(await read(await readSnapshot(reading.store, reading.plans, child), depth + 1));
    }
    return { ...report, children };
  };
  return read(await readSnapshot(reading.store, reading.plans, head), 0);
}

/** One run, without the runs of its maps. */
export function graphReport(
  snapshot: Snapshot,
  { nowMs, foldAbove }: { readonly nowMs: number; readonly foldAbove: number },
): GraphReport {
  const { head, plan } = snapshot;
  const tree = treeOf(snapshot, foldAbove);
  return {
    schemaVersion,
    at: isoTime(nowMs),
    run: {
      id: head.runId,
      name: head.name ?? null,
      status: head.status,
      generation: head.generation,
      submittedAt: isoTime(head.submittedAtMs),
      finishedAt: isoOrNull(head.endedAtMs),
      pausedAt: isoOrNull(head.pausedAtMs),
      tasks: Object.keys(plan.nodes).length,
      states: tree.states,
      error: head.error ?? null,
    },
    units: tree.top.flatMap((branch) => unitsOf(branch, null)),
    edges: edgesOf(snapshot, tree),
    children: [],
  };
}

function unitsOf(branch: Branch, parent: string | null): GraphUnit[] {
  const { unit, finishedMs, children } = branch;
  const { id, role, kind, ...rest } = unit;
  const own: GraphUnit = {
    id,
    parent,
    role,
    kind,
    ...rest,
    members: membersOf(branch),
    status: joinStatus(unit) ?? statusOfAll(unit.states),
    finishedAt: isOpen(unit.states) || finishedMs === 0 ? null : isoTime(finishedMs),
  };
  return [own, ...children.flatMap((child) => unitsOf(child, id))];
}

const openStatuses = ["WAITING", "QUEUED", "RUNNING", "RETRYING"] as const;

function isOpen(states: GraphUnit["states"]): boolean {
  return openStatuses.some((status) => (states[status] ?? 0) > 0);
}

/** Chords and groups: what they are decided with, or under way. A failure that they absorb is none of theirs. */
function joinStatus({ join, count, states }: Branch["unit"]): TaskStatus | undefined {
  const { callback = 0, error = 0, skipped = 0 } = join?.decisions ?? {};
  if (join === null) return undefined;
  if (error === 0 && callback + skipped < count) {
    const { FAILED: _failed, TIMED_OUT: _timedOut, REVOKED: _revoked, ...others } = states;
    return isOpen(states) ? statusOfAll(others) : undefined;
  }
  return error > 0 ? "FAILED" : callback > 0 ? "SUCCEEDED" : "SKIPPED";
}

/** One word for many tasks: the worst of what has failed, else what is under way. */
export function statusOfAll(states: GraphUnit["states"]): TaskStatus {
  const has = (status: TaskStatus) => (states[status] ?? 0) > 0;
  const first = (["FAILED", "TIMED_OUT", "REVOKED", "RETRYING", "RUNNING"] as const).find(has);
  if (first !== undefined) return first;
  if (has("QUEUED")) return has("SUCCEEDED") ? "RUNNING" : "QUEUED";
  if (has("WAITING")) return has("SUCCEEDED") ? "RUNNING" : "WAITING";
  return has("SUCCEEDED") || !has("SKIPPED") ? "SUCCEEDED" : "SKIPPED";
}

/** What follows what, between the units that are shown. Joins of a dag are no units: what they wait for leads on. */
function edgesOf({ plan }: Snapshot, tree: Tree): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  const add = (from: string, to: string, kind: GraphEdge["kind"]) => {
    const [a, b] = [tree.branchOf(from), tree.branchOf(to)];
    if (a === undefined || b === undefined || a === b) return;
    edges.set(`${a.unit.id} ${b.unit.id} ${kind}`, { from: a.unit.id, to: b.unit.id, kind });
  };
  const dagNext = (id: string): readonly Next[] => (plan.joins[id]?.kind === "dag" ? plan.joins[id].next : []);
  const follow = (from: string, next: Next | Start) => {
    switch (next.kind) {
      case "node":
        return add(from, next.node, "then");
      case "join":
        return startsOf(plan.joins[next.join], plan.releases[next.join]).forEach((start) => void follow(from, start));
      case "pack":
        return next.members.forEach((index) => {
          const source = plan.members[next.join]?.[index];
          if (source?.kind === "node") add(from, source.node, "then");
        });
      case "slot":
        return arrive(from, next.join);
      case "end":
        return;
    }
  };
  const arrive = (from: string, join: string) => {
    if (plan.joins[join]?.kind !== "dag") return add(from, join, "member");
    for (const next of dagNext(join)) follow(from, next);
  };
  const startsOf = (join: PlanJoin | undefined, starts: readonly Start[] = []): readonly (Next | Start)[] =>
    join?.size === 0 ? join.next : starts;
  for (const node of Object.values(plan.nodes)) {
    if (node.slot !== null) arrive(node.id, node.slot.join);
    for (const next of node.next) follow(node.id, next);
  }
  for (const join of Object.values(plan.joins)) {
    if (join.kind === "dag") continue;
    for (const next of join.next) follow(join.id, next);
    if (join.onError !== null) add(join.id, join.onError, "error");
  }
  return [...edges.values()];
}
