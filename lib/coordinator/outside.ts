/**
 * Hands out tasks that programs elsewhere run (protocol/outside.ts): judges the slot by its table, claims it in the name of
 * *outside* until the task's deadline, and only then sends the message that holds everything such a program needs.
 *
 * Order of effects: claim → arguments that no message holds → send. What was sent under a claim may be sent again, by a
 * redelivery that cannot know: the copies carry one token, and their reports are held against one lease.
 */

import { StoreError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import { encodeToken, type OutsideTask } from "../model/outside.ts";
import { traceHeader, traceOf, traceParentText } from "../model/traceparent.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { valueKey } from "../protocol/keys.ts";
import { type OutsideRow, outsideOwner } from "../protocol/outside.ts";
import { lostError } from "../protocol/retry.ts";
import type { LeasedSlot, OpenSlot, SettledSlot } from "../protocol/slot.ts";
import { claimWrite, settleWrite } from "../protocol/writes.ts";
import { argumentsOf } from "../records/inputs.ts";
import { unmetCondition } from "../records/skips.ts";
import { storedError, storeValue } from "../records/values.ts";
import { isFault, parsedArguments } from "./body.ts";
import { chargeAttempt } from "./budget.ts";
import { type Committed, createCommitter } from "./committing.ts";
import { askerOf, asRepair, type Delivery, returnUntil } from "./delivery.ts";
import { driveNodes } from "./drive.ts";
import { taskClaimed, taskSettled } from "./events.ts";
import { leaseFor, lostOutcome, ownOutcome } from "./outcomes.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { keyed, sendAll, sendNodes } from "./sending.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;
/** How every message of a task begins; no request does. */
const opening = '{"tutti":1,"type":"task"';

export function isTaskMessage(body: string): boolean {
  return body.startsWith(opening);
}

/** Handles the message of a task that a program elsewhere runs. */
export async function handOver(delivery: Delivery, node: PlanNode, dispatch: number): Promise<void> {
  const head = await delivery.run.head();
  if (!head) return;
  const mayStart = delivery.deps.protocol.mayStart(head, node.afterEnd);
  const member = await locate(delivery, node);
  // The first look is the claim itself: on the common path nobody has been here.
  let image = mayStart ? undefined : await delivery.deps.store.get(member.place.key, "outside.read");
  for (let round = 0; round < rounds; round++) {
    const found = { dispatch, mayStart, retry: node.retry };
    const row = delivery.deps.protocol.outsideRow(slotIn(member.place, image), found, askerOf(delivery));
    const met = await perform(delivery, member, image, row);
    if (met === "done") return;
    image = met.image;
  }
  throw new StoreError(`run ${delivery.run.id}: ${node.id} kept changing`);
}

/** A refused write hands back the image it met. */
type Met = "done" | { readonly image: Image | undefined };

async function perform(delivery: Delivery, member: Located, image: Image | undefined, row: OutsideRow): Promise<Met> {
  const { node, place } = member;
  switch (row.kind) {
    case "claim":
      return claim(delivery, member, row);
    case "hand-over":
      return sendOut(delivery, member, row.lease);
    case "give-up":
      return giveUp(delivery, member, row);
    case "send":
      await sendNodes(delivery, [{ nodes: [node], dispatch: row.dispatch, atMs: row.atMs }], "node.resend");
      return "done";
    case "return":
      returnUntil(delivery, row.untilMs);
      return "done";
    case "drive":
      await driveNodes(delivery, [{ ...member, slot: slotIn(place, image) as SettledSlot }], image as Image, asRepair);
      return "done";
    case "discharged":
      return "done";
  }
}

async function claim(delivery: Delivery, member: Located, row: Extract<OutsideRow, { kind: "claim" }>): Promise<Met> {
  const { node, place } = member;
  if (row.seen.state === "leased") {
    const error = await chargeAttempt(delivery, node, row.seen, lostError(row.lost));
    if (error) return giveUp(delivery, member, { ...row, error });
  }
  const untilMs = outsideUntil(delivery, node);
  const lease: LeasedSlot = { ...leaseFor(delivery, row), owner: outsideOwner, untilMs };
  const write = claimWrite(delivery.run.generation, [{ place, seen: row.seen, lease }]);
  const result = await delivery.run.write(write, "outside.claim", taskClaimed(node, lease));
  return result.applied ? sendOut(delivery, member, lease) : { image: result.image };
}

/** How long a program elsewhere may be silent from now on. */
export function outsideUntil(delivery: Delivery, node: PlanNode): number {
  return delivery.deps.clock.now() + node.timeoutSeconds * 1000;
}

/** Those who took it vanished too often, or the budget is used up: the node fails, with its history. */
async function giveUp(
  delivery: Delivery,
  { node, place, join }: Located,
  row: { readonly seen: OpenSlot; readonly lost: number; readonly error?: StoredError },
): Promise<Met> {
  const outcome = lostOutcome(delivery, row.seen, row.lost, row.error ?? lostError(row.lost));
  const write = settleWrite(delivery.run.generation, place, join, row.seen, outcome);
  const result = await delivery.run.write(write, "slot.give-up", taskSettled(node, outcome));
  if (!result.applied) return { image: result.image };
  await driveNodes(delivery, [{ node, place, join, slot: outcome }], result.image, asRepair);
  return "done";
}

/** Sends what is claimed. A condition that does not hold skips it; arguments that cannot be made, or do not fit the task's
 * schema, fail it. */
async function sendOut(delivery: Delivery, member: Located, lease: LeasedSlot): Promise<Met> {
  const { node } = member;
  const { run, deps } = delivery;
  // The claim may have taken long (S9).
  const head = await run.head();
  if (!head || !deps.protocol.mayStart(head, node.afterEnd)) return "done";
  const unmet = node.if && (await unmetCondition(delivery, node.if));
  if (unmet) return settled(await settleOutside(delivery, member, lease, { status: "SKIPPED", skip: unmet }));
  const args = await argumentsFor(delivery, node);
  if ("error" in args) {
    const error = storedError(args.error);
    return settled(await settleOutside(delivery, member, lease, { status: "FAILED", error }));
  }
  const body = await messageOf(delivery, node, lease, args.list);
  await sendAll(deps, `task:${node.queue}`, [{ body, delaySeconds: 0, ...keyed(node.fairnessKey) }], "outside.send");
  return "done";
}

function settled(committed: Committed): Met {
  return committed.applied ? "done" : { image: committed.image };
}

type Prepared = { readonly list: readonly Json[] } | { readonly error: unknown };

async function argumentsFor(delivery: Delivery, node: PlanNode): Promise<Prepared> {
  try {
    const list = await argumentsOf(delivery, node);
    const definition = delivery.deps.registry.get(node.task);
    if (definition) parsedArguments(definition.args, list);
    return { list };
  } catch (error) {
    if (isFault(error)) throw error;
    return { error };
  }
}

async function messageOf(
  delivery: Delivery,
  node: PlanNode,
  lease: LeasedSlot,
  args: readonly Json[],
): Promise<string> {
  const { run, deps } = delivery;
  const { dispatch, attempt, lost } = lease;
  const token = { run: run.id, generation: run.generation, dispatch, attempt, lost, node: node.id };
  const task: OutsideTask = {
    tutti: 1,
    type: "outside-task",
    token: encodeToken(token),
    taskId: taskIdOf(run.id, node.id),
    task: node.task,
    headers: { [traceHeader]: traceParentText(traceOf(run.id, node.headers)), ...node.headers },
    label: node.label ?? null,
    attempt,
    deadline: new Date(lease.untilMs).toISOString(),
    timeoutSeconds: node.timeoutSeconds,
    reportQueueUrl: deps.reportQueueUrl ?? "request",
  };
  const body = JSON.stringify({ ...task, args });
  if (Buffer.byteLength(body) <= limits.outsideMessageBytes) return body;
  return JSON.stringify({ ...task, storedArgs: await storeArguments(delivery, args) });
}

async function storeArguments(
  { run, deps }: Delivery,
  args: readonly Json[],
): Promise<NonNullable<OutsideTask["storedArgs"]>> {
  const partBytes = deps.partBytes ?? limits.partBytes;
  const stored = await storeValue(deps.store, run.id, args, 0, partBytes);
  if (stored.kind === "refused" || stored.value.kind !== "item")
    throw new StoreError(`run ${run.id}: arguments were not stored: ${JSON.stringify(stored)}`);
  const { hash, bytes, parts = 1 } = stored.value;
  const keys = Array.from({ length: parts }, (_, part) => valueKey(run.id, hash, part));
  return { pk: run.id, sk: keys.map(({ sk }) => sk), bytes, encoding: bytes <= partBytes ? "text" : "gzip" };
}

/** Records the end of an attempt that a program elsewhere has, and drives on from it. */
export function settleOutside(
  delivery: Delivery,
  { node, place, join }: Located,
  lease: LeasedSlot,
  what: Pick<SettledSlot, "status" | "value" | "error" | "skip">,
): Promise<Committed> {
  const outcome = ownOutcome(delivery, lease, what);
  return createCommitter(delivery)({ node, place, join, lease, outcome });
}
