/**
 * Values that JSON cannot hold, or holds in another form, and what becomes of each (docs/values.md).
 */
import type { Json } from "../../../lib/model/json.ts";

/** What a body does, and what is recorded of it. */
export interface Odd {
  readonly name: string;
  readonly make: () => unknown;
  /** What the next task gets; absent when it is refused. */
  readonly value?: Json;
  /** Name of the error, and what its message says. */
  readonly error?: readonly [name: string, message: string | RegExp];
}

class Point {
  readonly x = 1;
}

const cyclic = (): object => {
  const parent: { items: object[] } = { items: [] };
  parent.items.push({ parent });
  return parent;
};

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

/** Forty levels, each of which holds the next twice: a million million texts, in forty lists. */
const doubled = (): unknown => {
  let value: unknown = "x".repeat(1000);
  for (let level = 0; level < 40; level++) value = [value, value];
  return value;
};

const throwing = (text: string): never => {
  throw new Error(text);
};

const unfit = (message: string): Pick<Odd, "error"> => ({ error: ["result-not-json", message] });

/** What a body may return. */
export const returned: readonly Odd[] = [
  { name: "undefined", make: () => undefined, value: null },
  { name: "null", make: () => null, value: null },
  { name: "an empty list", make: () => [], value: [] },
  { name: "an empty object", make: () => ({}), value: {} },
  { name: "an empty text", make: () => "", value: "" },
  { name: "what looks like an outcome", make: () => ({ status: "FAILED" }), value: { status: "FAILED" } },
  { name: "undefined in an object", make: () => ({ a: undefined, b: 1 }), value: { b: 1 } },
  { name: "undefined in a list", make: () => [undefined, 1], value: [null, 1] },
  { name: "a list with holes", make: () => Object.assign(new Array(3), { 1: "x" }), value: [null, "x", null] },
  { name: "-0", make: () => -0, value: 0 },
  { name: "a number beyond 2^53", make: () => 2 ** 60, value: 2 ** 60 },
  { name: "a Date", make: () => new Date(0), value: "1970-01-01T00:00:00.000Z" },
  { name: "a Buffer", make: () => Buffer.from("é"), value: { type: "Buffer", data: [195, 169] } },
  { name: "what says itself what it is", make: () => ({ toJSON: (key: string) => [key] }), value: [""] },
  { name: "what says that it is nothing", make: () => ({ a: { toJSON: () => undefined } }), value: {} },
  {
    name: "characters that SQS does not take",
    make: () => "x\uFFFF\uFFFE\u0000\uD800",
    value: "x\uFFFF\uFFFE\u0000\uD800",
  },
  { name: "a key that is a lone surrogate", make: () => ({ "\uDC00": 1 }), value: { "\uDC00": 1 } },
  { name: "a promise", make: () => Promise.resolve(7), value: 7 },
  { name: "an object without a prototype", make: () => Object.assign(Object.create(null), { a: 1 }), value: { a: 1 } },
  {
    name: "NaN",
    make: () => ({ rate: Number.NaN }),
    ...unfit('result.rate: must be a finite number: JSON has no other, found "NaN"'),
  },
  {
    name: "Infinity",
    make: () => Number.POSITIVE_INFINITY,
    ...unfit('result: must be a finite number: JSON has no other, found "Infinity"'),
  },
  {
    name: "-Infinity",
    make: () => [1, Number.NEGATIVE_INFINITY],
    ...unfit('result[1]: must be a finite number: JSON has no other, found "-Infinity"'),
  },
  { name: "a bigint", make: () => ({ id: 10n }), ...unfit('result.id: must be JSON: a bigint is not, found "10"') },
  {
    name: "a function",
    make: () => ({ run: () => 1 }),
    ...unfit('result.run: must be JSON: a function is not, found "() => 1"'),
  },
  { name: "a symbol", make: () => Symbol("s"), ...unfit('result: must be JSON: a symbol is not, found "Symbol(s)"') },
  { name: "a Map", make: () => [new Map()], ...unfit("result[0]: must be JSON: an object of class Map is not") },
  { name: "a Set", make: () => new Set([1]), ...unfit("result: must be JSON: an object of class Set is not") },
  {
    name: "bytes",
    make: () => ({ data: new Uint8Array(2) }),
    ...unfit("result.data: must be JSON: an object of class Uint8Array is not"),
  },
  {
    name: "an error",
    make: () => [new Error("x")],
    ...unfit("result[0]: must be JSON: an object of class Error is not"),
  },
  {
    name: "an instance of a class",
    make: () => ({ at: new Point() }),
    ...unfit("result.at: must be JSON: an object of class Point is not"),
  },
  {
    name: "a Date that is none",
    make: () => new Date(Number.NaN),
    ...unfit("result: must be JSON: a Date that is no time is not"),
  },
  {
    name: "a promise inside",
    make: () => [Promise.resolve(1)],
    ...unfit("result[0]: must be JSON: an object of class Promise is not"),
  },
  {
    name: "a toJSON that throws",
    make: () => ({ a: { toJSON: () => throwing("no") } }),
    ...unfit('result.a: must be JSON: reading it threw "no"'),
  },
  {
    name: "a getter that throws",
    make: () => [
      {
        get a() {
          return throwing("not now");
        },
      },
    ],
    ...unfit('result[0].a: must be JSON: reading it threw "not now"'),
  },
  {
    name: "a proxy that throws",
    make: () => [new Proxy({}, { ownKeys: () => throwing("hidden") })],
    ...unfit('result[0]: must be JSON: reading it threw "hidden"'),
  },
  {
    name: "a cycle",
    make: cyclic,
    ...unfit("result.items[0].parent: must not be a value that holds it: a cycle"),
  },
  {
    name: "nesting without end",
    make: () => nested(100_000),
    error: ["result-not-json", /^result(\[0\]){10}…(\[0\]){10}: must not be nested more than 1000 deep$/],
  },
  {
    name: "a __proto__ key",
    make: () => JSON.parse('{"a":{"__proto__":{"admin":true}}}'),
    ...unfit("result.a.__proto__: must not be there: the key __proto__ is refused everywhere"),
  },
  {
    name: "a list of four thousand million holes",
    make: () => new Array(2 ** 32 - 1),
    error: ["result-too-large", /104857600/],
  },
  {
    name: "a value that holds itself a million million times",
    make: doubled,
    error: ["result-too-large", /104857600/],
  },
];

