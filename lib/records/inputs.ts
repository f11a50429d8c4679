/**
 * The arguments of a task, from stored outcomes that no longer change: every attempt sees the same (S11).
 */
import { FatalError, InvalidRequestError, StoreError } from "../errors.ts";
import { type NodeId, taskIdOf } from "../model/ids.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import type { MemberOutcome } from "../model/outcome.ts";
import type { PlanJoin, PlanNode, Source } from "../plan/types.ts";
import type { Store } from "../ports/index.ts";
import { slotPlace } from "../protocol/keys.ts";
import { decodeSlot, type SettledSlot, type Slot } from "../protocol/slot.ts";
import { itemsAt, leafKey, slotsOf } from "../protocol/tally.ts";
import { failureSummary } from "./failures.ts";
import { leafSizeOf, type PlanView } from "./plans.ts";
import { type OwnValue, readValue, readValues } from "./values.ts";

/** What reading values needs: any delivery has it, and so has the client. */
export interface ValueReader {
  readonly deps: { readonly store: Store };
  readonly run: { readonly id: string; readonly plan: PlanView };
}

/** The arguments a body is called with: what came before, then the bound ones. */
export async function argumentsOf(reader: ValueReader, node: PlanNode): Promise<Json[]> {
  const input = node.input === null ? [] : [await resolve(reader, node.input)];
  const results = new Map<string, Json>();
  for (const [name, source] of Object.entries(node.results ?? {})) results.set(name, await resolve(reader, source));
  return [...input, ...node.args.map((argument) => substitute(argument, results))];
}

/** The value of a source. */
export async function resolve(reader: ValueReader, source: Source): Promise<Json> {
  switch (source.kind) {
    case "node":
      return nodeValue(reader, source.node);
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
  const place = slotPlace(reader.run.id, node, await leafSizeOf(reader.run.plan, node));
  const image = await reader.deps.store.get(place.key, "input.read");
  const slot = decodeSlot(image?.[place.attribute]);
  return readValue(reader.deps.store, reader.run.id, storedIn(slot, id));
}

function storedIn(slot: Slot, id: NodeId): OwnValue {
  if (slot.state !== "settled" || slot.value === undefined || slot.value.kind === "reference") {
    throw new StoreError(`the value of ${id} is not there: its slot is ${slot.state}`);
  }
  return slot.value;
}

/** The members of a join in header order: values, or outcomes when failures are among what was asked for. */
async function joinValue(reader: ValueReader, join: PlanJoin): Promise<Json> {
  if (join.size === 0) return [];
  const plan = await reader.run.plan.whole();
  const members = plan.members[join.id] ?? [];
  const keys = Array.from({ length: itemsAt(join, 0) }, (_, leaf) => leafKey(reader.run.id, join.id, leaf));
  const images = await reader.deps.store.getMany(keys, "input.read");
  const slots = images.flatMap((image, leaf) => slotsOf(join, leaf, image));
  const values = await memberValues(
    reader,
    slots.map(({ slot }) => slot),
    members,
  );
  if (join.when === "all-succeeded") return values.map((value, i) => (value === undefined ? missing(join, i) : value));
  return slots.map(({ slot }, i) => outcomeOf(reader, slot, values[i], members[i])) as unknown as Json;
}

function missing(join: PlanJoin, index: number): never {
  throw new StoreError(`member ${index} of join ${join.id} has no value`);
}

/** Values of the members that succeeded; undefined for the others. Own values are read together. */
async function memberValues(
  reader: ValueReader,
  slots: readonly Slot[],
  members: readonly Source[],
): Promise<(Json | undefined)[]> {
  const stored = slots.map((slot) =>
    slot.state === "settled" && slot.status === "SUCCEEDED" ? slot.value : undefined,
  );
  const own = stored.flatMap((value, i) => (value && value.kind !== "reference" ? [{ i, value }] : []));
  const read = await readValues(
    reader.deps.store,
    reader.run.id,
    own.map(({ value }) => value),
  );
  const values: (Json | undefined)[] = new Array(slots.length).fill(undefined);
  own.forEach(({ i }, at) => {
    values[i] = read[at];
  });
  for (const [i, value] of stored.entries()) {
    const source = members[i];
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

/** The part of a result that a path such as `items[0].id` names. */
function partOf(value: Json | undefined, name: string, path: Json | undefined): Json {
  if (value === undefined) throw new InvalidRequestError(`$result ${name}`, undefined, "names no parent of this task");
  if (typeof path !== "string") return value;
  let part: Json | undefined = value;
  for (const step of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const key = step[1] ?? (step[2] as string);
    const holder: Json | undefined = part;
    part =
      typeof holder === "object" && holder !== null && Object.hasOwn(holder, key)
        ? (holder as Record<string, Json>)[key]
        : undefined;
    if (part === undefined) throw new FatalError(`the result of ${name} has no ${path}`);
  }
  return part;
}
