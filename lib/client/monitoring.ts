/**
 * Checks again and again, and tells what has changed in between.
 */

import type { CheckReport, Issue } from "../model/operating-reports.ts";
import type { CheckOptions } from "./check.ts";

/** What has changed from one check to the next. */
export interface Changes {
  readonly appeared: readonly Issue[];
  readonly gone: readonly Issue[];
}

/** Compares two checks. An issue is the same while its run, join and cause are. */
export function changesBetween(before: CheckReport | undefined, now: CheckReport): Changes {
  const names = new Set(now.issues.map(nameOf));
  const known = new Set(before?.issues.map(nameOf));
  return {
    appeared: now.issues.filter((issue) => !known.has(nameOf(issue))),
    gone: (before?.issues ?? []).filter((issue) => !names.has(nameOf(issue))),
  };
}

function nameOf({ runId, joinId, kind }: Issue): string {
  return JSON.stringify([runId, joinId, kind]);
}

/** How to monitor. */
export interface MonitoringOptions extends Omit<CheckOptions, "id"> {
  /** Checks again after that long, until it is stopped. @default never: one check, as a scheduled task wants it */
  readonly everyMinutes?: number;
  /** Gets each check, and what has changed since the one before. What it throws is left to it. */
  readonly onCheck?: (report: CheckReport, changes: Changes) => void | Promise<void>;
  /** Gets what a later check failed with; the next one comes all the same. @default nothing */
  readonly onError?: (error: unknown) => void;
}

/** A monitoring under way. */
export interface Monitoring {
  /** Of the first check. */
  readonly report: CheckReport;
  /** Ends it. Repeatable. */
  stop(): void;
}

/** What monitoring takes. */
export interface Monitor {
  readonly check: (options: CheckOptions) => Promise<CheckReport>;
  /** Calls once after that long; returns what cancels it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** Checks once, and then as often as it is told. Rejects when the first check fails. */
export async function monitor({ check, after }: Monitor, options: MonitoringOptions): Promise<Monitoring> {
  const { everyMinutes, onCheck, onError, ...asked } = options;
  let before: CheckReport | undefined;
  let cancel = () => {};
  let stopped = false;
  const once = async (): Promise<CheckReport> => {
    const report = await check(asked);
    const changes = changesBetween(before, report);
    before = report;
    await onCheck?.(report, changes);
    return report;
  };
  const plan = () => {
    if (everyMinutes === undefined || stopped) return;
    cancel = after(everyMinutes * 60_000, () => {
      once()
        .catch((error: unknown) => onError?.(error))
        .finally(plan);
    });
  };
  const report = await once();
  plan();
  return {
    report,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
