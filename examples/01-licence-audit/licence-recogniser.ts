/**
 * Finds known licence texts inside a file, by comparing runs of words.
 *
 * A text counts as recognised where the Dice coefficient of its shingles with those of a stretch of the file reaches
 * {@link minSimilarity}. Looking at stretches, not at the whole file, finds both texts of a dual-licensed package in one
 * file and is not put off by a preamble. Of overlapping readings the one that explains most words wins, so BSD-3-Clause is
 * not taken for the BSD-2-Clause it contains.
 *
 * What no known text explains is kept ({@link Recognition.leftover}): terms that were added to a well-known licence are
 * what a reviewer must see.
 */
import { licenceWords } from "./licence-text.ts";
import {
  type KnownText,
  knownText,
  shinglesOf,
  shingleWords,
  unknownShingle,
  type Window,
  type WordNumbers,
  windowsOf,
} from "./shingle-windows.ts";

/** One known licence text in a file. */
export interface TextMatch {
  /** SPDX id of the known text. */
  readonly id: string;
  /** Dice coefficient with the best place, rounded down to three digits. */
  readonly similarity: number;
}

export interface Recognition {
  /** Each id once, in order of how much of the file it explains. */
  readonly matches: readonly TextMatch[];
  /** The most similar known text, when nothing was recognised and the resemblance is worth a word. */
  readonly nearest: TextMatch | null;
  /** What no known text (nor the nearest) explains, in order. */
  readonly leftover: readonly Leftover[];
}

/** A run of words that is in no known text. */
export interface Leftover {
  /** Lower case, without punctuation. */
  readonly words: string;
  readonly wordCount: number;
  /** True when it stands within a known text: somebody changed that text. */
  readonly isInside: boolean;
}

export interface Recogniser {
  /**
   * Recognises the licence texts in `text`.
   *
   * @param alsoIds - Ids to compare with besides the common ones, for example the declared one. Unknown ids are ignored.
   */
  recognise(text: string, alsoIds?: readonly string[]): Recognition;
}

/**
 * Lowest similarity at which a stretch is taken for a known text.
 *
 * Measured on the licence files of 930 published packages: texts of the licence that was meant score 0.956 and more,
 * changed texts and other licences 0.80 and less. Close relatives (MIT and MIT-0, ISC and 0BSD, BSD-2-Clause and BSD-3-Clause)
 * score up to 0.96 with each other; the gain tells them apart, not this number.
 */
export const minSimilarity = 0.9;

/** A known text: the terms, and what the licence's authors added to explain how to use them. */
export interface LicenceText {
  readonly terms: string;
  readonly appendix: string;
}

/** From here on an unrecognised text "resembles" a licence; below, two licences share only the usual phrases. */
const minResemblance = 0.6;

const recognised = searchFor(minSimilarity);
const resembling = searchFor(minResemblance);

/**
 * With d shared of T shingles in a window of W, Dice is 2·d / (T + W). To reach s, d ≤ W asks for a share d/T of at least
 * s / (2 − s), and d ≤ T for a stretch W/T of at most 2/s − 1.
 */
function searchFor(similarity: number): { readonly minShare: number; readonly maxStretch: number } {
  return { minShare: similarity / (2 - similarity), maxStretch: 2 / similarity - 1 };
}

/**
 * Makes a recogniser that reads each known text once, when it is first needed.
 *
 * @param commonIds - Texts every file is compared with.
 * @param loadText - The text of an SPDX id, or undefined when there is none.
 */
export function createRecogniser(
  commonIds: readonly string[],
  loadText: (id: string) => LicenceText | undefined,
): Recogniser {
  const wordNumbers: WordNumbers = new Map();
  const seenIds = new Set<string>();
  const known: Known = { index: new Map(), appendixShingles: new Set() };

  const learn = (id: string): void => {
    if (seenIds.has(id)) return;
    seenIds.add(id);
    const source = loadText(id);
    if (source === undefined) return;
    addToIndex(known.index, knownText(id, source.terms, wordNumbers));
    const appendix = knownText(id, source.appendix, wordNumbers);
    for (const shingle of appendix.counts.keys()) known.appendixShingles.add(shingle);
  };

  return {
    recognise(source, alsoIds = []) {
      for (const id of [...commonIds, ...alsoIds]) learn(id);
      const words = licenceWords(source);
      const shingles = shinglesOf(words.map((word) => wordNumbers.get(word)));
      return recogniseIn({ words, shingles }, known, alsoIds);
    },
  };
}

interface Known {
  readonly index: Index;
  readonly appendixShingles: Set<number>;
}

/** Which texts have a shingle. Of long texts only every seventh is in it: enough to tell where a search may pay. */
type Index = Map<number, IndexedText[]>;

interface IndexedText {
  readonly text: KnownText;
  /** How many of its shingles are in the index. */
  readonly indexedCount: number;
}

