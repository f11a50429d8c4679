/**
 * What a run will cost, before it is sent: an estimate.
 *
 * It assumes that every task succeeds at its first attempt, is delivered alone, and gives a result of a few bytes; that
 * batches are full where enough messages go out together; and that a single successor on the same queue is carried inline.
 * Retries, heartbeats (tasks longer than ten seconds), reads, sweeps, the work of Lambda and clean-up are not in it.
 */
import type { Next, Plan, PlanJoin, PlanNode, Start } from "./types.ts";

/** List prices of us-east-1 without free tier, in dollars. */
export const prices = {
  /** DynamoDB on demand, per write unit: <https://aws.amazon.com/dynamodb/pricing/on-demand/> (0.625 per million). */
  writeUnit: 0.625e-6,
  /** SQS standard, per request: <https://aws.amazon.com/sqs/pricing/> (0.40 per million). */
  sqsRequest: 0.4e-6,
} as const;

/** Sizes the estimate takes for granted, in bytes. */
const sizes = {
  /** Keys, generation, counter and what DynamoDB adds to an item. */
  item: 200,
  /** A slot with its lease, then with its times and a short value. */
  slot: 180,
  /** A mark and its name. */
  mark: 7,
  /** Compressed plan: measured with gzip on chords of 10 to 100,000 members with two short arguments (16–58 bytes a node). */
  planBase: 600,
  planNode: 25,
  /** DynamoDB bills writes by started kilobytes. */
  writeUnit: 1024,
} as const;

/** An estimate for a whole run. */
export interface Prediction {
  readonly writeUnits: number;
  readonly sqsRequests: number;
  /** Write units and requests at list price; Lambda's time apart. */
  readonly usd: number;
}

/** Estimates what a run of a plan writes and sends. */
export function predict(plan: Plan): Prediction {
  const writeUnits = headUnits() + planUnits(plan) + nodeUnits(plan) + joinUnits(plan);
  const sqsRequests = requestsOf(plan);
  const usd = writeUnits * prices.writeUnit + sqsRequests * prices.sqsRequest;
  return { writeUnits, sqsRequests, usd: Number(usd.toFixed(9)) };
}

/** Create and end; each is in the due index and the listing index too. */
function headUnits(): number {
  return 2 * 3;
}

function planUnits(plan: Plan): number {
  return units(sizes.planBase + sizes.planNode * Object.keys(plan.nodes).length);
}

/** Nodes with an item of their own: claim and commit. Error callbacks do not run. */
function nodeUnits(plan: Plan): number {
  const own = Object.values(plan.nodes).filter((node) => node.slot === null && !node.afterEnd);
  return own.length * 2 * units(sizes.item + sizes.slot);
}

function joinUnits(plan: Plan): number {
  let sum = 0;
  for (const join of Object.values(plan.joins)) sum += leafUnits(plan, join) + innerUnits(join);
  return sum;
}

/** Claim and commit of each slot that is a task's own, one write of each that takes over another unit's value. */
function leafUnits(plan: Plan, join: PlanJoin): number {
  let sum = 0;
  for (const [index, source] of (plan.members[join.id] ?? []).entries()) {
    const node = source.kind === "node" ? plan.nodes[source.node] : undefined;
    const writes = node?.slot?.join === join.id && node.slot.index === index ? 2 : 1;
    sum += writes * units(sizes.item + sizes.slot * ((index % join.leafSize) + 1));
  }
  return sum;
}

/** One arrival of every item below the top; the item it arrives in grows with each. */
function innerUnits(join: PlanJoin): number {
  let sum = 0;
  for (let items = Math.ceil(join.size / join.leafSize); items > 1; items = Math.ceil(items / join.fan)) {
    for (let i = 0; i < items; i++) sum += units(sizes.item + sizes.mark * ((i % join.fan) + 1));
  }
  return sum;
}

function units(bytes: number): number {
  return Math.ceil(bytes / sizes.writeUnit);
}

/** The submit, alone in its batch; then what is sent together, by ten: sends, receives, deletes. */
function requestsOf(plan: Plan): number {
  let requests = 3;
  const sent = (nodes: readonly PlanNode[]) => {
    for (const count of countByQueue(nodes)) requests += 3 * Math.ceil(count / 10);
  };
  sent(startedBy(plan, plan.start));
  for (const releases of Object.values(plan.releases)) sent(startedBy(plan, releases));
  for (const node of Object.values(plan.nodes)) sent(notCarried(plan, node.next, node.queue));
  for (const join of Object.values(plan.joins)) sent(notCarried(plan, join.next, queueOf(plan, join)));
  return requests;
}

function countByQueue(nodes: readonly PlanNode[]): Iterable<number> {
  const counts = new Map<string, number>();
  for (const { queue } of nodes) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  return counts.values();
}

function startedBy(plan: Plan, next: readonly Start[]): PlanNode[] {
  return next.flatMap((one) => (one.kind === "node" ? [plan.nodes[one.node] as PlanNode] : []));
}

function notCarried(plan: Plan, next: readonly Next[], queue: string | undefined): PlanNode[] {
  const started = startedBy(plan, next);
  const [only] = started;
  const carried = next.length === 1 && only?.queue === queue && (only?.delaySeconds ?? 0) === 0;
  return carried ? [] : started;
}

/** The queue whose worker settles the last member, as far as one can tell: that of the last one. */
function queueOf(plan: Plan, join: PlanJoin): string | undefined {
  const last = plan.members[join.id]?.at(-1);
  if (last?.kind === "node") return plan.nodes[last.node]?.queue;
  return last?.kind === "join" ? queueOf(plan, plan.joins[last.join] as PlanJoin) : undefined;
}
