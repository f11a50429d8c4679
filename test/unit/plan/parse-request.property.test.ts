/**
 * The walk that finds the first problem, held against the schema it stands for.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidRequestError } from "../../../lib/errors.ts";
import { type Workflow, workflowSchema } from "../../../lib/model/workflow.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import { workflows } from "./random-workflows.ts";

/** What is put in the place of some part of a document. */
const replacements = fc.constantFrom<unknown>(
  null,
  0,
  "a b",
  [],
  {},
  [[]],
  { task: "a" },
  { chain: [] },
  { group: {} },
  { dag: { nodes: {} } },
  { task: "a", after: ["b"] },
  { task: "a", chain: [{ task: "a" }] },
);

/** A document with one part replaced, removed, or added. */
const damaged = fc
  .tuple(workflows, fc.nat(), fc.constantFrom("replace", "remove", "add" as const), replacements)
  .map(([workflow, seed, how, value]) => damage(structuredClone(workflow), seed, how, value));

function damage(workflow: Workflow, seed: number, how: string, value: unknown): unknown {
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const visit = (holder: unknown) => {
    if (typeof holder !== "object" || holder === null) return;
    for (const [key, inside] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      visit(inside);
    }
  };
  visit(workflow);
  const place = places[seed % places.length];
  if (!place) return workflow;
  if (how === "replace") place.holder[place.key] = value;
  else if (how === "add") place.holder.extra = value;
  else if (Array.isArray(place.holder)) place.holder.splice(Number(place.key), 1);
  else delete place.holder[place.key];
  return workflow;
}

/** Maps over what is only known at run time are in the schema, and refused all the same. */
function isSupported(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const { map } = value as { readonly map?: unknown };
  const late = typeof map === "object" && map !== null && !Object.hasOwn(map, "over");
  return !late && Object.values(value).every(isSupported);
}

function refusedAt(value: unknown): string | null {
  try {
    parseWorkflowDocument(value);
    return null;
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.path;
    throw error;
  }
}

describe("parseWorkflowDocument", { timeout: 60_000 }, () => {
  it("P1: gives back every valid document as it is", () => {
    fc.assert(
      fc.property(workflows, (workflow) => {
        expect(parseWorkflowDocument(workflow)).toEqual(structuredClone(workflow));
        expect(workflowSchema.parse(workflow)).toEqual(workflow);
      }),
      { numRuns: 300 },
    );
  });

  it("P2: refuses exactly what the schema refuses, with a path into the document", () => {
    let refused = 0;
    fc.assert(
      fc.property(damaged.filter(isSupported), (value) => {
        const path = refusedAt(value);
        expect(path === null).toBe(workflowSchema.safeParse(value).success);
        if (path === null) return;
        refused++;
        expect(path).toMatch(/^workflow/);
      }),
      { numRuns: 1000 },
    );
    expect(refused).toBeGreaterThan(250);
  });
});
