/**
 * Plans in the table and in messages: compressed pages, a cache by hash, and fragments.
 *
 * A plan never changes under its hash, so a cached one is never stale.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { StoreError } from "../errors.ts";
import { contentHash } from "../model/hash.ts";
import type { JoinId, NodeId, RunId } from "../model/ids.ts";
import type { Failure, Next, Plan, PlanFragment, PlanJoin, PlanNode } from "../plan/types.ts";
import type { Store, Write } from "../ports/index.ts";
import { planPageKey } from "../protocol/keys.ts";

/** Compressed bytes of one page: well under the 400 KB of an item. */
const pageBytes = 300 * 1024;
/** Whole plans kept by one process, and characters of their JSON together: in memory they take several times that. */
const cachedPlans = 32;
const cachedLength = 32 * 1024 * 1024;
/** A message's fragment: units beside its nodes, bytes of each, and of its nodes together. Larger ones are read from the plan when needed. */
const fragmentUnits = 12;
const fragmentUnitBytes = 4 * 1024;
const fragmentNodeBytes = 64 * 1024;

/** Where a plan is stored. */
export interface PlanRef {
  readonly hash: string;
  readonly pages: number;
}

interface PlanPages {
  readonly ref: PlanRef;
  readonly writes: readonly Write[];
  /** Of its JSON. */
  readonly length: number;
}

/** A plan as pages to write. */
export function planPages(run: RunId, plan: Plan): PlanPages {
  const text = JSON.stringify(plan);
  const hash = contentHash(text);
  const bytes = gzipSync(text);
  const pages = Math.ceil(bytes.length / pageBytes);
  const writes = Array.from({ length: pages }, (_, page) => ({
    key: planPageKey(run, hash, page),
    set: [{ path: ["data"] as const, value: new Uint8Array(bytes.subarray(page * pageBytes, (page + 1) * pageBytes)) }],
  }));
  return { ref: { hash, pages }, writes, length: text.length };
}

export interface PlanCache {
  load(run: RunId, ref: PlanRef): Promise<Plan>;
  /** Keeps a plan that was just written: its writer is the first to need it. */
  keep(run: RunId, hash: string, kept: KeptPlan): void;
}

interface KeptPlan {
  readonly plan: Plan;
  /** Of its JSON. */
  readonly length: number;
}

/** Reads plans and keeps the last few: the least recently used one goes first, and the one in hand never. */
export function createPlanCache(store: Store): PlanCache {
  const plans = new Map<string, KeptPlan>();
  const tooMuch = () => {
    let length = 0;
    for (const kept of plans.values()) length += kept.length;
    return plans.size > cachedPlans || length > cachedLength;
  };
  const nameOf = (run: RunId, hash: string) => `${run}#${hash}`;
  const keep: PlanCache["keep"] = (run, hash, kept) => {
    const name = nameOf(run, hash);
    plans.delete(name);
    plans.set(name, kept);
    while (plans.size > 1 && tooMuch()) plans.delete(plans.keys().next().value as string);
  };
  return {
    keep,
    async load(run, ref) {
      const kept = plans.get(nameOf(run, ref.hash)) ?? (await readPlan(store, run, ref));
      keep(run, ref.hash, kept);
      return kept.plan;
    },
  };
}

async function readPlan(store: Store, run: RunId, ref: PlanRef): Promise<KeptPlan> {
  const keys = Array.from({ length: ref.pages }, (_, page) => planPageKey(run, ref.hash, page));
  const images = await store.getMany(keys, "plan.read");
  const parts = images.map((image, page) => {
    if (!(image?.data instanceof Uint8Array))
      throw new StoreError(`run ${run}: plan page ${page} of ${ref.pages} is missing`);
    return image.data;
  });
  const text = gunzipSync(Buffer.concat(parts)).toString("utf8");
  return { plan: JSON.parse(text) as Plan, length: text.length };
}

