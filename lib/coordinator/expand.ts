/**
 * A map whose list is known now: it expands into a child run, and what that comes to is the map's outcome (docs/maps.md).
 *
 * Order of effects: the child is made, then the map's slot says that it waits for it, then the child's roots are released,
 * then the message is acknowledged. The child's id follows from its content, so whoever repeats any of it meets the same
 * child. When the child has ended, the same message comes again: the slot is settled by what the child has come to, on
 * the condition that it waits for that child in this generation, and the parent is driven on.
 */

import { InvalidRequestError, StoreError } from "../errors.ts";
import type { MapMessage } from "../model/message.ts";
import type { StoredError } from "../model/outcome.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { childOf, waitsFor } from "../protocol/child.ts";
import { type Head, isTombstone } from "../protocol/head.ts";
import { countsOf, type LeasedSlot, type OpenSlot, type SettledSlot } from "../protocol/slot.ts";
import { claimWrite, commitWrite, settleWrite } from "../protocol/writes.ts";
import { resolve } from "../records/inputs.ts";
import { type PlanCache, planView, UnknownUnitError } from "../records/plans.ts";
import { unmetCondition } from "../records/skips.ts";
import { readHead } from "../records/snapshots.ts";
import { storedError, storeValue } from "../records/values.ts";
import { deliveryFor } from "./asked.ts";
import { inlineBytesOf } from "./body.ts";
import { followAll } from "./children.ts";
import { asRepair, type Delivery, lostWins, wonAll } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { driveNodes } from "./drive.ts";
import { taskClaimed, taskSettled } from "./events.ts";
import { type Expansion, expansionOf, makeChild } from "./make-child.ts";
import { releaseRun } from "./new-run.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { restart } from "./restart.ts";

/** Rounds of judging and writing against other writers before the message is returned. */
const rounds = 20;

/**
 * Brings a map on: expands it, releases its child, or takes over what that has come to.
 *
 * @returns When the message has to come back; undefined when it is discharged.
 */
export async function handleMap(
  deps: CoordinatorDeps,
  plans: PlanCache,
  message: MapMessage,
): Promise<number | undefined> {
  const head = await readHead(deps.store, message.run);
  if (head === undefined || isTombstone(head) || head.generation !== message.generation) return undefined;
  const delivery = deliveryFor(deps, plans, head, { ofUnit: true });
  const node = await mapNode(delivery, message.node);
  const located = await locate(delivery, node);
  const expanding: Expanding = { delivery, plans, head, located, made: undefined, expansion: undefined };
  let image = await deps.store.get(located.place.key, "slot.look");
  for (let round = 0; round < rounds; round++) {
    const met = await bringOn(expanding, image);
    if (met === "done") return delivery.returnAtMs;
    image = met.image;
  }
  throw new StoreError(`run ${head.runId}: ${node.id} kept changing`);
}

async function mapNode({ run }: Delivery, id: string): Promise<PlanNode> {
  try {
    const node = await run.plan.node(id);
    if (node.map !== undefined) return node;
  } catch (error) {
    if (!(error instanceof UnknownUnitError)) throw error;
  }
  throw new InvalidRequestError("node", id, `must be a map of run ${run.id}`);
}

/** One message's view of a map. */
interface Expanding {
  readonly delivery: Delivery;
  readonly plans: PlanCache;
  readonly head: Head;
  readonly located: Located;
  /** The child, when this delivery has made it: nobody else has released anything of it. */
  made: Head | undefined;
  /** Worked out once: what it rests on does not change within a generation. */
  expansion: Expansion | undefined;
}

/** A refused write, or one that leads further, hands back the image it met. */
type Met = "done" | { readonly image: Image | undefined };

async function bringOn(expanding: Expanding, image: Image | undefined): Promise<Met> {
  const { delivery, located, head } = expanding;
  const slot = slotIn(located.place, image);
  if (slot.state === "settled") {
    await driveNodes(delivery, [{ ...located, slot }], image as Image, asRepair);
    return "done";
  }
  if (childOf(slot) !== undefined) return goOnWithChild(expanding, slot as LeasedSlot);
  // After the end nothing new starts; a pause is over when its resume has sent this again.
  if (!delivery.deps.protocol.mayStart(head, false)) return "done";
  return expand(expanding, slot);
}

