/**
 * A range message: one part of a long list is started, once by whoever claims it, and looked at by everybody else.
 *
 * Its slot goes through the same states as a task's, by the same table: so a copy does nothing, and a range whose sender
 * died is taken over when the lease is over.
 */
import { StoreError } from "../errors.ts";
import { type RangeMessage, rangeMessageSchema } from "../model/message.ts";
import { parseMessage } from "../plan/parse-message.ts";
import type { RetryPolicy } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { rangePlace, type SlotPlace } from "../protocol/keys.ts";
import { type ListName, listOf, rangeOf } from "../protocol/release.ts";
import type { OwnRow } from "../protocol/rows.ts";
import type { LeasedSlot, SettledSlot } from "../protocol/slot.ts";
import { claimWrite, commitWrite } from "../protocol/writes.ts";
import { askerOf, type Delivery, lostWins, returnUntil, type Wins, wonAll } from "./delivery.ts";
import { goOn } from "./drive.ts";
import { leaseFor } from "./outcomes.ts";
import { slotIn } from "./places.ts";
import { sendRanges, startAll } from "./release.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;
/** A range is never given up: its queue and the sweeper bring it back until it is sent. */
const policy: RetryPolicy = { maxAttempts: Infinity, maxLost: Infinity, backoffSeconds: 0, maxBackoffSeconds: 0 };
/** How every range message begins; no request does. */
const opening = '{"tutti":1,"type":"range"';

export function isRangeMessage(body: string): boolean {
  return body.startsWith(opening);
}

/** A range message, parsed at the border. @throws InvalidRequestError when it is none. */
export const parseRangeMessage = (body: string): RangeMessage => parseMessage(rangeMessageSchema, body);

/** Starts a range of a list, unless that is done or somebody else's. */
export async function handleRange(delivery: Delivery, message: RangeMessage): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head, false)) return;
  const list = message.list as ListName;
  const place = rangePlace(delivery.run.id, list, message.range);
  const found = { dispatch: message.dispatch, mayStart: true, retry: policy, packed: false };
  let image: Image | undefined;
  for (let round = 0; round < rounds; round++) {
    const row = delivery.deps.protocol.ownRow(slotIn(place, image), found, askerOf(delivery));
    const met = await perform(delivery, { list, range: message.range, place }, row);
    if (met === "done") return;
    image = met.image;
  }
  throw new StoreError(`run ${delivery.run.id}: range ${message.range} of ${list} kept changing`);
}

interface Range {
  readonly list: ListName;
  readonly range: number;
  readonly place: SlotPlace;
}

/** A refused write hands back the image it met. */
type Met = "done" | { readonly image: Image | undefined };

async function perform(delivery: Delivery, range: Range, row: OwnRow): Promise<Met> {
  switch (row.kind) {
    case "claim":
      return claim(delivery, range, row);
    case "run":
      return startRange(delivery, range, row.lease, lostWins);
    case "send":
      await sendRanges(delivery, range.list, [{ range: range.range, dispatch: row.dispatch, atMs: row.atMs }]);
      return "done";
    case "return":
      returnUntil(delivery, row.untilMs);
      return "done";
    case "drive":
    case "discharged":
      return "done";
    case "split":
    case "give-up":
    case "claim-beside":
    case "promote":
    case "give-way":
      throw new TypeError(`a range cannot be in row ${row.kind}`);
  }
}

async function claim(delivery: Delivery, range: Range, row: Extract<OwnRow, { kind: "claim" }>): Promise<Met> {
  const { place } = range;
  const lease = leaseFor(delivery, row);
  const write = claimWrite(delivery.run.generation, [{ place, seen: row.seen, lease }]);
  const result = await delivery.run.write(write, "range.claim");
  if (!result.applied) return { image: result.image };
  // Only the very first claim knows that nothing of the range was sent before: in a new generation its slot is opened again,
  // and of what it starts a part may have succeeded.
  const first = delivery.run.generation === 1 && row.seen.state === "absent" && row.dispatch === 1;
  return startRange(delivery, range, lease, first ? wonAll : lostWins);
}

async function startRange(delivery: Delivery, range: Range, lease: LeasedSlot, wins: Wins): Promise<Met> {
  const plan = await delivery.run.plan.whole();
  const starts = rangeOf(plan, listOf(plan, range.list), range.range);
  await goOn(delivery, await startAll(delivery, starts, wins), wins);
  const { attempt, lost, owner, startedAtMs } = lease;
  const settledAtMs = delivery.deps.clock.now();
  const outcome: SettledSlot = {
    state: "settled",
    status: "SUCCEEDED",
    attempt,
    lost,
    owner,
    startedAtMs,
    settledAtMs,
  };
  const { place } = range;
  const write = commitWrite(delivery.run.generation, undefined, [{ place, lease, outcome }]);
  const result = await delivery.run.write(write, "range.commit");
  return result.applied ? "done" : { image: result.image };
}
