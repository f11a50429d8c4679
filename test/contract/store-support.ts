/**
 * What the contract suites of stores share.
 */
import type { Condition, Image, Key, Store } from "../../lib/ports/index.ts";

let partitions = 0;

/** A key in a partition that no other test uses. */
export function freshKey(sk = "item"): Key {
  return { pk: `partition-${++partitions}`, sk };
}

/** Stores an item as a whole. */
export async function put(store: Store, key: Key, image: Image): Promise<void> {
  await store.write({ key, set: Object.entries(image).map(([name, value]) => ({ path: [name], value })) }, "test.put");
}

export const absent = (...path: [string] | [string, string]): Condition => ({ is: "absent", path });
export const present = (...path: [string] | [string, string]): Condition => ({ is: "present", path });
export const equal = (path: [string] | [string, string], value: string | number | boolean): Condition => ({
  is: "equal",
  path,
  value,
});
export const below = (path: [string] | [string, string], value: number): Condition => ({ is: "below", path, value });
export const above = (path: [string] | [string, string], value: number): Condition => ({ is: "above", path, value });
export const all = (...of: Condition[]): Condition => ({ is: "all", of });
export const any = (...of: Condition[]): Condition => ({ is: "any", of });
