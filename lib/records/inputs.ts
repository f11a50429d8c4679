/**
 * The arguments of a task, from stored outcomes that no longer change: every attempt sees the same (S11).
 */
import { FatalError, InvalidRequestError, StoreError } from "../errors.ts";
import { type NodeId, taskIdOf } from "../model/ids.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import { type MemberOutcome, skippedValue } from "../model/outcome.ts";
import { findReferences } from "../plan/references.ts";
import type { PlanJoin, PlanNode, Source } from "../plan/types.ts";
import type { Image, Item, Key, Store } from "../ports/index.ts";
import { chosenSkip } from "../protocol/decision.ts";
import { slotPlace } from "../protocol/keys.ts";
import { decodeSlot, type SettledSlot, type Slot, type StoredValue, skipIn } from "../protocol/slot.ts";
import { itemsAt, leafKey, remainingOf, slotsOf, tallyKey, topOf } from "../protocol/tally.ts";
import { acceptedOf } from "./accepted.ts";
import { failureSummary } from "./failures.ts";
import { joinOfSlot, type PlanView } from "./plans.ts";
import { type OwnValue, readValue, readValues } from "./values.ts";

/** What reading values needs: any delivery has it, and so has the client. */
export interface ValueReader {
  readonly deps: { readonly store: Store };
  readonly run: { readonly id: string; readonly plan: PlanView };
  /** An item that the reader has just written, as that left it: a settled slot there no longer changes. */
  readonly committed?: Item | undefined;
}

/** Leaves read together by who goes through a join item by item: one batch of DynamoDB. */
const leavesAtOnce = 100;
/** Bytes of JSON that such a reader asks for together, where values are not in their slots; one value may have more. */
const valueBytesAtOnce = 8 * 1024 * 1024;

/** The arguments a body is called with: what came before, then the bound ones. */
export async function argumentsOf(reader: ValueReader, node: PlanNode): Promise<Json[]> {
  const input = node.input === null ? [] : [await resolve(reader, node.input)];
  return [...input, ...(await boundArguments(reader, node, node.args))];
}

/** Bound arguments with the results they refer to. */
async function boundArguments(reader: ValueReader, node: PlanNode, args: readonly Json[]): Promise<Json[]> {
  const used = new Set(findReferences(args, "args").results.map(({ name }) => name));
  const results = new Map<string, Json>();
  for (const [name, source] of Object.entries(node.results ?? {}))
    if (used.has(name)) results.set(name, await resolve(reader, source));
  return args.map((argument) => substitute(argument, results));
}

/** The arguments of a streaming task: the list that comes first item by item, then the rest. */
export interface StreamedInput {
  /** Reads when it is iterated, each time anew. What it reads no longer changes, so it always gives the same. */
  readonly items: AsyncIterable<Json>;
  readonly rest: readonly Json[];
}

/** The arguments of a streaming task. @throws FatalError when the first one is no list */
export async function streamedArgumentsOf(reader: ValueReader, node: PlanNode): Promise<StreamedInput> {
  const [first, ...bound] = node.args;
  const source = node.input ?? sourceOf(node, first);
  const rest = await boundArguments(reader, node, node.input === null ? bound : node.args);
  if (source?.kind === "join") {
    const join = await reader.run.plan.join(source.join);
    return { items: { [Symbol.asyncIterator]: () => joinItems(reader, join) }, rest };
  }
  const list = source ? await resolve(reader, source) : (await boundArguments(reader, node, [first as Json]))[0];
  if (!Array.isArray(list)) throw new FatalError("invalid argument [0]: must be a list");
  return { items: { [Symbol.asyncIterator]: () => listItems(list) }, rest };
}

async function* listItems(list: readonly Json[]): AsyncGenerator<Json> {
  yield* list;
}

/** The source of an argument that is the whole result of another unit. */
function sourceOf({ results }: PlanNode, argument: Json | undefined): Source | undefined {
  if (argument === undefined || !isJsonObject(argument) || argument.path !== undefined) return undefined;
  return typeof argument.$result === "string" ? results?.[argument.$result] : undefined;
}

/** The value of a source. */
export async function resolve(reader: ValueReader, source: Source): Promise<Json> {
  switch (source.kind) {
    case "node":
      return nodeValue(reader, source.node);
    case "item":
      return source.value;
    case "join":
      return joinValue(reader, await reader.run.plan.join(source.join));
    case "failures":
      return (await failureSummary(reader, await reader.run.plan.join(source.join))) as unknown as Json;
    case "object": {
      const entries = await Promise.all(
        source.entries.map(async ([name, of]) => [name, await resolve(reader, of)] as const),
      );
      return Object.fromEntries(entries);
    }
  }
}

