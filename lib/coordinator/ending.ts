/**
 * Outcomes that somebody records for tasks which have none: a chord's deadline, a revoke. A live lease is no obstacle: its
 * owner is told at its next heartbeat, and can no longer commit.
 */
import { StoreError } from "../errors.ts";
import type { JoinId } from "../model/ids.ts";
import type { OutcomeStatus, StoredError } from "../model/outcome.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { childOf } from "../protocol/child.ts";
import { insideOf } from "../protocol/inside.ts";
import { memberPlace } from "../protocol/keys.ts";
import { isBelow } from "../protocol/reopen.ts";
import { countsOf, type OpenSlot, type SettledSlot } from "../protocol/slot.ts";
import { itemsAt, leafKey, slotsOf, tallyKey, topOf } from "../protocol/tally.ts";
import { decideSkippedWrite, generationOf, settleAllWrite, settleWrite, slotsPerWrite } from "../protocol/writes.ts";
import { asRepair, type Delivery } from "./delivery.ts";
import { driveMembers, driveNodes } from "./drive.ts";
import { memberSettled, taskSettled } from "./events.ts";
import { lostOutcome } from "./outcomes.ts";
import { locate, slotIn } from "./places.ts";
import { sendFollow } from "./sending.ts";
import { lookAt } from "./taken-over.ts";

/** What is recorded, and why. */
export interface Ending {
  readonly status: Exclude<OutcomeStatus, "SUCCEEDED">;
  readonly error: StoredError;
  /** The same of what nobody has begun. @default status */
  readonly unbegun?: Ending["status"];
}

/** Rounds of looking and writing against other writers. */
const rounds = 20;

/** Settles every member of a join that has no outcome, leaf by leaf, and drives on. Repeatable. */
export async function endMembers(delivery: Delivery, join: PlanJoin, ending: Ending): Promise<void> {
  for (let leaf = 0; leaf < itemsAt(join, 0); leaf++) {
    const { image } = await endLeaf(delivery, join, leaf, ending);
    await driveMembers(delivery, join, leaf, image ?? {}, asRepair);
  }
}

/**
 * Settles the members of a leaf that have no outcome. What follows from that is left to the caller.
 *
 * @returns The leaf as it is then, and whether this has settled any of it.
 */
export async function endLeaf(
  delivery: Delivery,
  join: PlanJoin,
  leaf: number,
  ending: Ending,
): Promise<{ readonly image: Image | undefined; readonly ended: boolean }> {
  const { run, deps } = delivery;
  let image = await deps.store.get(leafKey(run.id, join, leaf), "join.look");
  let ended = false;
  for (let round = 0; round < rounds; round++) {
    const open = slotsOf(join, leaf, image).flatMap(({ index, slot }) =>
      slot.state === "settled"
        ? []
        : [{ index, place: memberPlace(run.id, join, index), seen: slot, outcome: outcomeOf(delivery, slot, ending) }],
    );
    if (open.length === 0) return { image, ended };
    const isHedged = join.hedgePercentile !== undefined;
    const slice = open.slice(0, isHedged ? slotsPerWrite.hedged : slotsPerWrite.seen);
    const steps = slice.map(({ index, outcome }) => memberSettled(join.id, index, outcome));
    const result = await run.write(settleAllWrite(run.generation, join, slice), "slot.end", ...steps);
    if (result.applied) {
      ended = true;
      for (const { seen } of slice) await letChildFollow(delivery, seen);
    }
    image = result.image;
  }
  throw new StoreError(`run ${run.id}: leaf ${leaf} of ${join.id} kept changing`);
}

/** Settles a task that has no outcome, and drives on from it. Repeatable. */
export async function endNode(delivery: Delivery, node: PlanNode, ending: Ending): Promise<void> {
  const { run } = delivery;
  const located = await locate(delivery, node);
  const { place, join } = located;
  let image = await lookAt(delivery, place);
  for (let round = 0; round < rounds; round++) {
    const slot = slotIn(place, image);
    if (slot.state === "settled") return driveNodes(delivery, [{ ...located, slot }], image ?? {}, asRepair);
    const outcome = outcomeOf(delivery, slot, ending);
    const write = settleWrite(run.generation, place, join, slot, outcome);
    const result = await run.write(write, "slot.end", taskSettled(node, outcome));
    if (result.applied) await letChildFollow(delivery, slot);
    image = result.image;
  }
  throw new StoreError(`run ${run.id}: ${node.id} kept changing`);
}

/**
 * Ends what lies inside the members of a join, after these: joins are decided *skipped*, and tasks without an outcome are
 * settled, sent or not. So nothing that is queued is run, and nothing follows. Error callbacks are left to themselves. Repeatable.
 */
export async function endInside(delivery: Delivery, join: PlanJoin, ending: Ending): Promise<void> {
  const { run, deps } = delivery;
  const { nodes, joins } = insideOf(await run.plan.whole(), join);
  const tops = await deps.store.getMany(
    joins.map((inner) => tallyKey(run.id, inner, topOf(inner))),
    "join.look",
  );
  const kept = new Set<JoinId>();
  // Outermost first: to whoever comes in between, an inner one that was skipped is a failed member of an open one.
  for (const [i, inner] of joins.entries()) {
    if (isOlder(run, tops[i])) kept.add(inner.id);
    if (deps.protocol.decisionOf(inner, tops[i]) !== undefined) continue;
    const author = { by: delivery.owner, atMs: deps.clock.now() };
    await run.write(decideSkippedWrite(run.generation, run.id, inner, author), "join.skip");
  }
  // What a retry has taken over is of an older generation, with all below it.
  const own = nodes.filter(({ id }) => !isBelow(kept, id));
  const places = await Promise.all(own.map((node) => locate(delivery, node)));
  const images = await deps.store.getMany(
    places.map(({ place }) => place.key),
    "slot.look",
  );
  for (const [i, { node, place }] of places.entries())
    if (slotIn(place, images[i]).state !== "settled") await endNode(delivery, node, ending);
}

function isOlder({ generation }: Delivery["run"], top: Image | undefined): boolean {
  const of = generationOf(top);
  return of !== undefined && of < generation;
}

/** A map that was settled waits for its child no more. */
async function letChildFollow({ deps, run }: Delivery, seen: OpenSlot): Promise<void> {
  const child = childOf(seen);
  if (child !== undefined) await sendFollow(deps, child, (await run.plan.whole()).fairnessKey);
}

function outcomeOf(delivery: Delivery, seen: OpenSlot, { status, error, unbegun = status }: Ending): SettledSlot {
  const { attempt, lost } = countsOf(seen);
  return lostOutcome(delivery, seen, lost, error, attempt === 0 ? unbegun : status);
}
