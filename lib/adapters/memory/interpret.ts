/**
 * A write as DynamoDB would carry it out: its condition on the stored item, then its sets and removals on a copy.
 *
 * Pure. Every set reads the item as it was before the write; no order between them shows.
 */
import { InvalidWriteError } from "../../errors.ts";
import type { Condition, Image, Key, Path, SetAction, Value, Write } from "../../ports/store.ts";
import { checkExpressions } from "./expression-limits.ts";
import { entryOf, isMap, setEntry, storedText, storedValue, textBytes, type ValueMap } from "./values.ts";

/** Bytes of a partition and a sort key (AWS, Constraints). */
const maxPartitionKeyBytes = 2048;
const maxSortKeyBytes = 1024;

/** What the condition meets: an item, or none. */
export function holds(condition: Condition, key: Key, image: Image | undefined): boolean {
  switch (condition.is) {
    case "all":
      return condition.of.every((part) => holds(part, key, image));
    case "any":
      return condition.of.some((part) => holds(part, key, image));
    case "absent":
      return find(condition.path, key, image) === undefined;
    case "present":
      return find(condition.path, key, image) !== undefined;
    case "equal":
      return find(condition.path, key, image) === storedValue(condition.value);
    case "below":
    case "above":
      return compares(condition, find(condition.path, key, image));
    default:
      return condition satisfies never;
  }
}

function compares(
  condition: { readonly is: "below" | "above"; readonly value: number },
  found: Value | undefined,
): boolean {
  if (typeof found !== "number") return false;
  return condition.is === "below" ? found < condition.value : found > condition.value;
}

/** A path that leads through something else than a map leads nowhere. */
function find(path: Path, key: Key, image: Image | undefined): Value | undefined {
  if (image === undefined) return undefined;
  const [name] = path;
  const top = name === "pk" || name === "sk" ? key[name] : entryOf(image as ValueMap, name);
  if (path[1] === undefined) return top;
  return isMap(top) ? entryOf(top, path[1]) : undefined;
}

/** The item after the write. The condition has been met. */
export function applied(write: Write, before: Image | undefined): Image {
  const after: { [name: string]: Value } = { ...before };
  for (const action of write.set) setPath(write.key, action, before, after);
  for (const name of write.remove ?? []) delete after[name];
  return after;
}

function setPath(key: Key, action: SetAction, before: Image | undefined, after: { [name: string]: Value }): void {
  const [name, entry] = action.path;
  if ("minus" in action) {
    setEntry(after, name, countedDown(key, action, before));
    return;
  }
  const value = stored(key, action.path, action.value);
  if (entry === undefined) {
    setEntry(after, name, value);
    return;
  }
  const map = before === undefined ? undefined : entryOf(before as ValueMap, name);
  if (!isMap(map))
    throw new InvalidWriteError(key, `${name}.${entry}: an entry can only be set where ${name} is a map`);
  setEntry(after, name, { ...(entryOf(after, name) as ValueMap), [storedText(entry)]: value });
}

function countedDown(key: Key, action: Extract<SetAction, { minus: number }>, before: Image | undefined): Value {
  const [name] = action.path;
  const there = before === undefined ? undefined : entryOf(before as ValueMap, name);
  const found = there === undefined ? action.initial : there;
  if (typeof found !== "number") throw new InvalidWriteError(key, `${name}: only a number can be counted down`);
  return stored(key, action.path, found - action.minus);
}

function stored(key: Key, path: Path, value: Value): Value {
  try {
    return storedValue(value);
  } catch (cause) {
    throw new InvalidWriteError(key, `${path.join(".")}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * Refuses what DynamoDB refuses before it looks at the item.
 *
 * @throws {@link InvalidWriteError}
 */
export function checkWrite(write: Write): void {
  const { key } = write;
  checkKey(key);
  const touched = new Map<string, "whole" | Set<string>>();
  for (const { path } of write.set) touch(key, touched, path);
  for (const name of write.remove ?? []) touch(key, touched, [name]);
  checkExpressions(write);
  for (const action of write.set) {
    if ("minus" in action && !(Number.isSafeInteger(action.minus) && Number.isSafeInteger(action.initial))) {
      throw new InvalidWriteError(
        key,
        `${action.path[0]}: counting down takes integers, found ${action.initial} - ${action.minus}`,
      );
    }
  }
}

/** Two paths of one write may not overlap. */
function touch(key: Key, touched: Map<string, "whole" | Set<string>>, [name, entry]: Path): void {
  if (name === "pk" || name === "sk") throw new InvalidWriteError(key, `${name}: part of the key, cannot be written`);
  if (name === "" || entry === "") throw new InvalidWriteError(key, "a path with an empty name");
  const before = touched.get(name);
  if (before === "whole" || (before && (entry === undefined || before.has(entry)))) {
    throw new InvalidWriteError(key, `${name}: two parts of one write overlap`);
  }
  touched.set(name, entry === undefined ? "whole" : new Set([...(before ?? []), entry]));
}

/** @throws {@link InvalidWriteError} for a key that DynamoDB refuses. */
function checkKey(key: Key): void {
  const [partition, sort] = [textBytes(key.pk), textBytes(key.sk)];
  if (partition < 1 || partition > maxPartitionKeyBytes)
    throw new InvalidWriteError(key, `pk of ${partition} bytes, allowed are 1 to ${maxPartitionKeyBytes}`);
  if (sort < 1 || sort > maxSortKeyBytes)
    throw new InvalidWriteError(key, `sk of ${sort} bytes, allowed are 1 to ${maxSortKeyBytes}`);
}