async function nodeValue(reader: ValueReader, id: NodeId): Promise<Json> {
  const node = await reader.run.plan.node(id);
  const place = slotPlace(reader.run.id, node, await joinOfSlot(reader.run.plan, node));
  const written = decodeSlot(writtenAt(reader, place.key)?.[place.attribute]);
  const slot =
    written.state === "settled"
      ? written
      : decodeSlot((await reader.deps.store.get(place.key, "input.read"))?.[place.attribute]);
  const skip = skipIn(slot);
  if (skip) return skippedValue(skip);
  // What came before a sleep is no sleep: compiling has passed its value on.
  if (node.sleep) return node.input === null ? null : resolve(reader, node.input);
  return readValue(reader.deps.store, reader.run.id, storedIn(slot, id));
}

function writtenAt({ committed }: ValueReader, key: Key): Image | undefined {
  return committed?.key.pk === key.pk && committed.key.sk === key.sk ? committed.image : undefined;
}

function storedIn(slot: Slot, id: NodeId): OwnValue {
  if (slot.state !== "settled" || slot.value === undefined || slot.value.kind === "reference") {
    throw new StoreError(`the value of ${id} is not there: its slot is ${slot.state}`);
  }
  return slot.value;
}

/** A member's slot, by its place in the header. */
type Member = ReturnType<typeof slotsOf>[number];

/** The members of a join in header order: values, or outcomes when failures are among what was asked for. */
async function joinValue(reader: ValueReader, join: PlanJoin): Promise<Json> {
  const members = await membersOf(reader, join, 0, itemsAt(join, 0));
  const full = members.length > 0 && members.every(({ slot }) => slot.state === "settled");
  const skip = full ? undefined : chosenSkip(join, await topImage(reader, join));
  return skip ? skippedValue(skip) : itemsOf(reader, join, members);
}

function topImage(reader: ValueReader, join: PlanJoin): Promise<Image | undefined> {
  return reader.deps.store.get(tallyKey(reader.run.id, join, topOf(join)), "input.read");
}

/** The same, a few at a time. */
async function* joinItems(reader: ValueReader, join: PlanJoin): AsyncGenerator<Json> {
  for (let leaf = 0; leaf < itemsAt(join, 0); leaf += leavesAtOnce) {
    const members = await membersOf(reader, join, leaf, leaf + leavesAtOnce);
    for (const some of bySize(members)) yield* await itemsOf(reader, join, some);
  }
}

/** Members in the leaves from one number up to, and without, another. */
async function membersOf(reader: ValueReader, join: PlanJoin, from: number, to: number): Promise<Member[]> {
  const leaves = Array.from({ length: Math.min(to, itemsAt(join, 0)) - from }, (_, i) => from + i);
  if (leaves.length === 0) return [];
  const written = leaves.map((leaf) => writtenLeaf(reader, join, leaf));
  const unknown = leaves.filter((_, i) => written[i] === undefined);
  const keys = unknown.map((leaf) => leafKey(reader.run.id, join, leaf));
  const read = keys.length === 0 ? [] : await reader.deps.store.getMany(keys, "input.read");
  const images = new Map(unknown.map((leaf, i) => [leaf, read[i]]));
  return leaves.flatMap((leaf, i) => slotsOf(join, leaf, written[i] ?? images.get(leaf)));
}

/** A leaf that the reader has just filled. One that was still open then has changed since. */
function writtenLeaf(reader: ValueReader, join: PlanJoin, leaf: number): Image | undefined {
  const image = writtenAt(reader, leafKey(reader.run.id, join, leaf));
  return remainingOf(join, { level: 0, number: leaf }, image) === 0 ? image : undefined;
}

/** Cuts a list of members where what they have stored apart gets too large together. */
function bySize(members: readonly Member[]): Member[][] {
  const cut: Member[][] = [[]];
  let bytes = 0;
  for (const member of members) {
    const size = storedBytes(member);
    if (bytes > 0 && bytes + size > valueBytesAtOnce) {
      cut.push([]);
      bytes = 0;
    }
    cut.at(-1)?.push(member);
    bytes += size;
  }
  return cut;
}

/** A value that is taken over from another unit may be as large as any: it is read alone. */
function storedBytes({ slot }: Member): number {
  const value = slot.state === "settled" ? slot.value : undefined;
  if (value?.kind === "reference") return valueBytesAtOnce;
  return value?.kind === "item" ? value.bytes : 0;
}

