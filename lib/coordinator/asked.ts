/**
 * What requests about an existing run have in common.
 */
import { InvalidRequestError } from "../errors.ts";
import type { OperateRequest } from "../model/request.ts";
import type { Head } from "../protocol/head.ts";
import type { PlanCache } from "../records/plans.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { openRun } from "./run.ts";

/** A request that says whose it is: its copies do. */
export type Identified<Request> = Request & { readonly requestId: string };

/** @throws InvalidRequestError when the run is not at the generation that the sender saw. */
export function checkGeneration({ generation }: OperateRequest, head: Head): void {
  if (generation === head.generation) return;
  const rule = `must be the run's generation, which is ${head.generation}: look at the run again`;
  throw new InvalidRequestError("generation", generation, rule);
}

export function deliveryFor(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  from: Pick<Delivery, "ofUnit"> = { ofUnit: false },
): Delivery {
  const plan = { hash: head.planHash, pages: head.planPages };
  const run = openRun(deps, plans, new Map(), { id: head.runId, generation: head.generation, plan });
  run.noteHead(head);
  const token = { run: head.runId, generation: head.generation, node: "", dispatch: 1 };
  return createDelivery(deps, run, { token, ...from });
}
