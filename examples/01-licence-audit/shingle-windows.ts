/**
 * Known texts as bags of shingles, and the places of a file that resemble them.
 *
 * A shingle is a run of three words as one number. Two-word runs are common to most licences; four-word runs lose too
 * much to one changed word.
 */
import { licenceWords } from "./licence-text.ts";

export const shingleWords = 3;

/** Stands for a run with a word that is in no known text. */
export const unknownShingle = -1;

/** Room for 2^17 words in each third of a shingle's number, which keeps it a safe integer. */
const wordSpace = 2 ** 17;

/** A known licence text. */
export interface KnownText {
  readonly id: string;
  /** How often each shingle occurs in it. */
  readonly counts: ReadonlyMap<number, number>;
  /** Number of shingles, repeated ones included. */
  readonly size: number;
}

/** A stretch of a file, from shingle `from` to shingle `to`, compared with one known text. */
export interface Window {
  readonly text: KnownText;
  readonly from: number;
  readonly to: number;
  /** Dice coefficient: twice the shared shingles over those of both. */
  readonly similarity: number;
  /** Shared shingles less those missing and those in excess: how much of the file this reading explains. */
  readonly gain: number;
}

/** The words of all known texts, numbered. */
export type WordNumbers = Map<string, number>;

/** Adds a text to the known ones. */
export function knownText(id: string, source: string, words: WordNumbers): KnownText {
  const numbers = licenceWords(source).map((word) => {
    const number = words.get(word) ?? words.size;
    words.set(word, number);
    return number;
  });
  const counts = new Map<number, number>();
  const shingles = shinglesOf(numbers);
  for (const shingle of shingles) counts.set(shingle, (counts.get(shingle) ?? 0) + 1);
  return { id, counts, size: shingles.length };
}

/** Every run of three words; `undefined` stands for a word that is in no known text. */
export function shinglesOf(numbers: readonly (number | undefined)[]): number[] {
  const shingles: number[] = [];
  for (let at = 0; at + shingleWords <= numbers.length; at++) {
    let shingle = 0;
    for (let offset = 0; offset < shingleWords && shingle !== unknownShingle; offset++) {
      const number = numbers[at + offset];
      shingle = number === undefined ? unknownShingle : shingle * wordSpace + number;
    }
    shingles.push(shingle);
  }
  return shingles;
}

/**
 * The places of a file that may hold the text: windows that do not overlap, each trimmed to its best part.
 *
 * One sweep. Inside a sliding window of `maxStretch` times the text's length the shared shingles are counted; a peak of
 * at least `minShare` of the text is a place, and the sweep goes on behind it.
 *
 * @param minShare - Share of the text's shingles a window must have, over 0, at most 1.
 * @param maxStretch - Longest window, in lengths of the text, at least 1.
 */
export function windowsOf(
  text: KnownText,
  shingles: readonly number[],
  { minShare, maxStretch }: { readonly minShare: number; readonly maxStretch: number },
): readonly Window[] {
  const maxSpan = Math.ceil(text.size * maxStretch);
  const patience = Math.ceil(text.size * Math.max(maxStretch - 1, 0.25));
  const windows: Window[] = [];
  const sweep = new Sweep(text, shingles);
  let peak: Range | undefined;
  for (let to = 0; to < shingles.length; to++) {
    sweep.extendTo(to, maxSpan);
    if (sweep.shared >= text.size * minShare && sweep.shared > (peak?.shared ?? 0)) {
      peak = { shared: sweep.shared, from: sweep.from, to };
    }
    const isOver = peak !== undefined && (to - peak.to >= patience || to === shingles.length - 1);
    if (peak === undefined || !isOver) continue;
    windows.push(trimmed(text, shingles, peak));
    to = peak.to;
    sweep.restartAt(to + 1);
    peak = undefined;
  }
  return windows;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly shared: number;
}

/** Counts the shingles a growing range shares with a text; a shingle counts at most as often as the text has it. */
class Sweep {
  shared = 0;
  from = 0;
  readonly #counts = new Map<number, number>();

  constructor(
    private readonly text: KnownText,
    private readonly shingles: readonly number[],
  ) {}

  /** Takes in the shingle at `to` and lets go of those more than `maxSpan` behind. */
  extendTo(to: number, maxSpan: number): void {
    this.#add(this.shingles[to] ?? unknownShingle);
    for (; to - this.from >= maxSpan; this.from++) this.#remove(this.shingles[this.from] ?? unknownShingle);
  }

  restartAt(from: number): void {
    this.shared = 0;
    this.from = from;
    this.#counts.clear();
  }

  #add(shingle: number): void {
    const inText = this.text.counts.get(shingle);
    if (inText === undefined) return;
    const inRange = this.#counts.get(shingle) ?? 0;
    this.#counts.set(shingle, inRange + 1);
    if (inRange < inText) this.shared++;
  }

  #remove(shingle: number): void {
    const inText = this.text.counts.get(shingle);
    if (inText === undefined) return;
    const inRange = this.#counts.get(shingle) ?? 0;
    this.#counts.set(shingle, inRange - 1);
    if (inRange <= inText) this.shared--;
  }
}

/**
 * The part of a range with the greatest gain: a shared shingle adds 2, any other takes 1. The front is cut first, reading
 * backwards, so that phrases of a licence that stands before this one are not counted in the place of its own.
 */
function trimmed(text: KnownText, shingles: readonly number[], range: Range): Window {
  const backwards = shingles.slice(range.from, range.to + 1).reverse();
  const from = range.to - bestLength(text, backwards).length + 1;
  const { length, shared } = bestLength(text, shingles.slice(from, range.to + 1));
  return {
    text,
    from,
    to: from + length - 1,
    similarity: (2 * shared) / (text.size + length),
    gain: 3 * shared - text.size - length,
  };
}

/** How many shingles from the first on give the greatest gain, and how many of them are shared. */
function bestLength(
  text: KnownText,
  shingles: readonly number[],
): { readonly length: number; readonly shared: number } {
  const sweep = new Sweep(text, shingles);
  let best = { length: 1, shared: 0 };
  for (let to = 0; to < shingles.length; to++) {
    sweep.extendTo(to, Number.POSITIVE_INFINITY);
    if (3 * sweep.shared - to - 1 > 3 * best.shared - best.length) best = { length: to + 1, shared: sweep.shared };
  }
  return best;
}
