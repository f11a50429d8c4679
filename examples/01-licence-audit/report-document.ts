/**
 * The report as data: what `licence-report.json` holds.
 */
import type { Classification, Verdict } from "./classification.ts";
import type { LicenceFamily } from "./licence-families.ts";

/** A package whose task did not end well: nothing is known about its licence. */
export interface NotAudited {
  readonly taskId: string;
  /** Position among the members of the chord, from 1. */
  readonly position: number;
  readonly status: string;
  readonly reason: string;
}

/** Copies of one version that got the same verdict for the same reasons. */
export interface FlaggedPackage {
  readonly name: string;
  readonly version: string | null;
  readonly verdict: Verdict;
  readonly family: LicenceFamily;
  readonly declared: string | null;
  readonly found: readonly string[];
  readonly notes: readonly string[];
  readonly paths: readonly string[];
}

/** The report as data. Fields may be added, never changed. */
export interface AuditDocument {
  readonly schemaVersion: 1;
  readonly folder: string;
  /** As passed in; absent otherwise. */
  readonly auditedAt?: string;
  readonly totals: {
    readonly packages: number;
    readonly fine: number;
    readonly flagged: number;
    readonly notAudited: number;
  };
  /** Most frequent first. */
  readonly licences: readonly { readonly licence: string; readonly family: LicenceFamily; readonly packages: number }[];
  /** Most pressing first. */
  readonly flagged: readonly FlaggedPackage[];
  /** Fine, with something worth knowing. */
  readonly remarks: readonly FlaggedPackage[];
  readonly notAudited: readonly NotAudited[];
  readonly packages: readonly Classification[];
}
