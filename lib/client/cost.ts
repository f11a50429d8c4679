/**
 * What a run has cost: its calls to AWS, as far as its stored items tell, times a table of prices (docs/budgets.md).
 *
 * Pure. Write units are counted from slots, marks and sizes; what leaves no trace in an item, such as requests of SQS, is
 * estimated by the rules of `tutti plan`, for what of the plan has happened. test/unit/bench/cost.test.ts holds both against
 * what runs are metered to take.
 */
import { itemBytes, valueBytes } from "../model/item-size.ts";
import { defaults } from "../model/limits.ts";
import type { PriceTable } from "../model/prices.ts";
import {
  asPlanned,
  type Happened,
  headUnits,
  requestsOf,
  timersAt,
  timerUnits,
  writeUnitsOf,
} from "../plan/predict.ts";
import type { PlanJoin, PlanNode, Source } from "../plan/types.ts";
import type { Image, Item, Value } from "../ports/store.ts";
import { childIn } from "../protocol/child.ts";
import { decodeSlot, type LeasedSlot, type SettledSlot, type Slot } from "../protocol/slot.ts";
import { memberSlot, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import { copiesCost, repeatedArrivals } from "./cost-copies.ts";
import { type CostLine, type CostReport, schemaVersion } from "./shapes.ts";

/** A run as stored, with every item of it. */
export interface StoredRun {
  readonly snapshot: Snapshot;
  readonly items: readonly Item[];
}

/** What is not in the figures, whatever the run. */
export const notCounted: readonly string[] = [
  "visits of the sweeper, clean-up, empty receives, and what watching the run takes",
  "calls that were repeated or refused: after throttling, lost answers, duplicate deliveries",
  "attempts of earlier generations: a retry takes them out of the items",
  "the time of control, and of attempts before the last one, in GB-seconds",
];

/** Bytes of a slot that is leased, as it lies in its item. */
const leaseBytes = 65;
const readUnitBytes = 4096;
/** A lease is extended every third of its time. */
const beatMs = (defaults.leaseSeconds * 1000) / 3;
/** Reads of a map beside those of a batch and of its list: heads of both runs, slots, and the look at its end. */
const mapReads = 7;

type Part = Omit<CostLine, "usd">;

/**
 * Counts the calls of a run.
 *
 * @param runs - The run, then those that its maps have expanded into.
 */
export function costOf(runs: readonly StoredRun[], prices: PriceTable): CostReport {
  const parts = new Map<string, Part>();
  for (const part of runs.flatMap(partsOf)) {
    const name = `${part.service} ${part.call}`;
    const before = parts.get(name);
    parts.set(name, before === undefined ? part : { ...part, amount: before.amount + part.amount });
  }
  const [first] = runs;
  if (first === undefined) throw new TypeError("a cost needs a run");
  const lines = [...parts.values()].filter(({ amount }) => amount > 0).map((part) => priced(part, prices));
  const sum = (unit: CostLine["unit"]) =>
    rounded(lines.reduce((all, line) => all + (line.unit === unit ? line.amount : 0), 0));
  const { head } = first.snapshot;
  return {
    schemaVersion,
    runId: head.runId,
    status: head.status,
    generation: head.generation,
    runs: runs.length,
    prices,
    lines,
    totals: {
      writeUnits: sum("write unit"),
      readUnits: sum("read unit"),
      sqsRequests: sum("SQS request"),
      lambdaRequests: sum("Lambda request"),
      lambdaGbSeconds: sum("GB-second"),
      usd: Number(lines.reduce((all, { usd }) => all + usd, 0).toFixed(9)),
    },
    notCounted,
  };
}

function priced(part: Part, { perMillion, lambda }: PriceTable): CostLine {
  const of: Readonly<Record<CostLine["unit"], number>> = {
    "write unit": perMillion.writeUnits / 1e6,
    "read unit": perMillion.readUnits / 1e6,
    "SQS request": perMillion.sqsRequests / 1e6,
    "Lambda request": perMillion.lambdaRequests / 1e6,
    "GB-second": lambda.gbSecond * (lambda.memoryMb / 1024),
  };
  // Seconds become GB-seconds by the memory that the table names.
  const amount = part.unit === "GB-second" ? part.amount * (lambda.memoryMb / 1024) : part.amount;
  return { ...part, amount: rounded(amount), usd: Number((part.amount * of[part.unit]).toFixed(12)) };
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

function partsOf(run: StoredRun): Part[] {
  const { snapshot, items } = run;
  const writes = items.map((item) => writesOf(item)).reduce(added, noWrites);
  const counted = (call: string, amount: number): Part => part("DynamoDB", call, "write unit", amount, "counted");
  const guessed = (call: string, amount: number): Part => part("DynamoDB", call, "write unit", amount, "estimated");
  const happened = happenedIn(snapshot);
  const isTimer = timersAt(snapshot.head.submittedAtMs);
  const copies = copiesCost(snapshot);
  const again = earlierIn(run, copies.won);
  const requests = requestsOf(snapshot.plan, isTimer, happened) + again.messages * 3 + copies.requests;
  // Sent, received and deleted: a third of them are receives, and each starts an invocation.
  const batches = requests / 3;
  return [
    counted("head: made, ended, raised", headWrites(snapshot)),
    counted("plan pages", bytesUnits(items, "plan#")),
    counted("claims", writes.claims),
    counted("outcomes", writes.commits),
    guessed("waits for retries", again.waits),
    guessed("earlier attempts", again.attempts),
    counted("arrivals and decisions", writes.arrivals),
    guessed("arrivals told again", repeatedArrivals(snapshot)),
    guessed("second copies", copies.writeUnits),
    counted("large values", valueWrites(run)),
    guessed("heartbeats", heartbeats(snapshot)),
    guessed("sleeps and timers", timerUnits(snapshot.plan, isTimer) + sleepRecords(snapshot)),
    guessed("budget", writes.charges),
    part(
      "DynamoDB",
      "reads",
      "read unit",
      batches + inputReads(snapshot, happened) + mapReads * mapsIn(snapshot) + copies.readUnits,
      "estimated",
    ),
    part("SQS", "send, receive, delete", "SQS request", requests, "estimated"),
    part("Lambda", "invocations", "Lambda request", batches, "estimated"),
    part("Lambda", "time of tasks", "GB-second", taskSeconds(snapshot), "estimated"),
  ];
}

function part(
  service: CostLine["service"],
  call: string,
  unit: CostLine["unit"],
  amount: number,
  basis: CostLine["basis"],
): Part {
  return { service, call, unit, amount, basis };
}

function headWrites({ head }: Snapshot): number {
  const { create, end } = headUnits;
  const ended = head.endedAtMs === undefined ? 0 : end;
  // Each generation after the first was raised, after the one before had ended.
  return create + ended + (head.generation - 1) * 2 * end;
}

function bytesUnits(items: readonly Item[], prefix: string): number {
  return items
    .filter(({ key }) => key.sk.startsWith(prefix))
    .reduce((sum, item) => sum + writeUnitsOf(itemBytes(item)), 0);
}

/** Values by content: each task that gives one writes it, and so do arguments that no message holds. */
function valueWrites({ snapshot, items }: StoredRun): number {
  const units = new Map<string, number>();
  for (const item of items) {
    const [kind, hash = ""] = item.key.sk.split("#");
    if (kind === "value") units.set(hash, (units.get(hash) ?? 0) + writeUnitsOf(itemBytes(item)));
  }
  const times = new Map<string, number>();
  for (const { slot } of slotsOf(snapshot)) {
    const hash = storedValueOf(slot)?.hash;
    if (hash !== undefined) times.set(hash, (times.get(hash) ?? 0) + 1);
  }
  return [...units].reduce((sum, [hash, each]) => sum + each * (times.get(hash) ?? 1), 0);
}

function storedValueOf(slot: Slot): { readonly hash: string; readonly bytes: number } | undefined {
  const value = slot.state === "settled" ? slot.value : undefined;
  return value?.kind === "item" ? value : undefined;
}

interface Writes {
  readonly claims: number;
  readonly commits: number;
  readonly arrivals: number;
  readonly charges: number;
}
const noWrites: Writes = { claims: 0, commits: 0, arrivals: 0, charges: 0 };

function added(one: Writes, other: Writes): Writes {
  return {
    claims: one.claims + other.claims,
    commits: one.commits + other.commits,
    arrivals: one.arrivals + other.arrivals,
    charges: one.charges + other.charges,
  };
}

/** Writes that an item shows. It grew with each of them. */
function writesOf({ key, image }: Item): Writes {
  if (key.sk === "budget")
    return { ...noWrites, charges: Object.keys(image).filter((name) => /^k\d+$/.test(name)).length };
  if (!/^(?:tally|node|range)#/.test(key.sk)) return noWrites;
  const names = Object.keys(image).filter((name) => /^s\d+$/.test(name));
  const slots = names.map((name) => ({ slot: decodeSlot(image[name]), bytes: valueBytes(image[name] as Value) }));
  const rest = Object.fromEntries(Object.entries(image).filter(([name]) => !/^[sm]\d+$/.test(name)));
  const size = { bytes: itemBytes({ key, image: rest }) };
  const grow = (bytes: number) => {
    size.bytes += bytes;
    return writeUnitsOf(size.bytes);
  };
  let claims = 0;
  let commits = 0;
  for (const { kind, slots: changed } of changesOf(slots)) {
    if (kind === "claim") claims += grow(changed.length * leaseBytes);
    else commits += grow(changed.reduce((sum, { slot, bytes }) => sum + bytes - (claimOf(slot) ? leaseBytes : 0), 0));
  }
  return { claims, commits, arrivals: arrivalsOf(image, grow), charges: 0 };
}

function arrivalsOf(image: Image, grow: (bytes: number) => number): number {
  const marks = Object.keys(image).filter((name) => /^m\d+$/.test(name));
  const decisions = ["decision", "held"].filter((name) => image[name] !== undefined).length;
  return marks.reduce((sum, name) => sum + grow(name.length + 2), 0) + decisions;
}

interface SizedSlot {
  readonly slot: Slot;
  readonly bytes: number;
}

interface Change {
  readonly kind: "claim" | "commit";
  readonly atMs: number;
  readonly slots: SizedSlot[];
}

/** Slots by the writes that changed them, in the order of those. */
function changesOf(slots: readonly SizedSlot[]): readonly Change[] {
  const changes = new Map<string, Change>();
  const note = (kind: Change["kind"], one: SizedSlot, write: readonly [by: string, atMs: number] | undefined) => {
    if (write === undefined) return;
    const name = [kind, ...write].join(" ");
    const change = changes.get(name) ?? { kind, atMs: write[1], slots: [] };
    changes.set(name, change);
    change.slots.push(one);
  };
  for (const one of slots) note("claim", one, claimOf(one.slot));
  for (const one of slots) note("commit", one, commitOf(one.slot));
  return [...changes.values()].sort((a, b) => a.atMs - b.atMs);
}

/** The last claim of a slot: members of a pack have one of the same owner at the same time. */
function claimOf(slot: Slot): readonly [string, number] | undefined {
  const begun = slot.state === "leased" || slot.state === "settled" ? slot : undefined;
  return begun?.startedAtMs === undefined ? undefined : [begun.owner, begun.startedAtMs];
}

function commitOf(slot: Slot): readonly [string, number] | undefined {
  return slot.state === "settled" ? [slot.owner, slot.settledAtMs] : undefined;
}

/** Attempts before the last one, and those of them that failed and so waited for the next. */
function earlierOf(slot: Slot): { readonly attempts: number; readonly failed: number } {
  if (slot.state === "absent") return { attempts: 0, failed: 0 };
  const claimed = claimOf(slot) !== undefined;
  const attempts = Math.max(0, slot.attempt - (claimed ? 1 : 0));
  return { attempts, failed: Math.max(0, attempts - slot.lost) };
}

function slotsOf(snapshot: Snapshot): { readonly node: PlanNode; readonly slot: Slot }[] {
  return Object.values(snapshot.plan.nodes).map((node) => ({ node, slot: slotOf(snapshot, node) }));
}

/** Writes and messages of attempts before the last one. */
interface Earlier {
  readonly attempts: number;
  readonly waits: number;
  /** Of tasks: ranges are asked for anew by the sweeper. */
  readonly messages: number;
}

/** @param won - Nodes whose last attempt was a second copy: the one before it is no earlier one. */
function earlierIn({ snapshot, items }: StoredRun, won: ReadonlySet<PlanNode>): Earlier {
  const ofNodes = slotsOf(snapshot).map(({ node, slot }) => {
    const { attempts, failed } = earlierOf(slot);
    const copies = won.has(node) ? 1 : 0;
    return { attempts: attempts - copies, failed: failed - copies };
  });
  const ofRanges = items
    .filter(({ key }) => key.sk.startsWith("range#"))
    .flatMap(({ image }) => Object.entries(image).filter(([name]) => /^s\d+$/.test(name)))
    .map(([, entry]) => earlierOf(decodeSlot(entry)));
  const all = [...ofNodes, ...ofRanges];
  return {
    attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
    waits: all.reduce((sum, { failed }) => sum + failed, 0),
    messages: ofNodes.reduce((sum, { attempts }) => sum + attempts, 0),
  };
}

function mapsIn(snapshot: Snapshot): number {
  return slotsOf(snapshot).filter(({ slot }) => childIn(slot) !== undefined).length;
}

/** A sleep is recorded before its message is sent, and its slot shows only its end. */
function sleepRecords(snapshot: Snapshot): number {
  return slotsOf(snapshot).filter(({ node, slot }) => node.sleep && slot.state === "settled").length;
}

type Begun = LeasedSlot | (SettledSlot & { readonly startedAtMs: number });

/** Tasks whose last attempt is known from beginning to end. */
function begunIn(snapshot: Snapshot): Begun[] {
  return slotsOf(snapshot).flatMap(({ node, slot }) => {
    if (node.map !== undefined || node.outside) return [];
    return slot.state === "settled" && slot.startedAtMs !== undefined ? [slot as Begun] : [];
  });
}

/** Of each delivery, from its first beginning to its last end: one that shares its invocation with others is counted as if alone. */
function taskSeconds(snapshot: Snapshot): number {
  return [...spansOf(snapshot).values()].reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / 1000, 0);
}

/** Members of a pack are extended together. */
function heartbeats(snapshot: Snapshot): number {
  return [...spansOf(snapshot).values()].reduce(
    (sum, { fromMs, toMs }) => sum + Math.floor((toMs - fromMs) / beatMs),
    0,
  );
}

function spansOf(snapshot: Snapshot): ReadonlyMap<string, { readonly fromMs: number; readonly toMs: number }> {
  const spans = new Map<string, { readonly fromMs: number; readonly toMs: number }>();
  for (const slot of begunIn(snapshot)) {
    const toMs = slot.state === "settled" ? slot.settledAtMs : slot.startedAtMs;
    const span = spans.get(slot.owner) ?? { fromMs: slot.startedAtMs, toMs };
    spans.set(slot.owner, { fromMs: Math.min(span.fromMs, slot.startedAtMs), toMs: Math.max(span.toMs, toMs) });
  }
  return spans;
}

/** What of the plan has happened, by the slots. */
function happenedIn(snapshot: Snapshot): Happened {
  const planned = asPlanned(snapshot.plan);
  const ownerOf = (node: PlanNode) => {
    const slot = slotOf(snapshot, node);
    return slot.state === "leased" || slot.state === "settled" ? slot.owner : undefined;
  };
  return {
    begun: (node) => {
      const slot = slotOf(snapshot, node);
      return slot.state !== "absent" && (slot.attempt > 0 || node.sleep === true);
    },
    carried: (only, after) => {
      const slot = slotOf(snapshot, only);
      // Of a task that was tried again, the first attempt is not known any more.
      if (slot.state === "absent" || slot.attempt !== 1) return planned.carried(only, after);
      const owner = ownerOf(only);
      if (!("size" in after)) return owner !== undefined && ownerOf(after) === owner;
      return ownersIn(snapshot, after).has(owner);
    },
  };
}

function ownersIn(snapshot: Snapshot, join: PlanJoin): ReadonlySet<string | undefined> {
  return new Set(
    Array.from({ length: join.size }, (_, index) => {
      const slot = memberSlot(snapshot, join, index);
      return slot.state === "settled" ? slot.owner : undefined;
    }),
  );
}

/** Inputs of what has begun. What is carried finds the item of its delivery's commit in hand. */
function inputReads(snapshot: Snapshot, happened: Happened): number {
  const { plan, head } = snapshot;
  const reads = (source: Source | null | undefined, by?: PlanNode): number => {
    if (source?.kind === "node") {
      const node = plan.nodes[source.node];
      if (node === undefined) return 0;
      const inHand = by !== undefined && happened.carried(by, node);
      return (inHand ? 0 : 1) + valueReads([slotOf(snapshot, node)]);
    }
    if (source?.kind !== "join") return 0;
    const join = plan.joins[source.join];
    if (join === undefined) return 0;
    const leaves = Math.ceil(join.size / join.leafSize);
    // Who decides a quorum has read whom it accepts; its callback finds those at the top.
    const accepted = join.when === "quorum" ? leaves + 1 : 0;
    const members = Array.from({ length: join.size }, (_, index) => memberSlot(snapshot, join, index));
    return (
      accepted + Math.max(0, leaves - (by !== undefined && happened.carried(by, join) ? 1 : 0)) + valueReads(members)
    );
  };
  const begun = Object.values(plan.nodes).filter((node) => happened.begun(node) && !node.sleep);
  const own = begun.reduce(
    (sum, node) =>
      sum + reads(node.input, node) + Object.values(node.results ?? {}).reduce((all, one) => all + reads(one), 0),
    0,
  );
  // Its parent takes the value of a child over.
  return own + (head.parent !== undefined && head.status === "SUCCEEDED" ? reads(plan.output) : 0);
}

/** Values that are stored apart, each content once. */
function valueReads(slots: readonly Slot[]): number {
  const bytes = new Map(slots.flatMap((slot) => storedValueOf(slot) ?? []).map((value) => [value.hash, value.bytes]));
  return [...bytes.values()].reduce((sum, one) => sum + Math.ceil(one / readUnitBytes), 0);
}
