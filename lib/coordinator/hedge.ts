/**
 * Second copies of members that are late (protocol/hedge.ts).
 *
 * Order of effects: whoever meets a top that is far enough asks control for them, and then records that on the top. So a death
 * between the two costs a second look, which finds the copies there. A copy is charged, then sent, and claims its lease beside
 * the first when it comes. Nothing waits for any of it: a message that is lost costs the time it would have saved.
 */
import { InvalidRequestError } from "../errors.ts";
import type { HedgeMessage } from "../model/message.ts";
import type { PlanJoin, PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { isTombstone } from "../protocol/head.ts";
import { isFullMark, markOf, sizeOf, slotsOf, type TallyPlace, tallyKey, topOf } from "../protocol/tally.ts";
import { generationOf, hedgeWrite } from "../protocol/writes.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { deliveryFor } from "./asked.ts";
import { chargeAttempt } from "./budget.ts";
import { askerOf, type Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { type NodeSend, sendHedge, sendNodes } from "./sending.ts";

/** Items that are read at once, and copies that are sent together: what a look holds in memory at a time. */
const atOnce = 50;

/** The top of a join as it was met: when most of its members have ended, the others are looked at. */
export async function askForCopies(delivery: Delivery, join: PlanJoin, top: Image): Promise<void> {
  const { run, deps } = delivery;
  if (!deps.protocol.owesHedge(join, top) || generationOf(top) !== run.generation) return;
  await sendHedge(delivery, join.id);
  await run.write(hedgeWrite(run.generation, run.id, join, deps.clock.now()), "join.hedge");
}

/** Sends a second copy of each member that is at work alone. Repeatable: it finds those that are there. */
export async function copyRest(deps: CoordinatorDeps, plans: PlanCache, message: HedgeMessage): Promise<void> {
  const head = await readHead(deps.store, message.run);
  if (head === undefined || isTombstone(head) || head.generation !== message.generation) return;
  const delivery = deliveryFor(deps, plans, head, { ofUnit: true });
  const plan = await delivery.run.plan.whole();
  const join = Object.hasOwn(plan.joins, message.join) ? plan.joins[message.join] : undefined;
  if (join?.hedgePercentile === undefined)
    throw new InvalidRequestError("join", message.join, `must be a hedged group of run ${head.runId}`);
  if (!deps.protocol.mayStart(head, join.afterEnd)) return;
  const top = await deps.store.get(tallyKey(head.runId, join, topOf(join)), "hedge.look");
  if (top === undefined || deps.protocol.decisionOf(join, top) !== undefined) return;
  let sends: NodeSend[] = [];
  for await (const { number, image } of openLeaves(delivery, join, topOf(join), top)) {
    const found = await copiesIn(delivery, join, number, image);
    sends.push(...found.sends);
    if (sends.length < atOnce && !found.refused) continue;
    await sendNodes(delivery, sends, "copy.send");
    sends = [];
    if (found.refused) return;
  }
  await sendNodes(delivery, sends, "copy.send");
}

interface OpenLeaf {
  readonly number: number;
  readonly image: Image;
}

/** Leaves with members that have not ended, as far as the marks above them tell, from one item down. */
async function* openLeaves(
  delivery: Delivery,
  join: PlanJoin,
  place: TallyPlace,
  image: Image,
): AsyncGenerator<OpenLeaf> {
  if (place.level === 0) {
    yield { number: place.number, image };
    return;
  }
  const children = Array.from({ length: sizeOf(join, place) }, (_, i) => ({
    level: place.level - 1,
    number: place.number * join.fan + i,
  })).filter((child) => {
    const mark = image[markOf(join, child)];
    return typeof mark !== "number" || !isFullMark(join, child, mark);
  });
  for (let at = 0; at < children.length; at += atOnce) {
    const some = children.slice(at, at + atOnce);
    const images = await delivery.deps.store.getMany(
      some.map((child) => tallyKey(delivery.run.id, join, child)),
      "hedge.look",
    );
    for (const [i, child] of some.entries()) {
      const found = images[i];
      // Nobody has begun anything below one that is not there.
      if (found !== undefined) yield* openLeaves(delivery, join, child, found);
    }
  }
}

interface Copies {
  readonly sends: readonly NodeSend[];
  /** The budget allows no more. */
  readonly refused: boolean;
}

/** Copies of what is late in a leaf, each charged as a further attempt. */
async function copiesIn(delivery: Delivery, join: PlanJoin, leaf: number, image: Image): Promise<Copies> {
  const { run, deps } = delivery;
  const { members, nodes } = await run.plan.whole();
  const sends: NodeSend[] = [];
  for (const { index, slot } of slotsOf(join, leaf, image)) {
    const source = members[join.id]?.[index];
    const node: PlanNode | undefined = source?.kind === "node" ? nodes[source.node] : undefined;
    if (node?.slot?.join !== join.id || node.slot.index !== index) continue;
    if (!deps.protocol.mayCopy(slot, node, askerOf(delivery))) continue;
    const late = { name: "hedged", message: "it is late" };
    if (await chargeAttempt(delivery, node, slot, late)) return { sends, refused: true };
    sends.push({ nodes: [node], dispatch: slot.dispatch, atMs: deps.clock.now(), copyOf: slot.attempt });
  }
  return { sends, refused: false };
}
