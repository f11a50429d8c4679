/**
 * Looking into dead-letter queues. SQS shows a message to whoever takes it in hand, so a look takes letters for a moment and
 * gives them back: their count of deliveries goes up, and a dead-letter function that runs at that moment waits for them.
 */
import { InvalidRequestError } from "../errors.ts";
import type { HeldMessage, QueueConsumer, QueueRef } from "../ports/index.ts";

/** The dead-letter queues that can be looked into. */
export interface LetterBox {
  readonly queue: QueueConsumer;
  /** Whose letters: the queues that have a dead-letter queue. */
  readonly refs: readonly QueueRef[];
}

/** A letter in hand, and the queue that gave it up. */
export interface FoundLetter {
  readonly ref: QueueRef;
  readonly message: HeldMessage;
}

const batch = 10;
/** Letters of one queue that are looked at: in hand all at once, for seconds. */
const maxLooked = 1000;
/** A long poll asks every server of the queue, a short one some. */
const waitSeconds = 1;
const namedCandidates = 5;

/**
 * Takes the letters of every queue in hand, hands them to `use`, and gives back what it did not remove.
 *
 * A death in between leaves them hidden for the visibility timeout of their queue, and no longer.
 */
export async function withLetters<T>(
  { queue, refs }: LetterBox,
  use: (letters: readonly FoundLetter[]) => Promise<T>,
): Promise<T> {
  const letters: FoundLetter[] = [];
  try {
    await Promise.all(refs.map((ref) => takeAll(queue, ref, letters)));
    return await use(letters);
  } finally {
    // A letter that was removed meanwhile is no longer there to be given back, which is no error.
    await Promise.all(letters.map(({ message }) => queue.changeVisibility(message.receipt, 0)));
  }
}

async function takeAll(queue: QueueConsumer, ref: QueueRef, letters: FoundLetter[]): Promise<void> {
  for (let looked = 0; looked < maxLooked; ) {
    const held = await queue.receive(`dead:${ref}`, Math.min(batch, maxLooked - looked), { waitSeconds });
    if (held.length === 0) return;
    letters.push(...held.map((message) => ({ ref, message })));
    looked += held.length;
  }
}

/**
 * The one whose id is that, or begins so.
 *
 * @throws InvalidRequestError when several begin so.
 */
export function onlyOne<T>(id: string, all: readonly T[], idOf: (one: T) => string): T | undefined {
  const found = all.filter((one) => idOf(one).startsWith(id));
  const exact = found.find((one) => idOf(one) === id);
  if (exact !== undefined || found.length <= 1) return exact ?? found[0];
  const named = found.slice(0, namedCandidates).map(idOf).join(", ");
  const more = found.length > namedCandidates ? ", …" : "";
  throw new InvalidRequestError("letter id", id, `must name one letter; ${found.length} begin so: ${named}${more}`);
}
