/**
 * Paths into a document, as errors show them: `workflow.chord.header[3].args[0]`.
 */

/** One step: a key of an object or an index of a list. */
export type Segment = string | number;

const plainKey = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

/** Characters of a key that are shown: a key may be as long as its document. */
const shownCharacters = 128;

/** The text of one step. Keys that would be misread are quoted. */
export function segmentText(segment: Segment): string {
  if (typeof segment === "number") return `[${segment}]`;
  const key = segment.length > shownCharacters ? `${segment.slice(0, shownCharacters)}…` : segment;
  return plainKey.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** Steps shown before and after the cut of a very long path. */
const shownSteps = 10;

/**
 * A path below a base.
 *
 * @param base - What the first step starts from, such as `workflow`; empty for a whole document.
 */
export function pathText(base: string, segments: readonly Segment[]): string {
  const steps = segments.map(segmentText);
  const shown =
    steps.length > 2 * shownSteps ? [...steps.slice(0, shownSteps), "…", ...steps.slice(-shownSteps)] : steps;
  const text = base + shown.join("");
  return text.startsWith(".") ? text.slice(1) : text;
}
