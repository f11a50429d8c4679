/**
 * A map whose list is known, as the group that it stands for: one copy of the workflow for each item.
 *
 * Items are data: nothing in them is a reference, whatever they look like.
 */
import { InvalidRequestError } from "../errors.ts";
import type { Json } from "../model/json.ts";
import type { Group, MapOver, Workflow } from "../model/workflow.ts";

/**
 * Binds each item as the previous result of its copy.
 *
 * @throws InvalidRequestError when an item is what a map inside runs over, and is no list.
 */
export function expandMap({ map }: MapOver): Group {
  const items = (map.over ?? []) as readonly Json[];
  return { group: items.map((item, i) => bindItem(map.each, item, `map.over[${i}]`)) };
}

/** The workflow as it is after a task with that result: its first tasks get it before their bound arguments. */
function bindItem(workflow: Workflow, item: Json, at: string): Workflow {
  const bind = (part: Workflow) => bindItem(part, item, at);
  if ("task" in workflow) {
    if (workflow.immutable === true) return workflow;
    return { ...workflow, args: [{ $literal: item }, ...(workflow.args ?? [])] };
  }
  if ("chain" in workflow) return { chain: workflow.chain.map((link, i) => (i === 0 ? bind(link) : link)) };
  if ("group" in workflow) return { group: workflow.group.map(bind) };
  if ("map" in workflow) return bindMap(workflow, item, at);
  // A dag names its data, so it takes no previous result.
  if ("dag" in workflow) return workflow;
  const { header } = workflow.chord;
  const bound = Array.isArray(header) ? header.map(bind) : bindMap(header, item, at);
  return { chord: { ...workflow.chord, header: bound } };
}

/** A map inside runs over the item, unless it says over what. */
function bindMap({ map }: MapOver, item: Json, at: string): MapOver {
  if (map.over !== undefined) return { map };
  if (!Array.isArray(item)) throw new InvalidRequestError(at, item, "must be a list: the map inside runs over it");
  return { map: { ...map, over: item } };
}
