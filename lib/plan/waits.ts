/**
 * How long a plan waits, and whether its deadlines leave room for that: a deadline that ends a run in its sleep would do
 * so silently, days later.
 *
 * Times are the earliest possible: as if tasks took none.
 */
import { InvalidRequestError } from "../errors.ts";
import type { JoinId, NodeId } from "../model/ids.ts";
import { limits } from "../model/limits.ts";
import { mayWait, startMs } from "../model/start-time.ts";
import type { Compilation } from "./place.ts";
import type { Next, Plan, PlanJoin, PlanNode, Start } from "./types.ts";
import type { Mutable } from "./units.ts";

/** Times in ms after the submit. */
interface EarliestTimes {
  readonly nodes: ReadonlyMap<NodeId, number>;
  /** Of headers: their release, and the arrival of their last member. */
  readonly released: ReadonlyMap<JoinId, number>;
  readonly full: ReadonlyMap<JoinId, number>;
}

/** How long a run of the plan waits at least, in ms. Error callbacks are not in it: they may start after the end. */
export function longestWaitMs(plan: Plan, nowMs: number | undefined): number {
  if (!Object.values(plan.nodes).some(mayWait)) return 0;
  return [...earliestTimes(plan, nowMs).nodes.values()].reduce((longest, atMs) => Math.max(longest, atMs), 0);
}

/**
 * Gives computed deadlines of chords the time that their members wait, and refuses those that leave none.
 *
 * @param deadlineSeconds - Of the run, as asked for; undefined: the default, which is counted after the longest wait.
 * @throws InvalidRequestError naming the wait, or the deadline of a chord.
 */
export function fitWaits(
  context: Compilation,
  plan: Plan,
  deadlineSeconds: number | undefined,
  nowMs: number | undefined,
): void {
  const times = earliestTimes(plan, nowMs);
  for (const [id, doc] of context.waitingAt) {
    const node = plan.nodes[id] as PlanNode;
    const waitMs = times.nodes.get(id) ?? startMs(relativeTo(node, nowMs), 0);
    checkWait({ node, doc, waitMs, deadlineSeconds });
  }
  for (const [id, { doc, isAuto }] of context.deadlineAt) {
    const join = plan.joins[id] as Mutable<PlanJoin>;
    const waitMs = (times.full.get(id) ?? 0) - (times.released.get(id) ?? 0);
    fitDeadline(join, { doc, isAuto, waitSeconds: Math.ceil(waitMs / 1000) });
  }
}

interface NodeWait {
  readonly node: PlanNode;
  readonly doc: string;
  readonly waitMs: number;
  readonly deadlineSeconds: number | undefined;
}

function checkWait({ node, doc, waitMs, deadlineSeconds }: NodeWait): void {
  const waitSeconds = Math.ceil(waitMs / 1000);
  if (waitSeconds > limits.delaySeconds) {
    const rule = `must be over ${limits.delaySeconds} s after the submit at the latest, with what it waits for: it would be after ${waitSeconds} s`;
    throw new InvalidRequestError(doc, undefined, rule);
  }
  if (deadlineSeconds === undefined || node.afterEnd || waitSeconds < deadlineSeconds) return;
  const rule = `must be over before the run's deadlineSeconds of ${deadlineSeconds}: with what it waits for it takes ${waitSeconds} s at least`;
  throw new InvalidRequestError(doc, undefined, rule);
}

function fitDeadline(
  join: Mutable<PlanJoin>,
  { doc, isAuto, waitSeconds }: { readonly doc: string; readonly isAuto: boolean; readonly waitSeconds: number },
): void {
  const asked = join.deadlineSeconds as number;
  const seconds = isAuto ? asked + waitSeconds : asked;
  if (waitSeconds >= seconds) {
    throw new InvalidRequestError(doc, asked, `must be above ${waitSeconds}: its members wait that long`);
  }
  if (seconds > limits.chordDeadlineSeconds) {
    const rule = `must come out at ${limits.chordDeadlineSeconds} s at most, of which its members wait ${waitSeconds} s`;
    throw new InvalidRequestError(doc, seconds, rule);
  }
  join.deadlineSeconds = seconds;
}

/** The wait of a node in times after the submit. */
function relativeTo({ delaySeconds = 0, notBeforeMs }: PlanNode, nowMs: number | undefined) {
  return { delaySeconds, notBeforeMs: notBeforeMs === undefined || nowMs === undefined ? 0 : notBeforeMs - nowMs };
}

/** A walk from the start along successes. Linear in the number of units. */
function earliestTimes(plan: Plan, nowMs: number | undefined): EarliestTimes {
  const nodes = new Map<NodeId, number>();
  const released = new Map<JoinId, number>();
  const arrived = new Map<JoinId, { count: number; lastMs: number }>();
  const full = new Map<JoinId, number>();
  const open: { readonly start: Start; readonly atMs: number }[] = [];
  const push = (starts: readonly Start[], atMs: number) => {
    for (const start of starts) open.push({ start, atMs });
  };
  const arrive = (id: JoinId, atMs: number) => {
    const { size, next } = plan.joins[id] as PlanJoin;
    const so = arrived.get(id) ?? { count: 0, lastMs: 0 };
    const now = { count: so.count + 1, lastMs: Math.max(so.lastMs, atMs) };
    arrived.set(id, now);
    if (now.count < size) return;
    full.set(id, now.lastMs);
    push(next, now.lastMs);
  };
  const node = (id: NodeId, atMs: number) => {
    const found = plan.nodes[id] as PlanNode;
    const endMs = startMs(relativeTo(found, nowMs), atMs);
    nodes.set(id, endMs);
    if (found.slot !== null) arrive(found.slot.join, endMs);
    push(found.next as readonly Next[], endMs);
  };
  const header = (id: JoinId, atMs: number) => {
    released.set(id, atMs);
    push(plan.releases[id] ?? [], atMs);
    const { size, next } = plan.joins[id] as PlanJoin;
    if (size === 0) push(next, atMs);
  };
  push(plan.start, 0);
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { start, atMs } = step;
    if (start.kind === "node") node(start.node, atMs);
    else if (start.kind === "join") header(start.join, atMs);
    else if (start.kind === "slot") arrive(start.join, atMs);
    else if (start.kind === "pack") {
      for (const index of start.members) {
        const member = plan.members[start.join]?.[index];
        if (member?.kind === "node") node(member.node, atMs);
      }
    }
  }
  return { nodes, released, full };
}
