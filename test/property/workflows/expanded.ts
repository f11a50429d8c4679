/**
 * Maps that expand at run time. A map over a result comes to what the same map comes to whose list is written in the document:
 * so the run that it expands into is compared with the reference of that document, and its parent with it.
 */
import type { Json } from "../../../lib/model/json.ts";
import type { Chord, MapWorkflow, Workflow } from "../../../lib/model/workflow.ts";
import { decodeHead } from "../../../lib/protocol/head.ts";
import { brokenInvariants, childFaults, readRun } from "../../simulation/oracle.ts";
import type { World } from "../../simulation/world.ts";
import { runId } from "./policies.ts";

/** The task whose result is the list. */
export const listTask = "list";

/** The map that a workflow is, or that is the header of the chord that it is. */
function mapIn(workflow: Workflow): MapWorkflow["map"] | undefined {
  if ("map" in workflow) return workflow.map;
  if ("chord" in workflow && !Array.isArray(workflow.chord.header)) return workflow.chord.header.map;
  return undefined;
}

/** Whether the list of a workflow can come from a result; without items and a callback no run is made for it. */
export function canExpand(workflow: Workflow): boolean {
  const map = mapIn(workflow);
  const callback = "chord" in workflow && workflow.chord.callback !== undefined;
  return map !== undefined && ((map.over as readonly Json[]).length > 0 || callback);
}

/** The same workflow over a result. */
export function overResult(workflow: Workflow): Workflow {
  const { over, ...map } = mapIn(workflow) as MapWorkflow["map"];
  const mapped: Workflow = "map" in workflow ? { map } : { chord: { ...(workflow as Chord).chord, header: { map } } };
  return { chain: [{ task: listTask, args: [{ $literal: over as Json }] }, mapped] };
}

/** The run that the map has expanded into. */
export function childIn(world: World): string {
  const [child, ...others] = world.store.dump().filter(({ key }) => key.sk === "head" && key.pk !== runId);
  if (child === undefined || others.length > 0)
    throw new Error(`the map has expanded into ${child === undefined ? "no run" : `${others.length + 1} runs`}`);
  return child.key.pk;
}

/** What was seen of the child, as if it were the run itself. */
export function asOfRun<Seen>(seen: Seen, child: string): Seen {
  return JSON.parse(JSON.stringify(seen).replaceAll(child, runId)) as Seen;
}

/** Whether the parent has come to what its child has, in the same millisecond. */
export async function parentFaults(world: World, child: string, sweeper: boolean): Promise<string[]> {
  const { snapshot } = await readRun(world, runId);
  const { head } = snapshot;
  const image = world.store.dump().find(({ key }) => key.pk === child && key.sk === "head")?.image ?? {};
  const is = decodeHead(child, image);
  const same = head.status === is.status && head.endedAtMs === is.endedAtMs;
  return [
    ...brokenInvariants(world, snapshot),
    ...(await childFaults(world, sweeper)),
    ...(same ? [] : [`the run is ${head.status} at ${head.endedAtMs}, its map ${is.status} at ${is.endedAtMs}`]),
  ];
}
