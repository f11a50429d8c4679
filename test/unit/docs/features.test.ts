/**
 * docs/features.md: that the tests it names exist, and that it leaves out no key of the grammar and no command.
 */
import { expect, it } from "vitest";
import { createProgram } from "../../../cli/program.ts";
import { requestJsonSchema } from "../../../lib/model/request.ts";
import { fakeIo } from "../../cli/fake-io.ts";
import { missingTests, read } from "./shown-by.ts";

const page = read("docs/features.md");
const rows = [...page.matchAll(/^\| ([^|]*\S) +\| (`[^|]*\S) +\|$/gm)].map(([, feature, how]) => ({
  feature: feature as string,
  how: (how as string).split("<br>"),
}));
const words = new Set(rows.flatMap(({ feature }) => [...feature.matchAll(/`([^`]+)`/g)].map(([, word]) => word)));

/** Every key that an object of a JSON Schema may have, at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties } = schema as { readonly properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(keysOf)];
}

it("has every feature once", () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(rows).toHaveLength([...page.matchAll(/^\| (?!Feature|-)/gm)].length);
  expect(new Set(rows.map(({ feature }) => feature)).size).toBe(rows.length);
});

it("names tests that exist", () => {
  expect(missingTests(rows.flatMap(({ how }) => how))).toEqual([]);
});

it("has every key of the grammar of requests", () => {
  const keys = [...new Set(keysOf(requestJsonSchema()))];
  expect(keys.length).toBeGreaterThan(50);
  expect(keys.filter((key) => !words.has(key))).toEqual([]);
});

it("has every command", async () => {
  const commands = (await createProgram(fakeIo())).commands.map((command) => `tutti ${command.name()}`);
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !words.has(command))).toEqual([]);
});

it("is linked from the README", () => {
  expect(read("README.md")).toContain("](docs/features.md)");
});
