/**
 * Requests about an existing run: revoke, pause, resume, retry, remove.
 *
 * Each names the generation that its sender saw, and can be repeated: a copy finds what the first has done and goes on with
 * what that may have left.
 */
import { InvalidRequestError, RunRemovedError } from "../errors.ts";
import type { RunId } from "../model/ids.ts";
import type { OperateRequest, PauseRequest, RemoveRequest, RevokeRequest } from "../model/request.ts";
import type { WriteResult } from "../ports/index.ts";
import { type Head, isTombstone, pauseWrite, removeAtWrite, resumeWrite } from "../protocol/head.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { checkGeneration, deliveryFor, type Identified } from "./asked.ts";
import { followInside } from "./children.ts";
import type { Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { endRun } from "./drive.ts";
import { endRests } from "./end-rest.ts";
import { type Ending, endInside, endMembers, endNode } from "./ending.ts";
import { goOnAround } from "./fronts.ts";
import { restart } from "./restart.ts";
import { retry } from "./retry.ts";

/** Handles a request about a run. @throws InvalidRequestError, RunRemovedError when the run is not what it says. */
export async function operate(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: Identified<OperateRequest>,
): Promise<void> {
  const head = await readHead(deps.store, request.id);
  if (!head) throw new InvalidRequestError("id", request.id, "must be the id of a run");
  const isGoing = head.removeAtMs !== undefined;
  if (isGoing && request.type === "remove") return;
  if (isGoing || isTombstone(head)) throw new RunRemovedError(head.runId);
  if (head.parent !== undefined && request.type !== "revoke") {
    const { run, node } = head.parent;
    const rule = `must not be the run of a map: ${request.type} run ${run}, whose map ${node} it is`;
    throw new InvalidRequestError("id", request.id, rule);
  }
  if (request.type === "retry") return retry(deps, plans, request, head);
  checkGeneration(request, head);
  switch (request.type) {
    case "revoke":
      return revoke(deps, plans, request, head);
    case "pause":
      return pause(deps, plans, request, head);
    case "resume":
      return resume(deps, plans, head);
    case "remove":
      return remove(deps, request, head);
  }
}

async function revoke(
  deps: CoordinatorDeps,
  plans: PlanCache,
  { path, reason }: RevokeRequest,
  head: Head,
): Promise<void> {
  const delivery = deliveryFor(deps, plans, head);
  const error = { name: "revoked", message: reason ?? "revoked by an operator" };
  if (path === undefined) return endRun(delivery, { status: "REVOKED", error });
  await endPart(delivery, path, { status: "REVOKED", error });
  await goOnAround(delivery, plans, head, path);
}

/** Ends a task; or what is missing of a chord or group, and what lies inside its members. */
async function endPart(delivery: Delivery, path: string, ending: Ending): Promise<void> {
  const plan = await delivery.run.plan.whole();
  const node = Object.hasOwn(plan.nodes, path) ? plan.nodes[path] : undefined;
  if (node) {
    await endNode(delivery, node, ending);
    return endRests(delivery);
  }
  const join = Object.hasOwn(plan.joins, path) ? plan.joins[path] : undefined;
  if (!join) throw new InvalidRequestError("path", path, "must be the path of a task, chord or group of the run");
  await endMembers(delivery, join, ending);
  await endRests(delivery);
  await endInside(delivery, join, ending);
}

async function pause(
  deps: CoordinatorDeps,
  plans: PlanCache,
  request: Identified<PauseRequest>,
  head: Head,
): Promise<void> {
  if (head.pausedBy !== request.requestId) {
    const { generation, pausedBy: seenPausedBy } = head;
    const write = pauseWrite(head.runId, { generation, by: request.requestId, atMs: deps.clock.now(), seenPausedBy });
    noteSwitch(deps, head.runId, "paused", await deps.store.write(write, "head.pause"));
  }
  if (head.maps) await followInside(deps, plans, head);
}

/** What came during the pause was dropped, so everything open is sent again. */
async function resume(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<void> {
  if (head.pausedAtMs !== undefined) {
    const { generation, pausedBy: seenPausedBy } = head;
    const atMs = deps.clock.now();
    const dueMs = atMs + deps.settings.sweepSeconds * 1000;
    const write = resumeWrite(head.runId, { generation, atMs, seenPausedBy, dueMs });
    noteSwitch(deps, head.runId, "resumed", await deps.store.write(write, "head.resume"));
  }
  const now = await readHead(deps.store, head.runId);
  if (now === undefined || now.pausedAtMs !== undefined) return;
  await restart(deps, plans, now);
  if (now.maps) await followInside(deps, plans, now, "all");
}

/** Only says so: the sweeper alone may delete, and does as at the end of the retention, once no worker holds a task. */
async function remove({ store, clock, log }: CoordinatorDeps, { reason }: RemoveRequest, head: Head): Promise<void> {
  const { runId: run, generation, status } = head;
  if (status === "RUNNING")
    throw new InvalidRequestError("id", run, "must be the id of a run that has ended: revoke it before it is removed");
  const { applied } = await store.write(removeAtWrite(run, generation, clock.now()), "head.remove");
  if (applied) log.write("info", "run to be removed", { run, ...(reason === undefined ? {} : { reason }) });
}

/** A refused one has met another request, or the end of the run: nothing is left to switch. */
function noteSwitch({ log }: CoordinatorDeps, run: RunId, to: "paused" | "resumed", { applied }: WriteResult): void {
  log.write("info", applied ? `run ${to}` : `run not ${to}: nothing to change`, { run });
}
