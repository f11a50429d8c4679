import { expect, it } from "vitest";
import { fromAttribute, toAttribute, toImage } from "../../../../lib/adapters/dynamodb/attributes.ts";
import type { Value } from "../../../../lib/ports/store.ts";

it("keeps every entry by its name, whatever that means to JavaScript", () => {
  const value = JSON.parse('{"__proto__": {"a": 1}, "constructor": "c", "0": null}') as {
    readonly [name: string]: Value;
  };
  const back = fromAttribute(toAttribute(value)) as object;
  expect(Object.entries(back)).toEqual(Object.entries(value));
  expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  const item = JSON.parse('{"__proto__": {"N": "1"}, "pk": {"S": "p"}, "sk": {"S": "s"}}');
  expect(Object.entries(toImage(item))).toEqual([["__proto__", 1]]);
});

it("leaves out an entry that is undefined, and makes text well formed in names too", () => {
  const value = { there: 1, gone: undefined, "\ud800": true } as unknown as Value;
  expect(toAttribute(value)).toEqual({ M: { there: { N: "1" }, "\ufffd": { BOOL: true } } });
});
