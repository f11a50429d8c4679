/**
 * The end of a sleep: a message of the request queue, for those that one can carry; the sweeper for all others.
 *
 * Whoever comes settles the node by one write on exactly the state seen, and drives on. There is no lease, since nothing
 * runs: the first one wins, and a loser goes on from the image it met, since the winner may be dead (S7).
 */

import { InvalidRequestError, StoreError } from "../errors.ts";
import type { NodeId } from "../model/ids.ts";
import { type WakeMessage, wakeMessageSchema } from "../model/message.ts";
import { parseMessage } from "../plan/parse-message.ts";
import type { PlanNode } from "../plan/types.ts";
import type { WriteResult } from "../ports/index.ts";
import type { OpenSlot, SettledSlot } from "../protocol/slot.ts";
import { settleWrite } from "../protocol/writes.ts";
import { UnknownUnitError } from "../records/plans.ts";
import { asRepair, type Delivery, returnUntil, wonAll } from "./delivery.ts";
import { driveNodes } from "./drive.ts";
import { taskSettled } from "./events.ts";
import { type Located, locate, slotIn } from "./places.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;
/** How every message of this kind begins; no request does. */
const opening = '{"tutti":1,"type":"wake"';

export function isWakeMessage(body: string): boolean {
  return body.startsWith(opening);
}

/** A message that ends a sleep, parsed at the border. @throws InvalidRequestError when it is none. */
export const parseWakeMessage = (body: string): WakeMessage => parseMessage(wakeMessageSchema, body);

/** Ends a sleep whose time has come, and drives on from it. */
export async function handleWake(delivery: Delivery, id: NodeId): Promise<void> {
  const { run, deps } = delivery;
  const head = await run.head();
  if (!head) return;
  const located = await locate(delivery, await sleepOf(delivery, id));
  const { place, node } = located;
  const mayStart = deps.protocol.mayStart(head, node.afterEnd);
  let image = await deps.store.get(place.key, "wake.look");
  for (let round = 0; round < rounds; round++) {
    const slot = slotIn(place, image);
    const row = deps.protocol.wakeRow(slot, mayStart, deps.clock.now());
    if (row.kind === "discharged") return;
    if (row.kind === "return") return returnUntil(delivery, row.untilMs);
    if (row.kind === "drive" && image)
      return driveNodes(delivery, [{ ...located, slot: slot as SettledSlot }], image, asRepair);
    if (row.kind === "settle") {
      const { result, outcome } = await settleSlept(delivery, located, row.seen);
      if (result.applied) return driveNodes(delivery, [{ ...located, slot: outcome }], result.image, wonAll);
      image = result.image;
    }
  }
  throw new StoreError(`run ${run.id}: ${id} kept changing`);
}

/** Anybody may write to the request queue: nothing but a sleep ends by such a message. @throws InvalidRequestError */
async function sleepOf({ run }: Delivery, id: NodeId): Promise<PlanNode> {
  try {
    const node = await run.plan.node(id);
    if (node.sleep) return node;
  } catch (error) {
    if (!(error instanceof UnknownUnitError)) throw error;
  }
  throw new InvalidRequestError("node", id, "must be a sleep of the run");
}

/** For the sweeper: who loses drives on like the winner, so that a lost answer does not cost another sweep. */
export async function wake(delivery: Delivery, id: NodeId, seen: OpenSlot): Promise<void> {
  const located = await locate(delivery, await delivery.run.plan.node(id));
  const { result } = await settleSlept(delivery, located, seen);
  const slot = slotIn(located.place, result.image);
  if (result.image && slot.state === "settled")
    await driveNodes(delivery, [{ ...located, slot }], result.image, asRepair);
}

/** The outcome of a sleep is that it is over: its value is that of what came before it. */
async function settleSlept(
  delivery: Delivery,
  { node, place, join }: Located,
  seen: OpenSlot,
): Promise<{ readonly result: WriteResult; readonly outcome: SettledSlot }> {
  const outcome: SettledSlot = {
    state: "settled",
    status: "SUCCEEDED",
    attempt: 0,
    lost: 0,
    owner: delivery.owner,
    settledAtMs: delivery.deps.clock.now(),
    value: { kind: "reference" },
  };
  const write = settleWrite(delivery.run.generation, place, join, seen, outcome);
  return { result: await delivery.run.write(write, "slot.wake", taskSettled(node, outcome)), outcome };
}
