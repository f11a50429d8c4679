/**
 * The runs that have failed, with the kind of their error.
 */
import type { StoredError } from "../model/outcome.ts";
import type { Store } from "../ports/index.ts";
import { decodeHead, type Head, isTombstone } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readListing } from "./runs.ts";
import { type FailedRun, type FailuresReport, schemaVersion } from "./shapes.ts";

/**
 * Reads what has failed, newest first, from the listing: of the 10,000 newest runs.
 *
 * @param fingerprint - Only runs of that kind; each is read again by itself, since the listing is a moment behind.
 */
export async function failures(store: Store, fingerprint: string | undefined): Promise<FailuresReport> {
  const { heads, partial } = await readListing(store);
  const listed = heads.flatMap(failedRun).filter((run) => fingerprint === undefined || run.fingerprint === fingerprint);
  if (fingerprint === undefined) return { schemaVersion, runs: listed, partial };
  const images = await store.getMany(
    listed.map(({ id }) => headKey(id)),
    "head.read",
  );
  const runs = listed
    .flatMap(({ id }, index) => {
      const image = images[index];
      return image === undefined ? [] : failedRun(decodeHead(id, image));
    })
    .filter((run) => run.fingerprint === fingerprint);
  return { schemaVersion, runs, partial };
}

function failedRun(head: Head): FailedRun[] {
  const { runId: id, status, generation } = head;
  if (isTombstone(head) || (status !== "FAILED" && status !== "TIMED_OUT")) return [];
  const error: StoredError = head.error ?? { name: status, message: `the run ended ${status}` };
  return [{ id, status, generation, fingerprint: fingerprintOf(error), error }];
}
