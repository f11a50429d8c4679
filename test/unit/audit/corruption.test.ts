/**
 * What share of corruptions the audit notices: in the dumps of finished runs each attribute in turn, and each entry of one, is
 * taken away, replaced by something of another type, and changed into another value of its type.
 *
 * The shares are the last numbers of the rows below. Not every change can be noticed. A value, an error or a hash of a document may be any; an optional entry may be missing; a
 * time may be another. What matters for what is decided, and for what is found again, is noticed.
 */
import { describe, expect, it } from "vitest";
import type { Image, Value } from "../../../lib/ports/index.ts";
import { audited, type Dump, dumpOf, merged } from "./dumps.ts";

const scenarios = [
  "chord of 5",
  "chord of 9, three levels",
  "large values in parts",
  "failing member, two levels",
  "finish: a chain",
  "quorum long before its stragglers",
  "retry of a failing member",
  "map over a result",
  "document by reference, removed",
];

const corruptions = {
  taken: () => undefined,
  retyped: (value: Value): Value => (typeof value === "string" ? 7 : "?"),
  changed,
} as const;

function changed(value: Value): Value {
  if (typeof value === "number") return value + 1;
  if (typeof value === "string") return value.endsWith("0") ? `${value}1` : `${value}0`;
  if (typeof value === "boolean") return !value;
  if (value instanceof Uint8Array) return value.map((byte, i) => (i === value.length >> 1 ? byte ^ 1 : byte));
  if (Array.isArray(value)) return value.slice(1);
  return {};
}

interface Case {
  readonly what: string;
  readonly dump: Dump;
}

/** Every attribute, and every entry of a map, broken in that way: one at a time. */
function* corrupted(dump: Dump, corrupt: (value: Value) => Value | undefined): Generator<Case> {
  for (const [number, { key, image }] of dump.items.entries()) {
    const withImage = (what: string, next: Image): Case => ({
      what: `${key.sk.replace(/[0-9a-f]{32}/, "<hash>")} ${what}`,
      dump: { ...dump, items: dump.items.map((item, i) => (i === number ? { key, image: next } : item)) },
    });
    for (const [name, value] of Object.entries(image)) {
      yield withImage(name, merged(image, { [name]: corrupt(value) }));
      if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) continue;
      for (const [entry, inner] of Object.entries(value as Image))
        yield withImage(
          `${name}.${entry}`,
          merged(image, { [name]: merged(value as Image, { [entry]: corrupt(inner) }) }),
        );
    }
  }
}

const dumps: Dump[] = [];
for (const name of scenarios) dumps.push(await dumpOf(name));

describe("of attributes and entries in the dumps of finished runs", () => {
  it.each([
    ["taken away", "taken", 0.92],
    ["of another type", "retyped", 1],
    ["of another value", "changed", 0.55],
  ] as const)("the audit notices those that are %s", (_, kind, floor) => {
    const cases = dumps.flatMap((dump) => [...corrupted(dump, corruptions[kind])]);
    const missed = cases.filter(({ dump }) => audited(dump).length === 0).map(({ what }) => what);
    expect(cases.length).toBeGreaterThan(400);
    expect(1 - missed.length / cases.length, missed.join("\n")).toBeGreaterThanOrEqual(floor);
  });
});
