/**
 * The members of a group or of a chord's header: workflows as written, or one copy of a map's template for each item.
 *
 * The template is not copied: all members of a map are the same object, and an item goes to its member as the result before
 * it. Equal items are members of their own, and no items are a list of none.
 */
import type { Json } from "../model/json.ts";
import type { Hedge, MapWorkflow, Workflow } from "../model/workflow.ts";

/** A list of members. */
export interface Members {
  /** Path of the list in the document. */
  readonly doc: string;
  readonly list: readonly Member[];
  /** How many may run at the same time; undefined: all. */
  readonly maxConcurrency?: number;
  readonly hedge?: Hedge;
}

/** One member. */
export interface Member {
  readonly workflow: Workflow;
  /** Its path in the document. */
  readonly doc: string;
  /** What it gets as the result before it. Absent: what the list as a whole gets. */
  readonly item?: { readonly value: Json; readonly doc: string };
}

/** A map whose items are written in the document. */
export interface LiteralMap {
  readonly map: MapWorkflow["map"] & { readonly over: readonly Json[] };
}

/** Members as written. @param doc - Path of the list in the document. */
export function listMembers(workflows: readonly Workflow[], doc: string, hedge?: Hedge): Members {
  const list = workflows.map((workflow, i) => ({ workflow, doc: `${doc}[${i}]` }));
  return { doc, list, ...(hedge === undefined ? {} : { hedge }) };
}

/** Members of a map. @param doc - Path of the map in the document. */
export function expandMap({ map }: LiteralMap, doc: string): Members {
  const { each, over, maxConcurrency, hedge } = map;
  const list = over.map((value, i) => ({
    workflow: each,
    doc: `${doc}.map.each`,
    item: { value, doc: `${doc}.map.over[${i}]` },
  }));
  const bound = maxConcurrency === undefined ? {} : { maxConcurrency };
  return { doc: `${doc}.map.over`, list, ...bound, ...(hedge === undefined ? {} : { hedge }) };
}
