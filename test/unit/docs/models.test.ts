/**
 * The models' guards: what the models number, what the code cites, and the table of verification/spin/README.md are the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cases } from "../../../verification/spin/cases.ts";

const root = new URL("../../../", import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), "utf8");

const models = readdirSync(join(root, "verification/spin")).filter((name) => name.endsWith(".pml"));
const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);

const guardsIn = (text: string): string[] => text.match(/\bG\d+\b/g) ?? [];
const sorted = (guards: Iterable<string>) =>
  [...new Set(guards)].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
/** Comments alone: a guard that is cited in code would be a name. */
const commentsOf = (text: string) => (text.match(/\/\*[\s\S]*?\*\/|\/\/.*$/gm) ?? []).join("\n");

const page = read("verification/spin/README.md");
const table = sorted([...page.matchAll(/^\| (G\d+) /gm)].map(([, guard]) => guard as string));
const inModels = sorted(models.flatMap((name) => guardsIn(read(`verification/spin/${name}`))));
const inCode = sorted(sources.flatMap((name) => guardsIn(commentsOf(read(`lib/${name}`)))));

describe("guards of the models", () => {
  it("are in the table, and no others", () => expect(table).toEqual(inModels));

  it("are each cited by the code, which cites no others", () => expect(inCode).toEqual(inModels));

  it("name functions that are there", () => {
    const code = sources.map((name) => read(`lib/${name}`)).join("\n");
    const rows = page.split("\n").filter((line) => /^\| G\d+ /.test(line));
    const named = rows.flatMap((row) => [...(row.split("|")[3] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.filter((name) => !new RegExp(`(?:function|class) ${name}\\b`).test(code))).toEqual([]);
  });
});

describe("cases of the models", () => {
  it("search every model, each with a wrong variant", () => {
    for (const name of models) {
      const own = cases.filter(({ model }) => `${model}.pml` === name);
      const verdicts = new Set(own.map(({ expect: verdict }) => verdict));
      expect([...verdicts].sort(), name).toEqual(["holds", "rejected"]);
    }
  });

  it("use flags and wrong variants that the model knows, and every variant it knows", () => {
    for (const name of models) {
      const text = read(`verification/spin/${name}`);
      const own = cases.filter(({ model }) => `${model}.pml` === name);
      const given = own.flatMap(({ flags }) => flags.split(" ").map((flag) => flag.replace(/^-D|=.*$/g, "")));
      const known = new Set(text.match(/\b[A-Z][A-Z0-9_]*\b/g));
      expect(
        given.filter((flag) => !known.has(flag)),
        name,
      ).toEqual([]);
      const variants = [...known].filter((word) => /^M_[A-Z]/.test(word));
      expect(
        variants.filter((variant) => !given.includes(variant)),
        name,
      ).toEqual([]);
    }
  });
});
