/**
 * A sweep by hand: what the sweeper would mend now, and asking for it. Pure, but for reads.
 */
import type { SweepReport } from "../model/cleaning-reports.ts";
import { diagnose } from "../protocol/diagnose.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { type Checking, readActive, timesOf } from "./active.ts";
import { schemaVersion } from "./shapes.ts";

/** What a sweep came to. */
export interface Swept {
  readonly visited: number;
  readonly repaired: number;
  readonly failed: number;
}

/** What a visit of each running run would mend now, due or not. Writes and sends nothing. */
export async function previewSweep(checking: Checking): Promise<SweepReport> {
  const { store, plans, clock } = checking.reading;
  const { clockSkewSeconds, visibilitySeconds } = timesOf(checking);
  const settings = { skewMs: clockSkewSeconds * 1000, visibilityMs: visibilitySeconds * 1000 };
  const { heads } = await readActive(checking);
  const findings: SweepReport["findings"] = [];
  for (const head of heads) {
    const found = diagnose(await readSnapshot(store, plans, head), clock.now(), settings).findings;
    for (const { kind, node, join, explanation } of found)
      findings.push({ runId: head.runId, kind, path: node ?? join ?? null, explanation });
  }
  return { schemaVersion, dryRun: true, visited: heads.length, repaired: 0, failed: 0, findings };
}

export function sweepReport({ visited, repaired, failed }: Swept): SweepReport {
  return { schemaVersion, dryRun: false, visited, repaired, failed, findings: [] };
}