/** A plan of which only a part may be at hand; the rest is read when asked for. */
export interface PlanView {
  /** @throws UnknownUnitError when the whole plan has none of that id */
  node(id: NodeId): Promise<PlanNode>;
  join(id: JoinId): Promise<PlanJoin>;
  whole(): Promise<Plan>;
  readonly ref: PlanRef;
}

/** A plan never changes: what it does not have, it will never have. */
export class UnknownUnitError extends StoreError {
  constructor(run: RunId, what: string) {
    super(`run ${run}: the plan has no ${what}`);
  }
}

export function planView(cache: PlanCache, run: RunId, ref: PlanRef, fragment: PlanFragment | undefined): PlanView {
  const whole = () => cache.load(run, ref);
  const missing = (what: string) => new UnknownUnitError(run, what);
  return {
    ref,
    whole,
    async node(id) {
      const node = own(fragment?.nodes, id) ?? own((await whole()).nodes, id);
      if (!node) throw missing(`node ${id}`);
      return node;
    },
    async join(id) {
      const join = own(fragment?.joins, id) ?? own((await whole()).joins, id);
      if (!join) throw missing(`join ${id}`);
      return join;
    },
  };
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The join in whose leaf a node has its slot; undefined for a node with an item of its own. */
export async function joinOfSlot(plan: PlanView, node: PlanNode): Promise<PlanJoin | undefined> {
  return node.slot === null ? undefined : await plan.join(node.slot.join);
}

/** Characters of units as JSON. A plan never changes, and its joins are asked for with every message. */
const lengths = new WeakMap<PlanNode | PlanJoin, number>();

function lengthOf(unit: PlanNode | PlanJoin): number {
  const length = lengths.get(unit) ?? JSON.stringify(unit).length;
  lengths.set(unit, length);
  return length;
}

/** True when the nodes of one message fit into its fragment. */
export function fitTogether(nodes: readonly PlanNode[]): boolean {
  let bytes = 0;
  for (const node of nodes) bytes += lengthOf(node);
  return bytes <= fragmentNodeBytes;
}

/** The part of a plan that goes with a message: its nodes, then what they lead to, nearest first. */
export async function fragmentOf(view: PlanView, own: readonly PlanNode[]): Promise<PlanFragment | undefined> {
  if (!fitTogether(own)) return undefined;
  const nodes: Record<NodeId, PlanNode> = Object.fromEntries(own.map((node) => [node.id, node]));
  const joins: Record<JoinId, PlanJoin> = {};
  const queue = own.flatMap(neighbours);
  for (let taken = 0; queue.length > 0 && taken < fragmentUnits; ) {
    const unit = queue.shift() as Unit;
    const known = unit.kind === "node" ? nodes : joins;
    if (Object.hasOwn(known, unit.id)) continue;
    const found = unit.kind === "node" ? await view.node(unit.id) : await view.join(unit.id);
    if (lengthOf(found) > fragmentUnitBytes) continue;
    known[unit.id] = found as PlanNode & PlanJoin;
    queue.push(...neighbours(found));
    taken++;
  }
  return { nodes, joins };
}

interface Unit {
  readonly kind: "node" | "join";
  readonly id: string;
}

function neighbours(unit: PlanNode | PlanJoin): Unit[] {
  const joinUnit = (id: JoinId): Unit => ({ kind: "join", id });
  const ofNext = (next: Next): Unit[] => {
    if (next.kind === "node") return [{ kind: "node", id: next.node }];
    return next.kind === "end" ? [] : [joinUnit(next.join)];
  };
  const ofFailure = (failure: Failure): Unit[] => [
    ...failure.decide.map(joinUnit),
    ...(failure.then.kind === "slot" ? [joinUnit(failure.then.join)] : []),
  ];
  const place = "slot" in unit && unit.slot !== null ? [joinUnit(unit.slot.join)] : [];
  const onError: Unit[] = "onError" in unit && unit.onError !== null ? [{ kind: "node", id: unit.onError }] : [];
  return [...place, ...unit.next.flatMap(ofNext), ...ofFailure(unit.failure), ...onError];
}
