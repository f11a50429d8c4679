/**
 * Random operations on a store, and what a store answers to one.
 *
 * Few keys, names and values, so that operations meet: a name is now a map, now a number, now gone. Out of scope, since
 * engines may differ there: the order of equal index times, items within 1 KB of the limit, fractions counted down.
 */
import fc from "fast-check";
import type { Condition, Item, Key, Page, Path, SetAction, Store, Value, Write } from "../../lib/ports/index.ts";

export type Operation =
  | { readonly is: "write"; readonly write: Write }
  | { readonly is: "get"; readonly key: Key }
  | { readonly is: "getMany"; readonly keys: readonly Key[] }
  | { readonly is: "query"; readonly pk: string; readonly prefix: string }
  | { readonly is: "remove"; readonly keys: readonly Key[] }
  | { readonly is: "due"; readonly shard: string; readonly before: number }
  | { readonly is: "list"; readonly shard: string };

const names = ["a", "b", "map", "n", "status", "constructor"];
const entries = ["x", "y", "constructor"];
const shards = ["shard#0", "shard#1"];
const partitions = ["run-1", "run-2"];
const sortKeys = ["tally#0", "tally#1", "é🎉"];

const keys = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Key>({ pk: "run-1", sk: "tally#0" }) },
  { weight: 1, arbitrary: fc.record({ pk: fc.constantFrom(...partitions), sk: fc.constantFrom(...sortKeys) }) },
);
const numbers = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, -2.25, 1e-130, 1e15, Number.MAX_SAFE_INTEGER) },
);
const texts = fc.oneof(fc.constantFrom("", "a", "0", "true"), fc.string({ unit: "binary", maxLength: 4 }));
const scalars = fc.oneof(numbers, texts, fc.boolean());
const { value: values } = fc.letrec<{ value: Value; map: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    scalars,
    fc.constant(null),
    fc.uint8Array({ maxLength: 3 }),
    fc.array(tie("value"), { maxLength: 2, depthIdentifier: "value" }),
    tie("map"),
  ),
  map: fc.dictionary(fc.constantFrom(...entries), tie("value"), {
    maxKeys: 3,
    depthIdentifier: "value",
    noNullPrototype: true,
  }),
}));

const paths: fc.Arbitrary<Path> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...names)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("map", "map", "a"), fc.constantFrom(...entries)) },
);

const { condition: conditions } = fc.letrec<{ condition: Condition; list: Condition[] }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthIdentifier: "condition" },
    { weight: 2, arbitrary: fc.record({ is: fc.constantFrom("absent", "present"), path: paths }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constant("equal"), path: paths, value: scalars }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constantFrom("below", "above"), path: paths, value: numbers }) },
    { weight: 2, arbitrary: fc.record({ is: fc.constantFrom("all", "any"), of: tie("list") }) },
  ) as fc.Arbitrary<Condition>,
  list: fc.array(tie("condition"), { maxLength: 3, depthIdentifier: "condition" }),
}));

const set = (path: Path, value: fc.Arbitrary<Value>): fc.Arbitrary<SetAction> =>
  value.map((drawn) => ({ path, value: drawn }));

const countDowns: fc.Arbitrary<SetAction> = fc.record({
  path: fc.constantFrom<["n"] | ["remaining"]>(["n"], ["remaining"]),
  minus: fc.integer({ min: -2, max: 2 }),
  initial: fc.integer({ min: -5, max: 5 }),
});

/**
 * What engines differ in, so that no store promises it: dynoxide 1.2.1 makes a map of a null when an entry of it is set,
 * which DynamoDB refuses; and DynamoDB counts fractions and large numbers in decimal digits.
 */
function isOutOfScope({ path: [name, entry], value }: { readonly path: Path; readonly value: Value }): boolean {
  if (entry !== undefined) return false;
  if (name === "map" || name === "a") return value === null;
  return name === "n" && typeof value === "number" && !(Number.isInteger(value) && value < 1000);
}

