import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const page = read("docs/testing.md");

/** White space and line breaks differ: a part of a test stands at another depth on the page. */
const squeezed = (text: string) =>
  text
    .replace(/\s+/g, " ")
    .replace(/,? ([)\]}])/g, "$1")
    .replace(/([([{]) /g, "$1")
    .trim();

it("shows parts of the example's tests, which run", () => {
  const example = squeezed(read("examples/07-thumbnails/workflow.test.ts"));
  const blocks = [...page.matchAll(/^```ts\n\/\/ workflow\.test\.ts\n([\s\S]*?)^```$/gm)].map(
    ([, block]) => block ?? "",
  );
  expect(blocks).toHaveLength(5);
  for (const block of blocks) expect(example).toContain(squeezed(block).replace(/,$/, ""));
});

it("links to files that are there", () => {
  for (const [, link = ""] of page.matchAll(/\]\(([^)#:]+)\)/g))
    expect(existsSync(new URL(link, new URL("docs/", root))), link).toBe(true);
});

it("names every fault, and is linked from the README", () => {
  for (const fault of ["fail", "crash", "duplicate", "lose", "throttle"]) expect(page).toContain(`| \`${fault}\``);
  expect(read("README.md")).toContain("](docs/testing.md)");
});
