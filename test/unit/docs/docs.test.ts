import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

it("gives every error code a heading in docs/errors.md, and no other", () => {
  const type = /export type ErrorCode =([^;]*);/.exec(read("lib/errors.ts"))?.[1] ?? "";
  const codes = [...type.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code);
  const headings = [...read("docs/errors.md").matchAll(/^### ([a-z-]+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(codes.sort());
});

it("shows the examples in the README as they are in examples/07-thumbnails", () => {
  const blocks = [...read("README.md").matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
  expect(blocks.map(([, name]) => name)).toEqual(["tasks.ts", "workflow.ts", "app.ts"]);
  for (const [, name, shown] of blocks) {
    const source = read(`examples/07-thumbnails/${name}`).replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
    const squeeze = (text: string) => text.replace(/\s+/g, " ").replace(/, \)/g, ")").trim();
    expect(squeeze(shown ?? "")).toBe(squeeze(source));
  }
});

it("names every link of the README that is a file", () => {
  const links = [...read("README.md").matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => link as string);
  for (const link of links)
    expect(() => readFileSync(new URL(`../../../${link}`, import.meta.url)), link).not.toThrow(/ENOENT/);
});