/** Up to here a text is indexed in full: GPL-3.0 has some 5,400 shingles, MIT 160. */
const maxFullyIndexed = 700;

function addToIndex(index: Index, text: KnownText): void {
  const shingles = [...text.counts.keys()];
  const sample = text.size <= maxFullyIndexed ? shingles : shingles.filter((shingle) => shingle % 7 === 0);
  const indexed: IndexedText = { text, indexedCount: sample.length };
  for (const shingle of sample) {
    const sharers = index.get(shingle);
    if (sharers === undefined) index.set(shingle, [indexed]);
    else sharers.push(indexed);
  }
}

/** A file: its words, and the run of three that begins at each. */
interface Source {
  readonly words: readonly string[];
  readonly shingles: readonly number[];
}

function recogniseIn(source: Source, known: Known, preferredIds: readonly string[]): Recognition {
  const { shingles } = source;
  const candidates = candidatesIn(shingles, known.index);
  const accepted = readingsOf(shingles, candidates, preferredIds);
  if (accepted.length > 0) {
    const best = new Map<string, TextMatch>();
    for (const { text, similarity } of accepted) {
      if ((best.get(text.id)?.similarity ?? 0) < similarity)
        best.set(text.id, { id: text.id, similarity: floored(similarity) });
    }
    return { matches: [...best.values()], nearest: null, leftover: leftoverOf(source, accepted, known) };
  }
  const nearest = candidates
    .flatMap((text) => windowsOf(text, shingles, resembling))
    .filter(({ similarity }) => similarity >= minResemblance)
    .toSorted((a, b) => b.similarity - a.similarity)[0];
  return {
    matches: [],
    nearest: nearest === undefined ? null : { id: nearest.text.id, similarity: floored(nearest.similarity) },
    leftover: leftoverOf(source, nearest === undefined ? [] : [nearest], known),
  };
}

/**
 * Reads the file as known texts, each stretch as one. The reading with the greatest gain is taken first; texts that lost a
 * stretch to it are looked for again in the rest.
 */
function readingsOf(
  shingles: readonly number[],
  candidates: readonly KnownText[],
  preferredIds: readonly string[],
): readonly Window[] {
  const open = [...shingles];
  const readings: Window[] = [];
  for (let texts = candidates; texts.length > 0; ) {
    const windows = texts
      .flatMap((text) => windowsOf(text, open, recognised))
      .filter(({ similarity }) => similarity >= minSimilarity)
      .toSorted((a, b) => b.gain - a.gain || preference(a, preferredIds) - preference(b, preferredIds));
    const losers = new Set<KnownText>();
    const first = readings.length;
    for (const window of windows) {
      if (readings.slice(first).some((taken) => window.from <= taken.to && taken.from <= window.to))
        losers.add(window.text);
      else readings.push(window);
    }
    for (const { from, to } of readings.slice(first)) open.fill(unknownShingle, from, to + 1);
    texts = [...losers];
  }
  return readings;
}

/** Some ids share one text (BSD-2-Clause and BSD-2-Clause-NetBSD): then the one that was asked for is meant. */
function preference(window: Window, preferredIds: readonly string[]): number {
  return preferredIds.includes(window.text.id) ? 0 : 1;
}

/** Texts of which enough shingles occur somewhere in the file to be worth a search for the place. */
function candidatesIn(shingles: readonly number[], index: Index): readonly KnownText[] {
  const hits = new Map<IndexedText, number>();
  for (const shingle of new Set(shingles)) {
    for (const indexed of index.get(shingle) ?? []) hits.set(indexed, (hits.get(indexed) ?? 0) + 1);
  }
  return [...hits]
    .filter(([{ indexedCount }, count]) => count >= indexedCount * resembling.minShare)
    .map(([{ text }]) => text);
}

function leftoverOf({ words, shingles }: Source, readings: readonly Window[], known: Known): readonly Leftover[] {
  const explained = new Uint8Array(words.length);
  const explain = (from: number, to: number, isKnown: (shingle: number) => boolean): void => {
    for (let at = from; at <= to; at++) {
      if (isKnown(shingles[at] ?? unknownShingle)) explained.fill(1, at, at + shingleWords);
    }
  };
  for (const { text, from, to } of readings) explain(from, to, (shingle) => text.counts.has(shingle));
  if (readings.length > 0) explain(0, shingles.length - 1, (shingle) => known.appendixShingles.has(shingle));
  const isInside = (at: number): boolean => readings.some(({ from, to }) => from <= at && at <= to);
  const runs: Leftover[] = [];
  for (let at = 0; at < words.length; at++) {
    if (explained[at] === 1) continue;
    const next = explained.indexOf(1, at);
    const end = next < 0 ? words.length : next;
    runs.push({ words: words.slice(at, end).join(" "), wordCount: end - at, isInside: isInside(at) });
    at = end;
  }
  return runs;
}

function floored(similarity: number): number {
  return Math.floor(similarity * 1000) / 1000;
}