/** The list is known, or why there is none: a child, or an outcome at once. */
async function expand(expanding: Expanding, seen: OpenSlot): Promise<Met> {
  const { delivery, plans, head, located } = expanding;
  const unmet = located.node.if && (await unmetCondition(delivery, located.node.if));
  if (unmet) return settle(expanding, seen, { status: "SKIPPED", skip: unmet });
  expanding.expansion ??= await expansionOf(delivery, located.node);
  const { expansion } = expanding;
  if (expansion.kind === "failed") return settle(expanding, seen, { status: "FAILED", error: expansion.error });
  // Nothing to wait for: a finished group.
  if (expansion.kind === "empty")
    return settle(expanding, seen, { status: "SUCCEEDED", value: { kind: "inline", text: "[]" } });
  const child = await makeChild(delivery, plans, { parent: head, located, request: expansion.request });
  if (child.kind === "failed") return settle(expanding, seen, { status: "FAILED", error: child.error });
  if (child.kind === "later") {
    delivery.returnAtMs = child.atMs;
    return "done";
  }
  if (child.made) expanding.made = child.head;
  const lease = waitsFor(child.head.runId, seen, delivery.deps.clock.now());
  const write = claimWrite(delivery.run.generation, [{ place: located.place, seen, lease }]);
  return { image: (await delivery.run.write(write, "map.wait", taskClaimed(located.node, lease))).image };
}

/** Settles a map that has no child. */
async function settle(
  { delivery, located }: Expanding,
  seen: OpenSlot,
  what: Pick<SettledSlot, "status" | "value" | "error" | "skip">,
): Promise<Met> {
  const { attempt, lost } = countsOf(seen);
  const settledAtMs = delivery.deps.clock.now();
  const outcome: SettledSlot = {
    state: "settled",
    attempt: attempt + 1,
    lost,
    owner: delivery.owner,
    settledAtMs,
    ...what,
  };
  const { node, place, join } = located;
  const write = settleWrite(delivery.run.generation, place, join, seen, outcome);
  const result = await delivery.run.write(write, "map.settle", taskSettled(node, outcome));
  if (!result.applied) return { image: result.image };
  await driveNodes(delivery, [{ ...located, slot: outcome }], result.image, wonAll);
  return "done";
}

/** The slot waits for its child: that is released, or has ended. */
async function goOnWithChild(expanding: Expanding, lease: LeasedSlot): Promise<Met> {
  const { delivery, plans, head } = expanding;
  const { deps } = delivery;
  const child = await readHead(deps.store, lease.owner);
  if (child === undefined || isTombstone(child))
    throw new StoreError(`run ${head.runId}: ${lease.owner}, the run of its map, is not there`);
  if (child.status !== "RUNNING") return takeOver(expanding, lease, child);
  const parent = await delivery.run.head(0);
  if (parent === undefined) return "done";
  if (!deps.protocol.mayStart(parent, false)) await followAll(deps, plans, child);
  else if (child.generation > 1) await restart(deps, plans, child);
  else await releaseRun(deps, plans, child, expanding.made?.runId === child.runId ? wonAll : lostWins);
  return "done";
}

/** The child has ended: its value or its error becomes the map's. */
async function takeOver({ delivery, plans, located }: Expanding, lease: LeasedSlot, child: Head): Promise<Met> {
  const { node, place, join } = located;
  const { attempt, lost, owner, startedAtMs } = lease;
  const what = await outcomeOf(delivery, plans, located, child);
  const settledAtMs = delivery.deps.clock.now();
  const outcome: SettledSlot = { state: "settled", attempt, lost, owner, startedAtMs, settledAtMs, ...what };
  const write = commitWrite(delivery.run.generation, join, [{ place, lease, outcome }]);
  const result = await delivery.run.write(write, "map.commit", taskSettled(node, outcome));
  if (!result.applied) return { image: result.image };
  delivery.deps.log.write("info", "map ended", { run: delivery.run.id, node: node.id, child: child.runId });
  await driveNodes(delivery, [{ ...located, slot: outcome }], result.image, wonAll);
  return "done";
}

async function outcomeOf(
  { deps, run }: Delivery,
  plans: PlanCache,
  { node, join }: Located,
  child: Head,
): Promise<Pick<SettledSlot, "status" | "value" | "error">> {
  if (child.status === "RUNNING") throw new TypeError(`run ${child.runId} has not ended`);
  if (child.status !== "SUCCEEDED") return { status: child.status, error: errorOf(node, child) };
  const plan = planView(plans, child.runId, { hash: child.planHash, pages: child.planPages }, undefined);
  const value = await resolve({ deps, run: { id: child.runId, plan } }, (await plan.whole()).output);
  const stored = await storeValue(deps.store, run.id, value, inlineBytesOf(join), deps.partBytes);
  if (stored.kind === "refused") return { status: "FAILED", error: stored.error };
  return { status: "SUCCEEDED", value: stored.value };
}

/** The child's error, with the way from the map to the task that failed. */
function errorOf(node: PlanNode, child: Head): StoredError {
  const { name, message, taskId } = child.error ?? { name: child.status, message: `its run ended ${child.status}` };
  const own = `${child.runId}/`;
  const inside = taskId?.startsWith(own) ? taskId.slice(own.length) : undefined;
  // What comes from a map inside the map begins with its own way there.
  const text = inside === undefined ? message : `${inside}: ${message}`;
  const between = taskId === undefined ? ": " : text.startsWith("[") ? "" : "/";
  const cut = storedError(Object.assign(new Error(`${node.id}${between}${text}`), { name }));
  return { ...cut, taskId: taskId ?? child.runId };
}
