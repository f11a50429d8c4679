/**
 * What a run will cost, before it is sent: an estimate.
 *
 * It assumes that every task succeeds at its first attempt and gives a result of a few bytes; that the members of a pack
 * end together, so that one write records them all; that batches are full where enough messages go out together; and that
 * a single successor on the same queue, for the same tenant, is carried inline. Retries, heartbeats (tasks longer than ten
 * seconds), reads, sweeps, the parts of a large document, the work of Lambda and clean-up are not in it. Second copies are
 * predicted apart (predict-copies.ts): as retries, they are charged when they are made.
 *
 * test/unit/bench/predicted.test.ts holds it against what runs are metered to take.
 */
import { limits } from "../model/limits.ts";
import { usEast1Prices } from "../model/prices.ts";
import { mayWait } from "../model/start-time.ts";
import { laneOf } from "./lane.ts";
import type { Next, Plan, PlanJoin, PlanNode, Source, Start } from "./types.ts";

/** List prices of us-east-1 without free tier, in dollars. */
export const prices = {
  writeUnit: usEast1Prices.perMillion.writeUnits / 1e6,
  sqsRequest: usEast1Prices.perMillion.sqsRequests / 1e6,
} as const;

/** One more attempt: its wait and its claim, and a message sent, received and deleted. */
export const attemptUsd = 2 * prices.writeUnit + 3 * prices.sqsRequest;

/** Sizes the estimate takes for granted, in bytes: measured by `npm run bench:members` on chords of 10 to 100,000 members. */
export const sizes = {
  /** Keys, generation and counter. */
  item: 80,
  /** A slot with its lease or, with its times and a short value, settled. */
  slot: 65,
  /** A mark and its name. */
  mark: 5,
  /** One with two counts in it. */
  countingMark: 9,
  /** Compressed plan, each task with a number as its argument. */
  planBase: 600,
  planNode: 19,
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

/**
 * Estimates what a run of a plan writes and sends.
 *
 * @param nowMs - When it would be submitted; without it, times to wait for count as past.
 */
export function predict(plan: Plan, nowMs = Number.POSITIVE_INFINITY): Prediction {
  const isTimer = timersAt(nowMs);
  const { create, end } = headUnits;
  const writeUnits =
    create + end + planUnits(plan) + nodeUnits(plan) + joinUnits(plan) + rangeUnits(plan) + timerUnits(plan, isTimer);
  const sqsRequests = requestsOf(plan, isTimer);
  return priced(writeUnits, sqsRequests);
}

export function priced(writeUnits: number, sqsRequests: number): Prediction {
  const usd = writeUnits * prices.writeUnit + sqsRequests * prices.sqsRequest;
  return { writeUnits, sqsRequests, usd: Number(usd.toFixed(9)) };
}

/** Create: the item and an entry in each index. End: the item, an entry less in one index, another for the old one in the other. */
export const headUnits = { create: 3, end: 4 } as const;

/** Which nodes are timers of the head when they are released: no message keeps them back that long. */
export function timersAt(nowMs: number): IsTimer {
  return ({ delaySeconds = 0, notBeforeMs = 0 }) =>
    Math.max(delaySeconds * 1000, notBeforeMs - nowMs) > limits.messageDelaySeconds * 1000;
}

/** What of a plan has happened. A prediction takes it that all has but error callbacks, and what may be carried was. */
export interface Happened {
  readonly begun: (node: PlanNode) => boolean;
  /** Whether a node ran in the delivery that ended the node or join before it. */
  readonly carried: (node: PlanNode, after: PlanNode | PlanJoin) => boolean;
}

export const asPlanned = (plan: Plan): Happened => ({
  begun: ({ afterEnd }) => !afterEnd,
  carried: (only, after) => {
    const lane = "size" in after ? lastLane(plan, after) : laneOf(after);
    return laneOf(only) === lane && !only.sleep && !only.outside && !mayWait(only);
  },
});

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
  for (const join of Object.values(plan.joins)) {
    const commits = commitsIn(plan, join);
    const leaves = commits.reduce((all, { units, writes }) => all + units * writes, 0);
    sum += leaves + innerUnits(join, commits.length) + (join.when === "quorum" ? 1 : 0);
  }
  return sum;
}

/** What settles members of a join: one commit, and the claim before it where that is of the same item. */
interface Commit {
  readonly writes: 1 | 2;
  /** Of each of them: a leaf grows with each of its slots. */
  readonly units: number;
}

