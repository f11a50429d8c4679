/**
 * One dead letter, by its id: showing it, and dropping it. What `dlq list` counts lies in a dead-letter queue or, refused, in
 * the table; an id names either.
 */
import type { DropReport, Letter, LetterReport } from "../model/letter-reports.ts";
import type { Store } from "../ports/index.ts";
import { rejectedKey } from "../protocol/keys.ts";
import { rejectedRequest } from "./check.ts";
import { describeLetter, describeRejected } from "./describe-letter.ts";
import { ConfigurationError, LetterNotFoundError } from "./errors.ts";
import { type FoundLetter, type LetterBox, onlyOne, withLetters } from "./find-letter.ts";
import { listedItems } from "./runs.ts";
import { schemaVersion } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** What a look for letters takes. */
export interface LetterDeps {
  readonly reading: Reading;
  /** Absent where the queues cannot be reached: then rejected requests alone are found. */
  readonly letters: LetterBox | undefined;
}

/** Rejected requests looked at for the beginning of an id. */
const maxListed = 10_000;
/** Letters whose runs are read at the same time: each is read whole. */
const describedAtOnce = 10;

/** The letters in the dead-letter queues, oldest first. @throws ConfigurationError where the queues cannot be reached */
export async function listLetters({ reading, letters }: LetterDeps): Promise<Letter[]> {
  if (letters === undefined)
    throw new ConfigurationError("the queues cannot be reached from here: name the stack (--stack)");
  const found = await withLetters(letters, async (all) => {
    const described: Letter[] = [];
    for (let at = 0; at < all.length; at += describedAtOnce)
      described.push(
        ...(await Promise.all(all.slice(at, at + describedAtOnce).map((one) => describeLetter(reading, one)))),
      );
    return described;
  });
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** @throws LetterNotFoundError, InvalidRequestError when several begin so */
export async function showLetter({ reading, letters }: LetterDeps, id: string): Promise<LetterReport> {
  const inQueue = await inLetters(letters, id, (found) => describeLetter(reading, found));
  const letter = inQueue ?? (await findRejected(reading.store, id));
  if (letter === undefined) throw new LetterNotFoundError(id);
  return { schemaVersion, letter };
}

/** What to drop, and why. */
export interface DropOptions {
  /** Kept nowhere but in the report. */
  readonly reason?: string;
}

/** Removes one letter for good. Repeatable: what is not there is dropped. @throws InvalidRequestError when several begin so */
export async function dropLetter(
  { reading, letters }: LetterDeps,
  id: string,
  { reason }: DropOptions,
): Promise<DropReport> {
  const inQueue = await inLetters(letters, id, async (found, { queue }) => {
    const letter = await describeLetter(reading, found);
    await queue.remove(found.message.receipt);
    return letter;
  });
  const letter = inQueue ?? (await dropRejected(reading.store, id));
  return {
    schemaVersion,
    id: letter?.id ?? id,
    dropped: letter !== undefined,
    dryRun: false,
    reason: reason ?? null,
    letter: letter ?? null,
  };
}

async function inLetters<T>(
  letters: LetterBox | undefined,
  id: string,
  use: (found: FoundLetter, box: LetterBox) => Promise<T>,
): Promise<T | undefined> {
  if (letters === undefined) return undefined;
  return withLetters(letters, async (all) => {
    const found = onlyOne(id, all, ({ message }) => message.messageId);
    return found === undefined ? undefined : use(found, letters);
  });
}

async function dropRejected(store: Store, id: string): Promise<Letter | undefined> {
  const letter = await findRejected(store, id);
  if (letter !== undefined) await store.remove([rejectedKey(letter.id)], "rejected.remove");
  return letter;
}

async function findRejected(store: Store, id: string): Promise<Letter | undefined> {
  const exact = await store.get(rejectedKey(id), "answer.read");
  if (exact !== undefined) return describeRejected(rejectedRequest({ requestId: id, image: exact }));
  const listed = [];
  for await (const { key, image } of listedItems(store)) {
    if (listed.length >= maxListed) break;
    if (key.pk === rejectedKey(String(image.requestId)).pk)
      listed.push(rejectedRequest({ requestId: String(image.requestId), image }));
  }
  const found = onlyOne(id, listed, ({ requestId }) => requestId);
  // The listing may still show what was removed a moment ago.
  const there = found && (await store.get(rejectedKey(found.requestId), "answer.read"));
  return found === undefined || there === undefined ? undefined : describeRejected(found);
}
