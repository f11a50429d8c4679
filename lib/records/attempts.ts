/**
 * The attempt of a task that a program elsewhere, or a person, has in hand: by the task's path, as a person names it.
 */
import { InvalidRequestError } from "../errors.ts";
import { type NodeId, taskIdOf } from "../model/ids.ts";
import type { AttemptToken } from "../model/outside.ts";
import type { Store } from "../ports/index.ts";
import type { Head } from "../protocol/head.ts";
import { slotPlace } from "../protocol/keys.ts";
import { attemptOf } from "../protocol/outside.ts";
import { decodeSlot, type Slot } from "../protocol/slot.ts";
import type { PlanCache } from "./plans.ts";

/** Reads the slot of a task that runs elsewhere. @throws InvalidRequestError when the path names none */
export async function readOutsideSlot(
  { store, plans }: { readonly store: Store; readonly plans: PlanCache },
  head: Head,
  path: NodeId,
): Promise<Slot> {
  const plan = await plans.load(head.runId, { hash: head.planHash, pages: head.planPages });
  const node = Object.hasOwn(plan.nodes, path) ? plan.nodes[path] : undefined;
  if (node === undefined) throw new InvalidRequestError("task id", path, `must name a task of run ${head.runId}`);
  if (!node.outside)
    throw new InvalidRequestError("task id", path, `must name a task that runs elsewhere: workers run ${node.task}`);
  const join = node.slot === null ? undefined : plan.joins[node.slot.join];
  const place = slotPlace(head.runId, node, join);
  return decodeSlot((await store.get(place.key, "slot.look"))?.[place.attribute]);
}

/** The attempt that is out. @throws InvalidRequestError when none is: too early, or too late */
export async function readAttempt(
  from: Parameters<typeof readOutsideSlot>[0],
  head: Head,
  path: NodeId,
): Promise<AttemptToken> {
  const slot = await readOutsideSlot(from, head, path);
  const attempt = attemptOf(head.runId, head.generation, path, slot);
  if (attempt !== undefined) return attempt;
  const found = slot.state === "settled" ? `it has ended ${slot.status}` : "it has not been handed out";
  throw new InvalidRequestError(
    "task id",
    undefined,
    `must be of a task that waits for a report, not ${taskIdOf(head.runId, path)}: ${found}`,
  );
}