async function itemsOf(reader: ValueReader, join: PlanJoin, members: readonly Member[]): Promise<Json[]> {
  const outcomes = join.when !== "all-succeeded";
  // Most need no more of the plan than their message holds.
  const needsSources = outcomes || members.some((member) => valueIn(member)?.kind === "reference");
  const sources = needsSources ? ((await reader.run.plan.whole()).members[join.id] ?? []) : [];
  const accepted = join.when === "quorum" ? await acceptedIn(reader, join) : () => true;
  const counted = members.map((member) => (accepted(member.index) ? member : { ...member, slot: notNeeded }));
  const values = await memberValues(reader, counted, sources);
  if (!outcomes) return values.map((value, i) => (value === undefined ? insteadOf(join, members[i]) : value));
  return counted.map((member, i) => outcomeOf(reader, member.slot, values[i], sources[member.index])) as never;
}

/** What a member is to a callback whose quorum was decided without it. */
const notNeeded: SettledSlot = {
  state: "settled",
  status: "SKIPPED",
  attempt: 0,
  lost: 0,
  owner: "",
  settledAtMs: 0,
  error: { name: "not-needed", message: "the quorum was reached without this member" },
};

async function acceptedIn(reader: ValueReader, join: PlanJoin): Promise<(index: number) => boolean> {
  return acceptedOf(reader, await topImage(reader, join));
}

/** What a callback gets for a member that has no value: it was skipped by choice, or the join is not full. */
function insteadOf(join: PlanJoin, member: Member | undefined): Json {
  const skip = member && skipIn(member.slot);
  if (skip) return skippedValue(skip);
  throw new StoreError(`member ${member?.index} of join ${join.id} has no value`);
}

function valueIn({ slot }: Member): StoredValue | undefined {
  return slot.state === "settled" && slot.status === "SUCCEEDED" ? slot.value : undefined;
}

/** Values of the members that succeeded; undefined for the others. Own values are read together. */
async function memberValues(
  reader: ValueReader,
  members: readonly Member[],
  sources: readonly Source[],
): Promise<(Json | undefined)[]> {
  const stored = members.map(valueIn);
  const own = stored.flatMap((value, i) => (value && value.kind !== "reference" ? [{ i, value }] : []));
  const read = await readValues(
    reader.deps.store,
    reader.run.id,
    own.map(({ value }) => value),
  );
  const values: (Json | undefined)[] = new Array(members.length).fill(undefined);
  own.forEach(({ i }, at) => {
    values[i] = read[at];
  });
  for (const [i, value] of stored.entries()) {
    const source = sources[members[i]?.index ?? -1];
    if (value?.kind === "reference" && source) values[i] = await resolve(reader, source);
  }
  return values;
}

function outcomeOf(
  reader: ValueReader,
  slot: Slot,
  value: Json | undefined,
  source: Source | undefined,
): MemberOutcome {
  const settled = slot as SettledSlot;
  const own =
    source?.kind === "node"
      ? taskIdOf(reader.run.id, source.node)
      : source?.kind === "join"
        ? `${reader.run.id}/${source.join}`
        : reader.run.id;
  if (settled.skip !== undefined) {
    const { reason, taskId = own } = settled.skip;
    return { status: "SKIPPED", reason: reason ?? null, taskId };
  }
  const taskId = settled.error?.taskId ?? own;
  if (settled.status === "SUCCEEDED") return { status: "SUCCEEDED", value: value ?? null, taskId };
  const { name, message } = settled.error ?? { name: settled.status, message: `the task ended ${settled.status}` };
  return { status: settled.status, error: { name, message }, taskId };
}

/** Puts results in the place of `{"$result": name, "path"?: …}`, and unwraps `{"$literal": x}`. */
export function substitute(argument: Json, results: ReadonlyMap<string, Json>): Json {
  if (Array.isArray(argument)) return argument.map((item) => substitute(item as Json, results));
  if (!isJsonObject(argument)) return argument;
  if (Object.hasOwn(argument, "$literal")) return argument.$literal as Json;
  if (typeof argument.$result === "string")
    return partOf(results.get(argument.$result), argument.$result, argument.path);
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, substitute(value, results)]));
}

/** The part of a result that a reference names. */
function partOf(value: Json | undefined, name: string, path: Json | undefined): Json {
  if (value === undefined) throw new InvalidRequestError(`$result ${name}`, undefined, "names no parent of this task");
  if (typeof path !== "string") return value;
  const part = partAt(value, path);
  if (part === undefined) throw new FatalError(`the result of ${name} has no ${path}`);
  return part;
}

/** The part of a value that a path such as `items[0].id` names; undefined when there is none. */
export function partAt(value: Json, path: string): Json | undefined {
  let part: Json | undefined = value;
  for (const step of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const key = step[1] ?? (step[2] as string);
    const holder: Json | undefined = part;
    part =
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<string, Json>)[key]
        : undefined;
  }
  return part;
}
