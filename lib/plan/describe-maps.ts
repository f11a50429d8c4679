/**
 * What is known before a run of a map whose list is known only in it: what an expansion costs, and each item of it.
 */
import type { NodeId } from "../model/ids.ts";
import type { SubmitRequest } from "../model/request.ts";
import type { Workflow } from "../model/workflow.ts";
import { withoutChecks } from "./arguments.ts";
import { bindNames } from "./bind-names.ts";
import { type CompileOptions, compile } from "./compile.ts";
import { type Prediction, predict, prices } from "./predict.ts";
import type { Plan, PlanMap, TaskCatalog } from "./types.ts";

/** A map in the plan of `tutti plan`. */
export interface MapDescription {
  readonly id: NodeId;
  /** Number of tasks is that of items: not known before the run. */
  readonly items: null;
  readonly maxConcurrency: number | null;
  /** Estimate of an expansion, its items apart. */
  readonly perExpansion: Prediction;
  /** Estimate of each item, for lists of some dozens. */
  readonly perItem: Prediction;
}

/** Lists that the estimate is taken from: a small and a larger one, both of full packs. */
const fewItems = 10;
const moreItems = 110;

/** Describes the maps of a plan, in its order. */
export function describeMaps(
  plan: Plan,
  catalog: TaskCatalog,
  options: CompileOptions = {},
): readonly MapDescription[] {
  return Object.values(plan.nodes).flatMap(({ id, map }) => {
    if (map === undefined) return [];
    // No child is submitted: the requests for that stand for those by which it tells its parent.
    const costOf = (items: number) => predict(compile(requestOf(map, items), withoutChecks(catalog), options));
    const [few, more] = [costOf(fewItems), costOf(moreItems)];
    const each = (name: "writeUnits" | "sqsRequests") => (more[name] - few[name]) / (moreItems - fewItems);
    const perItem = { writeUnits: round(each("writeUnits")), sqsRequests: round(each("sqsRequests")) };
    const writeUnits = Math.max(0, Math.round(few.writeUnits - fewItems * perItem.writeUnits));
    const sqsRequests = Math.max(0, Math.round(few.sqsRequests - fewItems * perItem.sqsRequests));
    const maxConcurrency = map.map.maxConcurrency ?? null;
    return [
      { id, items: null, maxConcurrency, perExpansion: priced({ writeUnits, sqsRequests }), perItem: priced(perItem) },
    ];
  });
}

function round(value: number): number {
  return Number(value.toFixed(2));
}

function priced(cost: Omit<Prediction, "usd">): Prediction {
  return {
    ...cost,
    usd: Number((cost.writeUnits * prices.writeUnit + cost.sqsRequests * prices.sqsRequest).toFixed(9)),
  };
}

/** A child over that many items. They are empty lists, which any map inside can run over. */
function requestOf({ map, chord }: PlanMap, items: number): SubmitRequest {
  const expanded = { map: { ...map, over: Array.from({ length: items }, () => []) } };
  // How many it takes to decide the chord depends on the list.
  const { when: _when, deadlineSeconds: _deadlineSeconds, ...around } = chord ?? {};
  const workflow: Workflow = chord === undefined ? expanded : { chord: { ...around, header: expanded } };
  return { tutti: 1, type: "submit", workflow: bindNames(workflow, () => []) };
}