/**
 * Claim and commit of each pack and of each other task whose slot is in the join; one write of each slot that takes over another
 * unit's value.
 */
function commitsIn(plan: Plan, join: PlanJoin): readonly Commit[] {
  const unitsAt = (index: number) => units(sizes.item + sizes.slot * ((index % join.leafSize) + 1));
  const packs = (plan.releases[join.id] ?? []).filter((start) => start.kind === "pack");
  const packed = new Set(packs.flatMap(({ members }) => members));
  const alone = (plan.members[join.id] ?? []).flatMap((source, index): Commit[] => {
    if (packed.has(index)) return [];
    return [{ writes: ownNode(plan, join, source, index) ? 2 : 1, units: unitsAt(index) }];
  });
  return [...packs.map(({ members }): Commit => ({ writes: 2, units: unitsAt(Math.max(...members)) })), ...alone];
}

/** The task whose slot a member is; none for what takes over the value of another unit. */
export function ownNode(plan: Plan, join: PlanJoin, source: Source, index: number): PlanNode | undefined {
  const node = source.kind === "node" ? plan.nodes[source.node] : undefined;
  return node?.slot?.join === join.id && node.slot.index === index ? node : undefined;
}

/** Joins whose items tell those above them of each change (protocol/tally.ts, G42), not once they are full. */
export function tellsEachChange({ when, hedgePercentile }: PlanJoin): boolean {
  return when === "tolerate" || when === "quorum" || hedgePercentile !== undefined;
}

/** Arrivals of the items below the top; the item one arrives in grows with each child. */
function innerUnits(join: PlanJoin, commits: number): number {
  const each = tellsEachChange(join);
  const mark = each ? sizes.countingMark : sizes.mark;
  let sum = 0;
  for (let items = Math.ceil(join.size / join.leafSize); items > 1; items = Math.ceil(items / join.fan)) {
    const arrivals = each ? commits : items;
    for (let i = 0; i < arrivals; i++) {
      const child = Math.floor((i * items) / arrivals);
      sum += units(sizes.item + mark * ((child % join.fan) + 1));
    }
  }
  return sum;
}

/** Claim and commit of each range. */
function rangeUnits(plan: Plan): number {
  return lists(plan, asPlanned(plan)).reduce((sum, list) => sum + 2 * rangesOf(plan, list).length, 0);
}

/** Whether a node is a timer of the head when it is released: no message keeps it back that long. */
export type IsTimer = (node: PlanNode) => boolean;

/**
 * Beside the two writes that every node has: those of a task that say until when it waits, and that it was sent; for each
 * list that is released together, the head's due time, and for each time in it, the visit of the sweeper. The due time is in
 * an index: an entry less and an entry more.
 */
export function timerUnits(plan: Plan, isTimer: IsTimer): number {
  let sum = 0;
  for (const list of lists(plan, asPlanned(plan))) {
    const timers = list.flatMap((start) => nodeOfStart(plan, start) ?? []).filter(isTimer);
    if (timers.length === 0) continue;
    const times = new Set(timers.map(({ delaySeconds, notBeforeMs }) => `${delaySeconds} ${notBeforeMs}`));
    sum += 3 + 3 * times.size + 2 * timers.filter((node) => !node.sleep).length;
  }
  return sum;
}

export function units(bytes: number): number {
  return Math.ceil(bytes / sizes.writeUnit);
}

/** Units of writing an item of that size: each started KB is one. */
export function writeUnitsOf(bytes: number): number {
  return Math.max(1, units(bytes));
}

/** What a task that runs elsewhere takes beside its release: its message and its report, each sent, received and deleted. */
const outsideRequests = 6;

/** The message by which the end of a run reaches the runs of its maps. */
const followRequests = 3;

/** The submit, alone in its batch; then what is sent together, by ten: sends, receives, deletes. */
export function requestsOf(plan: Plan, isTimer: IsTimer, happened = asPlanned(plan)): number {
  const begun = Object.values(plan.nodes).filter(happened.begun);
  let requests = 3 + outsideRequests * begun.filter((node) => node.outside).length;
  if (begun.some((node) => node.map !== undefined)) requests += followRequests;
  for (const list of lists(plan, happened)) {
    const ranges = rangesOf(plan, list);
    requests += batches(ranges.length);
    for (const starts of ranges.length === 0 ? [list] : ranges) {
      const sent = starts.filter((start) => hasBegun(plan, start, happened));
      for (const count of countByQueue(plan, sent, isTimer)) requests += batches(count);
    }
  }
  // The sweeper sends each by itself; it settles sleeps without a message.
  const sent = begun.filter((node) => !node.sleep && isTimer(node));
  return requests + batches(1) * sent.length;
}