const sets: fc.Arbitrary<SetAction> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ path: paths, value: values }).filter((action) => !isOutOfScope(action)) },
  { weight: 2, arbitrary: set(["map"], fc.constant({ x: 1 })) },
  { weight: 2, arbitrary: set(["n"], fc.integer({ min: -3, max: 3 })) },
  { weight: 2, arbitrary: countDowns },
  { weight: 1, arbitrary: set(["due"], fc.integer({ min: 0, max: 5 })) },
  { weight: 1, arbitrary: set(["listAt"], fc.integer({ min: 0, max: 5 })) },
);

/** What puts an item into both indexes. */
const indexed = fc.tuple(
  set(["dueShard"], fc.constantFrom(...shards)),
  set(["due"], fc.integer({ min: 0, max: 5 })),
  set(["listShard"], fc.constantFrom(...shards)),
  set(["listAt"], fc.integer({ min: 0, max: 5 })),
);

/** Mostly sets without overlapping paths, which every store takes; now and then any. */
const setLists = fc.oneof(
  { weight: 8, arbitrary: fc.uniqueArray(sets, { maxLength: 3, selector: ({ path }) => path[0] }) },
  { weight: 1, arbitrary: fc.array(sets, { maxLength: 3 }) },
  { weight: 1, arbitrary: indexed },
);

const removals = fc.uniqueArray(fc.constantFrom(...names, "remaining", "due", "listShard"), { maxLength: 2 });

const absence = fc.constant(undefined);

const writes: fc.Arbitrary<Write> = fc
  .record({
    key: keys,
    set: setLists,
    remove: fc.oneof(removals, absence, absence),
    condition: fc.oneof(conditions, absence),
  })
  .map(({ key, set, remove, condition }) => ({
    key,
    set,
    ...(remove === undefined ? {} : { remove }),
    ...(condition === undefined ? {} : { condition }),
  }));

export const operations: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ is: fc.constant("write" as const), write: writes }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("get" as const), key: keys }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("getMany" as const), keys: fc.array(keys, { maxLength: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("query" as const),
      pk: fc.constantFrom(...partitions),
      prefix: fc.constantFrom("", "tally#", "tally#1", "é", "none"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("remove" as const), keys: fc.array(keys, { maxLength: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("due" as const),
      shard: fc.constantFrom(...shards),
      before: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("list" as const), shard: fc.constantFrom(...shards) }) },
);

/** What a store answers; the class alone of what it throws. */
export async function answerOf(store: Store, operation: Operation): Promise<unknown> {
  try {
    return await perform(store, operation);
  } catch (error) {
    return { thrown: error instanceof Error ? error.name : error };
  }
}

async function perform(store: Store, operation: Operation): Promise<unknown> {
  switch (operation.is) {
    case "write":
      return await store.write(operation.write, "test.write");
    case "get":
      return await store.get(operation.key, "test.get");
    case "getMany":
      return await store.getMany(operation.keys, "test.getMany");
    case "query":
      return await store.query(operation.pk, operation.prefix, undefined, "test.query");
    case "remove":
      return await store.remove(operation.keys, "test.remove");
    case "due":
      return byTime(await store.due(operation.shard, operation.before, undefined, "test.due"), "due", 1);
    case "list":
      return byTime(await store.list(operation.shard, undefined, "test.list"), "listAt", -1);
    default:
      return operation satisfies never;
  }
}

/** The items of a page that is in order, those of equal times sorted by key. */
function byTime({ items, cursor }: Page<Item>, time: "due" | "listAt", direction: 1 | -1): unknown {
  const times = items.map(({ image }) => direction * (image[time] as number));
  const ordered = times.every((value, i) => i === 0 || value >= (times[i - 1] as number));
  const text = ({ key, image }: Item): string => `${(image[time] as number) + 10} ${key.pk} ${key.sk}`;
  return { ordered, cursor, items: [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1)) };
}
