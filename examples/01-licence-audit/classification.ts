/**
 * What the audit says about one package: the value each task returns and the report is made of.
 */
import { z } from "zod";
import { licenceFamilies } from "./licence-families.ts";

/**
 * From the most to the least pressing. A package gets the first that applies; the others stay in its notes.
 */
export const verdicts = [
  /** The declaration and the text contradict each other. */
  "mismatch",
  /** Nobody can tell from the package: neither is recognised, or the terms are custom. */
  "unknown",
  /** Use is limited, or not granted at all. */
  "restricted",
  /** Declaration and text agree on a copyleft licence, and there is no permissive choice. */
  "copyleft",
  /** A known licence whose file says more than the licence, or says it in other words. */
  "extra-terms",
  /** There is a known text, but package.json names no licence. */
  "undeclared",
  /** A licence that asks for its text to be passed on is declared, and the text is not in the package. */
  "missing-text",
  "ok",
] as const;
export type Verdict = (typeof verdicts)[number];

export const foundLicenceSchema = z.object({
  /** SPDX id of the recognised text. */
  id: z.string(),
  /** Relative to the package. */
  file: z.string(),
  /** Dice coefficient with the SPDX text, 0.9 to 1; null when the file only names the licence. */
  similarity: z.number().min(0).max(1).nullable(),
  /** What the text applies to; absent for the package itself. */
  scope: z.enum(["third-party", "documentation"]).optional(),
});
export type FoundLicence = z.infer<typeof foundLicenceSchema>;

export const classificationSchema = z.object({
  name: z.string(),
  version: z.string().nullable(),
  /** Relative to the audited folder. */
  path: z.string(),
  /** The declaration as one SPDX expression where it is one, else as written; null when there is none. */
  declared: z.string().nullable(),
  /** The licence the audit takes to apply, as an SPDX expression; `NOASSERTION` when it cannot say. */
  concluded: z.string(),
  family: z.enum(licenceFamilies),
  verdict: z.enum(verdicts),
  found: z.array(foundLicenceSchema),
  /** Why, in plain words, the most pressing first. */
  notes: z.array(z.string()),
});
export type Classification = z.infer<typeof classificationSchema>;

/** SPDX's word for "cannot say". */
export const noAssertion = "NOASSERTION";

/**
 * Largest classification, as JSON. A choice: 1,000 results of this size, all handed to one callback, stay below 1 MiB.
 */
export const maxClassificationBytes = 1000;

/**
 * Cuts a classification to the limit: the least pressing findings go first, then notes. Name, path and verdict stay.
 */
export function withinLimit(classification: Classification): Classification {
  let result = classification;
  while (jsonBytes(result) > maxClassificationBytes) {
    if (result.found.length > 1) result = { ...result, found: result.found.slice(0, -1) };
    else if (result.notes.length > 1) result = { ...result, notes: result.notes.slice(0, -1) };
    else return result;
  }
  return result;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