/** Of a pack: whether one of its members has. */
function hasBegun(plan: Plan, start: Start, { begun }: Happened): boolean {
  if (start.kind === "node") return begun(plan.nodes[start.node] as PlanNode);
  if (start.kind !== "pack") return true;
  return start.members.some((index) => {
    const member = plan.members[start.join]?.[index];
    return member?.kind === "node" && begun(plan.nodes[member.node] as PlanNode);
  });
}

/** Requests for messages that go out together: send, receive, delete. */
export function batches(messages: number): number {
  return 3 * Math.ceil(messages / 10);
}

/** What is released together, without what is carried inline. */
function lists(plan: Plan, happened: Happened): readonly (readonly Start[])[] {
  return [
    plan.start,
    ...Object.values(plan.joins).flatMap((join) => headerLists(join, plan.releases[join.id] ?? [])),
    ...Object.values(plan.nodes).map((node) => notCarried(plan, node, happened)),
    ...Object.values(plan.joins).map((join) => notCarried(plan, join, happened)),
  ];
}

/** What starts the members of a join: all together, or the first unit of each lane and then each unit by itself. */
function headerLists({ size, lanes }: PlanJoin, starts: readonly Start[]): readonly (readonly Start[])[] {
  if (lanes === undefined) return [starts];
  const each = starts.length / Math.ceil(size / lanes.unitSize);
  const first = lanes.count * each;
  const later = Array.from({ length: (starts.length - first) / each }, (_, i) =>
    starts.slice(first + i * each, first + (i + 1) * each),
  );
  return [starts.slice(0, first), ...later];
}

/** The ranges that a long list is cut into; none when its releaser sends it itself. */
function rangesOf({ messagesPerRange }: Plan, list: readonly Start[]): readonly (readonly Start[])[] {
  if (list.length <= messagesPerRange) return [];
  const count = Math.ceil(list.length / messagesPerRange);
  return Array.from({ length: count }, (_, range) =>
    list.slice(range * messagesPerRange, (range + 1) * messagesPerRange),
  );
}

/** Messages to each queue. */
function countByQueue(plan: Plan, list: readonly Start[], isTimer: IsTimer): Iterable<number> {
  const counts = new Map<string, number>();
  for (const start of list) {
    const node = nodeOfStart(plan, start);
    const queue = node && isTimer(node) ? undefined : queueOfStart(plan, start);
    if (queue !== undefined) counts.set(queue, (counts.get(queue) ?? 0) + 1);
  }
  return counts.values();
}

/** The node that a start is alone; those of a pack never wait. */
function nodeOfStart(plan: Plan, start: Start): PlanNode | undefined {
  return start.kind === "node" ? plan.nodes[start.node] : undefined;
}

/** Where the message of a start goes; undefined for what needs none. */
function queueOfStart(plan: Plan, start: Start): string | undefined {
  if (start.kind === "node") return messageQueueOf(plan.nodes[start.node]);
  if (start.kind !== "pack") return undefined;
  const member = plan.members[start.join]?.[start.members[0] as number];
  return member?.kind === "node" ? plan.nodes[member.node]?.queue : undefined;
}

/** Control hands out what runs elsewhere. No task queue is named so. */
function messageQueueOf(node: PlanNode | undefined): string | undefined {
  return node?.outside ? "(request)" : node?.queue;
}

function notCarried(plan: Plan, after: PlanNode | PlanJoin, { carried }: Happened): readonly Next[] {
  const { next } = after;
  const [first] = next;
  const only = next.length === 1 && first?.kind === "node" ? plan.nodes[first.node] : undefined;
  return only !== undefined && carried(only, after) ? [] : next;
}

/** The lane of whoever settles the last member, as far as one can tell: that of the last one. */
function lastLane(plan: Plan, join: PlanJoin): string | undefined {
  const last = plan.members[join.id]?.at(-1);
  if (last?.kind === "node") return laneOf(plan.nodes[last.node] as PlanNode);
  return last?.kind === "join" ? lastLane(plan, plan.joins[last.join] as PlanJoin) : undefined;
}
