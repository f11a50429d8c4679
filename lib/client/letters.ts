/**
 * Dead letters, by hand: back to the queue that gave them up. A running deployment looks after them itself
 * (lib/coordinator/dead-letter.ts); this is for one whose dead-letter function does not run.
 */
import { QueueError } from "../errors.ts";
import type { HeldMessage, OutgoingMessage, Queue, QueueConsumer, QueueRef } from "../ports/index.ts";

/** What came of it. */
export interface Redriven {
  readonly moved: number;
  /** True when the limit was reached: there may be more. */
  readonly partial: boolean;
}

const batch = 10;
/** An empty answer is no sign of an empty queue; so many in a row are taken for one. */
const emptyAnswers = 3;

/**
 * Sends each letter to its queue, then takes it from the other. A death in between leaves it in both: then it is delivered twice,
 * which every delivery here may be.
 */
export async function redrive(
  queue: Queue & Pick<QueueConsumer, "receive" | "remove">,
  ref: QueueRef,
  limit: number,
): Promise<Redriven> {
  let moved = 0;
  let empty = 0;
  while (moved < limit && empty < emptyAnswers) {
    const letters = await queue.receive(`dead:${ref}`, Math.min(batch, limit - moved));
    empty = letters.length === 0 ? empty + 1 : 0;
    if (letters.length === 0) continue;
    const { failed } = await queue.send(ref, letters.map(again), "letter.redrive");
    const sent = letters.filter((_, i) => !failed.includes(i));
    await queue.remove(...sent.map(({ receipt }) => receipt));
    moved += sent.length;
    if (failed.length > 0) throw new QueueError(`${ref} refused ${failed.length} letters: they stay where they are`);
  }
  return { moved, partial: empty < emptyAnswers };
}

/** Without what marks it as returned before: it gets its deliveries anew. */
function again({ body, fairnessKey }: HeldMessage): OutgoingMessage {
  return { body, delaySeconds: 0, ...(fairnessKey === undefined ? {} : { fairnessKey }) };
}
