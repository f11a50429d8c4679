/**
 * Which maps run over a list that only the run knows.
 */
import type { DagNode, MapWorkflow, Workflow } from "../model/workflow.ts";

/** The map of a workflow whose list is known at run time only: a map, or the header of a chord. */
export function dynamicMapOf(workflow: Workflow | DagNode): MapWorkflow["map"] | undefined {
  const map = "map" in workflow ? workflow.map : "chord" in workflow ? mapInHeader(workflow.chord.header) : undefined;
  return Array.isArray(map?.over) ? undefined : map;
}

function mapInHeader(header: readonly Workflow[] | MapWorkflow): MapWorkflow["map"] | undefined {
  // A list has a `map` too.
  return Array.isArray(header) ? undefined : (header as MapWorkflow).map;
}