const loop = (): Error => {
  const error = new Error("round and round");
  error.cause = new Error("inner", { cause: error });
  return error;
};

const failed = (message: string | RegExp, name = "Error"): Pick<Odd, "error"> => ({ error: [name, message] });

/** What a body may throw. */
export const thrown: readonly Odd[] = [
  { name: "an error that is its own cause", make: loop, ...failed("round and round") },
  { name: "an error with a message of a megabyte", make: () => new Error("x".repeat(2 ** 20)), ...failed(/^x{253}…$/) },
  {
    name: "an error with a stack of a megabyte",
    make: () => Object.assign(new Error("x"), { stack: "s".repeat(2 ** 20) }),
    ...failed("x"),
  },
  { name: "an error with half a character", make: () => new Error("a\uD800b"), ...failed("a\uFFFDb") },
  {
    name: "an error with a name of a megabyte",
    make: () => Object.assign(new Error("x"), { name: "N".repeat(2 ** 20) }),
    ...failed("x", `${"N".repeat(61)}…`),
  },
  { name: "undefined", make: () => undefined, ...failed("undefined") },
  { name: "null", make: () => null, ...failed("null") },
  { name: "a text", make: () => "broken", ...failed("broken") },
  { name: "a number", make: () => 42, ...failed("42") },
  { name: "a bigint", make: () => 10n, ...failed("10") },
  { name: "a symbol", make: () => Symbol("s"), ...failed("Symbol(s)") },
  { name: "a plain object", make: () => ({ code: 5 }), ...failed('{"code":5}') },
  { name: "an object like an error", make: () => ({ name: "Odd", message: "like one" }), ...failed("like one", "Odd") },
  { name: "a cycle", make: cyclic, ...failed("[object Object]") },
  { name: "an object without a text", make: () => Object.create(null), ...failed("the thrown value has no text") },
  {
    name: "a thenable",
    make: () => ({ then: (resolve: (value: string) => void) => resolve("never mind") }),
    ...failed("{}"),
  },
  {
    name: "an error whose message throws",
    make: () => Object.defineProperty(new Error("x"), "message", { get: () => throwing("no") }),
    ...failed("the thrown value has no text"),
  },
  {
    name: "an error whose name throws",
    make: () => Object.defineProperty(new Error("x"), "name", { get: () => throwing("no") }),
    ...failed("x"),
  },
  {
    name: "an error whose status throws",
    make: () => Object.defineProperty(new Error("x"), "status", { get: () => throwing("no") }),
    ...failed("x"),
  },
  {
    name: "a proxy that throws at every touch",
    make: () =>
      new Proxy(Object.create(null), {
        get: () => throwing("a"),
        has: () => throwing("b"),
        getPrototypeOf: () => throwing("c"),
      }),
    ...failed("the thrown value has no text"),
  },
];
