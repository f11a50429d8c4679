/**
 * Sizes and units against the examples of AWS's documentation (CapacityUnitCalculations, read-write-operations, GSI).
 */
import { describe, expect, it } from "vitest";
import { itemBytes, readUnits, writeCapacity, writeUnits } from "../../../bench/meter/item-size.ts";
import type { Image } from "../../../lib/ports/index.ts";

const key = { pk: "p", sk: "s" };
/** Of the key above: two names of two bytes, two values of one. */
const keyBytes = 6;
const bytesOf = (image: Image) => itemBytes({ key, image }) - keyBytes;

describe("itemBytes", () => {
  it.each<[string, Image, number]>([
    ["names and values of texts", { "shirt-color": "R", "shirt-size": "M" }, 23],
    ["a text in UTF-8", { é: "🎉" }, 2 + 4],
    ["a number of two digits", { n: 27 }, 1 + 1 + 1],
    ["a number of three digits", { n: 127 }, 1 + 2 + 1],
    ["a number whose trailing zeros are trimmed", { n: 12_000_000 }, 1 + 1 + 1],
    ["a negative number", { n: -27 }, 1 + 1 + 1 + 1],
    ["a fraction, paired from the point", { n: 3.14 }, 1 + 2 + 1],
    ["a fraction whose leading zeros are trimmed", { n: 0.0012 }, 1 + 1 + 1],
    ["zero", { n: 0 }, 1 + 1],
    ["a time in milliseconds", { n: 1_767_260_467_123 }, 1 + 7 + 1],
    ["raw bytes", { b: new Uint8Array(10) }, 1 + 10],
    ["true, false and null", { a: true, b: false, c: null }, 3 * (1 + 1)],
    ["an empty list and an empty map", { l: [], m: {} }, 2 * (1 + 3)],
    ["a list: 3 bytes, and one an element", { l: ["ab", 1] }, 1 + 3 + (1 + 2) + (1 + 2)],
    ["a map: 3 bytes, and one an element", { m: { x: "ab" } }, 1 + 3 + (1 + 1 + 2)],
  ])("counts %s", (_what, image, bytes) => {
    expect(bytesOf(image)).toBe(bytes);
  });
});

describe("units", () => {
  it.each([
    [0, 1],
    [500, 1],
    [1024, 1],
    [1025, 2],
    [3584, 4],
  ])("of a write of %d bytes are %d", (bytes, units) => {
    expect(writeUnits(bytes)).toBe(units);
  });

  it.each([
    [0, 1, 0.5],
    [3584, 1, 0.5],
    [8192, 2, 1],
    [6656, 2, 1],
    [41_779, 11, 5.5],
  ])("of a read of %d bytes are %d, eventually consistent %d", (bytes, strong, eventual) => {
    expect([readUnits(bytes), readUnits(bytes, "eventual")]).toEqual([strong, eventual]);
  });
});

describe("writeCapacity", () => {
  const large = { a: "x".repeat(1500) };
  const due = { dueShard: "due#0", due: 5 };
  const listed = { listShard: "list#0", listAt: 5 };

  it.each<[string, Image | undefined, Image | undefined, number, object]>([
    ["a new item", undefined, {}, 1, {}],
    ["the larger of before and after, when it shrinks", large, {}, 2, {}],
    ["the larger of before and after, when it grows", {}, large, 2, {}],
    ["a deleted item", large, undefined, 2, {}],
    ["nothing deleted", undefined, undefined, 1, {}],
    ["an item that comes into an index", large, { ...large, ...due }, 2, { due: 1 }],
    ["an item that leaves an index", { ...large, ...due }, large, 2, { due: 1 }],
    ["a changed index key: out and in again", { ...large, ...due }, { ...large, ...due, due: 6 }, 2, { due: 2 }],
    ["a change that keys alone do not show", { ...due }, { ...due, b: 1 }, 1, {}],
    ["a change that a whole copy shows", { ...large, ...listed }, { ...large, ...listed, b: 1 }, 2, { list: 2 }],
    ["a write that changes nothing", { ...due, ...listed }, { ...due, ...listed }, 1, {}],
  ])("counts %s", (_what, before, after, table, indexes) => {
    const total = Object.values(indexes as Record<string, number>).reduce((sum, units) => sum + units, table);
    expect(writeCapacity(key, before, after)).toEqual({ table, indexes, total });
  });
});
