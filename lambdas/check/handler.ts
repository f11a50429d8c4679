/** The scheduled check: tells people what is stuck. Started by a schedule, whose event says nothing. */
import type { CheckReport } from "../../lib/index.ts";
import { type HealthReport, healthOf, type Log, type Metrics } from "../../lib/lambda.ts";
import { checkNotice } from "./notice.ts";

export interface CheckDeps {
  readonly check: () => Promise<CheckReport>;
  readonly publish: (subject: string, text: string) => Promise<void>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Throws when it can neither look nor tell: the failed invocation is what an alarm sees.
 *
 * It keeps no state, so it does not know what it told last: that all is well again is told by the alarm on what it counts.
 */
export function createCheckHandler({ check, publish, log, metrics }: CheckDeps) {
  return async (_event: unknown): Promise<HealthReport> => {
    const report = await check();
    const health = healthOf(report);
    log.write(health.status === "healthy" ? "info" : "warn", "checked", { ...health });
    // Counted at 0 too: nothing else ends that alarm.
    metrics.count("check.stuck", report.issues.filter(({ stuck }) => stuck).length);
    const notice = checkNotice(report);
    if (notice !== undefined) await publish(notice.subject, notice.text);
    return health;
  };
}
