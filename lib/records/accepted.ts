/**
 * What a quorum has accepted: the members that were settled when it was decided. Kept as ranges, in the decision or apart
 * from it, and never changed: so every attempt of the callback gets the same list (S11), and what comes later is late.
 */
import { StoreError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Image, Store, Value } from "../ports/index.ts";
import { decodeValue, encodeValue } from "../protocol/slot.ts";
import { itemsAt, leafKey, slotsOf } from "../protocol/tally.ts";
import { readValue, storeValue } from "./values.ts";

interface Reader {
  readonly deps: { readonly store: Store; readonly partBytes?: number };
  readonly run: { readonly id: string };
}

type Range = readonly [first: number, last: number];

/** The members that are settled now, as a decision keeps them. Written before the decision that names them. */
export async function acceptedMembers({ deps, run }: Reader, join: PlanJoin): Promise<Value> {
  const keys = Array.from({ length: itemsAt(join, 0) }, (_, leaf) => leafKey(run.id, join, leaf));
  const images = await deps.store.getMany(keys, "join.read");
  const settled = images.flatMap((image, leaf) =>
    slotsOf(join, leaf, image).flatMap(({ index, slot }) => (slot.state === "settled" ? [index] : [])),
  );
  const ranges = rangesOf(settled) as unknown as Json;
  const stored = await storeValue(deps.store, run.id, ranges, limits.inlineValueBytes, deps.partBytes);
  if (stored.kind === "refused") throw new StoreError(`join ${join.id}: its accepted members could not be stored`);
  return encodeValue(stored.value);
}

function rangesOf(indexes: readonly number[]): Range[] {
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
}

/** Whether a member is among those that a decided quorum has accepted. */
export async function acceptedOf({ deps, run }: Reader, top: Image | undefined): Promise<(index: number) => boolean> {
  const value = decodeValue((top?.accepted ?? {}) as never);
  if (value.kind === "reference") throw new StoreError(`run ${run.id}: a quorum without its accepted members`);
  const ranges = (await readValue(deps.store, run.id, value)) as unknown as readonly Range[];
  const accepted = new Set(
    ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
  );
  return (index) => accepted.has(index);
}
