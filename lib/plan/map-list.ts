/**
 * Which maps run over a list that only the run knows.
 */
import type { DagNode, MapOver, Workflow } from "../model/workflow.ts";

/** The map of a workflow whose list is known at run time only: a map, or the header of a chord. */
export function dynamicMapOf(workflow: Workflow | DagNode): MapOver["map"] | undefined {
  const map = "map" in workflow ? workflow.map : "chord" in workflow ? mapInHeader(workflow.chord.header) : undefined;
  return Array.isArray(map?.over) ? undefined : map;
}

function mapInHeader(header: readonly Workflow[] | MapOver): MapOver["map"] | undefined {
  // A list has a `map` too.
  return Array.isArray(header) ? undefined : (header as MapOver).map;
}
