/**
 * Good inputs with damage done to them: to their values and keys, and then to their text.
 */
import fc from "fast-check";

/** An object with that very key: a literal would set its prototype. */
const keyed = (key: string, value: unknown) =>
  Object.defineProperty({}, key, { value, enumerable: true, configurable: true, writable: true });

const nasty = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "toJSON",
  "then",
  "$result",
];
const strings = [
  "",
  " ",
  "a/b",
  "a#b",
  "a@b",
  ".",
  "..",
  "\u0000",
  "\ud800",
  "\u202e",
  "é".repeat(200),
  "x".repeat(5000),
  "[0]",
];

/** What takes the place of a part. */
const replacements: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  [],
  {},
  [[[[[]]]]],
  ...strings,
  ...nasty,
  ...nasty.map((key) => keyed(key, { polluted: true })),
  keyed("constructor", { prototype: { polluted: true } }),
  { task: "constructor" },
  { task: "toString", args: [] },
  { chain: [{ task: "echo" }] },
  { $result: "__proto__" },
  Array.from({ length: 300 }, (_, at) => at),
];

/** Turns of the damage: where, how, and with what, as numbers so that a failure shrinks. */
const changes = fc.array(fc.tuple(fc.nat(199), fc.nat(5), fc.nat(replacements.length - 1)), { maxLength: 4 });
const textChanges = fc.array(fc.tuple(fc.nat(4999), fc.nat(7)), { maxLength: 2 });

/** The text of one of `good`, damaged or not. */
export function damagedText(good: readonly unknown[]): fc.Arbitrary<string> {
  const texts = good.map((one) => JSON.stringify(one));
  return fc
    .tuple(fc.nat(texts.length - 1), changes, fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, textChanges))
    .map(([at, values, inText]) => {
      const value: unknown = JSON.parse(texts[at] as string);
      const changed = values.reduce(change, { whole: value });
      return inText.reduce(changeText, JSON.stringify(changed.whole) ?? "");
    });
}

/** The same as a value, for what is never a text. */
export function damagedValue(good: readonly unknown[]): fc.Arbitrary<unknown> {
  const texts = good.map((one) => JSON.stringify(one));
  return fc
    .tuple(fc.nat(texts.length - 1), changes)
    .map(([at, values]) => values.reduce(change, { whole: JSON.parse(texts[at] as string) as unknown }).whole);
}

type Holder = Record<string, unknown>;

function change(root: { whole: unknown }, [at, how, what]: readonly [number, number, number]): { whole: unknown } {
  const places: (readonly [Holder, string])[] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== "object" || holder === null) return;
    for (const key of Object.keys(holder)) {
      places.push([holder as Holder, key]);
      visit((holder as Holder)[key]);
    }
  };
  visit(root);
  const place = places[at % places.length];
  // Nothing is left of it.
  if (place === undefined) return root;
  const [holder, key] = place;
  const value = structuredClone(replacements[what]);
  if (how === 0) delete holder[key];
  else if (how === 1) define(holder, nasty[what % nasty.length] as string, structuredClone(holder[key]));
  else if (how === 2) define(holder, strings[what % strings.length] as string, holder[key] ?? null);
  else if (how === 3) holder[key] = [holder[key], holder[key]];
  else define(holder, key, value);
  return root;
}

function define(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) holder.push(value);
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function changeText(text: string, [at, how]: readonly [number, number]): string {
  const place = at % (text.length + 1);
  const insert = (more: string) => text.slice(0, place) + more + text.slice(place);
  switch (how) {
    case 0:
      return text.slice(0, place);
    case 1:
      return text.slice(0, place) + text.slice(place + 1);
    case 2:
      return insert('"__proto__":{"polluted":1},');
    case 3:
      return insert("9007199254740993");
    case 4:
      return insert("[".repeat(at * 10));
    case 5:
      return text.replace(/\d+/, "1e400");
    case 6:
      return `\ufeff${text}`;
    default:
      return insert(String.fromCharCode(at));
  }
}
