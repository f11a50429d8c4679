/**
 * Audits of a deployment: reads runs whole, and holds them against the invariants. Writes nothing.
 *
 * A run is read in several calls, so a live one may look as it never was. What seems wrong is therefore read again, until
 * two readings in a row are the same: then everything was so at one moment in between.
 */
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import type { Item, Store } from "../ports/index.ts";
import { requestViolations, soundHead, type Violation } from "../protocol/audit/index.ts";
import type { Head } from "../protocol/head.ts";
import { headKey } from "../protocol/keys.ts";
import { auditItems, auditRunItems, bucketsAmong } from "../records/audit.ts";
import { readAll } from "../records/snapshots.ts";
import { findHead, listedItems } from "./runs.ts";
import { type AuditReport, schemaVersion } from "./shapes.ts";
import type { Reading } from "./wait.ts";

/** How to audit a deployment. */
export interface AuditOptions {
  /** Is told how far it is, after each run. */
  readonly onProgress?: (soFar: { readonly runs: number; readonly found: number }) => void;
}

/** Violations that a report lists; the rest is counted. */
const listedViolations = 1000;
/** Readings of a run that seems wrong and keeps changing. */
const maxReadings = 6;

/** Audits the run that an id, or the beginning of one, names; a removed one too. */
export async function auditOne(reading: Reading, id: string): Promise<AuditReport> {
  // A head that cannot be read as one is what an audit is for.
  const isThere = (await reading.store.get(headKey(id), "head.read")) !== undefined;
  const runId = isThere ? id : (await findHead(reading.store, id)).runId;
  const { violations, unsteady } = await auditStored(reading, runId);
  return reportOf({ runs: 1, found: violations.length, violations, unsteady: unsteady ? [runId] : [] });
}

/** Audits everything that is listed, with a run in memory at a time. */
export async function auditAll(reading: Reading, { onProgress }: AuditOptions): Promise<AuditReport> {
  let runs = 0;
  let found = 0;
  const listed: Violation[] = [];
  const unsteady: RunId[] = [];
  const add = (violations: readonly Violation[]) => {
    found += violations.length;
    listed.push(...violations.slice(0, listedViolations - listed.length));
  };
  for await (const item of listedItems(reading.store)) {
    const run = item.key.pk;
    if (item.key.sk !== headKey(run).sk) {
      add(requestViolations(item) ?? []);
      continue;
    }
    const audited = await auditStored(reading, run);
    runs++;
    add(audited.violations);
    if (audited.unsteady) unsteady.push(run);
    onProgress?.({ runs, found });
  }
  return reportOf({ runs, found, violations: listed, unsteady });
}

/** Audits the items of an export: as they were together. */
export function auditExport(items: Iterable<Item>): AuditReport {
  const { runs, violations } = auditItems(items);
  return reportOf({ runs, found: violations.length, violations, unsteady: [] });
}

function reportOf({ violations, ...rest }: Omit<AuditReport, "schemaVersion">): AuditReport {
  return { schemaVersion, ...rest, violations: violations.slice(0, listedViolations) };
}

interface Audited {
  readonly violations: readonly Violation[];
  /** It kept changing, and whether anything is wrong is not known. */
  readonly unsteady: boolean;
}

async function auditStored({ store, clock }: Reading, runId: RunId): Promise<Audited> {
  let before: string | undefined;
  for (let readings = 0; readings < maxReadings; readings++) {
    const items = await readItems(store, runId);
    // Removed, and its tombstone gone, since it was listed.
    if (items.length === 0) return { violations: [], unsteady: false };
    const violations = await violationsOf(store, runId, items, clock.now());
    const content = contentOf(items);
    if (violations.length === 0 || content === before) return { violations, unsteady: false };
    before = content;
  }
  return { violations: [], unsteady: true };
}

async function readItems(store: Store, runId: RunId): Promise<Item[]> {
  const items = await readAll(store, runId, "");
  for (const bucket of bucketsAmong(runId, items)) items.push(...(await readAll(store, bucket, "")));
  return items;
}

/** Runs that maps have expanded into are asked for while auditing, so they are read before it is done once more. */
async function violationsOf(
  store: Store,
  runId: RunId,
  items: readonly Item[],
  nowMs: number,
): Promise<readonly Violation[]> {
  const asked = new Set<RunId>();
  const first = auditRunItems(runId, items, { nowMs, childHead: (child) => void asked.add(child) });
  if (asked.size === 0) return first;
  const heads = new Map<RunId, Head | null | undefined>();
  for (const child of asked) {
    const image = await store.get(headKey(child), "head.read");
    heads.set(child, image === undefined ? null : soundHead(child, image));
  }
  return auditRunItems(runId, items, { nowMs, childHead: (child) => heads.get(child) });
}

/** The content of items, without what heartbeats and visits of the sweeper change. */
function contentOf(items: readonly Item[]): string {
  return contentHash(
    JSON.stringify(items, (name, value) => {
      if (value instanceof Uint8Array) return contentHash(value);
      if (name === "due" || name === "sweptSettled" || name === "sweptInterval") return undefined;
      return value?.s === "L" ? { ...value, u: 0, k: 0, m: 0 } : value;
    }),
  );
}
