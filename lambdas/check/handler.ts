/** The scheduled check: tells people what is stuck. Started by a schedule, whose event says nothing. */
import type { CheckReport } from "../../lib/index.ts";
import { type HealthReport, healthOf, type Log } from "../../lib/lambda.ts";
import { checkNotice } from "./notice.ts";

export interface CheckDeps {
  readonly check: () => Promise<CheckReport>;
  readonly publish: (subject: string, text: string) => Promise<void>;
  readonly log: Log;
}

/** Throws when it can neither look nor tell: the failed invocation is what an alarm sees. */
export function createCheckHandler({ check, publish, log }: CheckDeps) {
  return async (_event: unknown): Promise<HealthReport> => {
    const report = await check();
    const health = healthOf(report);
    log.write(health.status === "healthy" ? "info" : "warn", "checked", { ...health });
    const notice = checkNotice(report);
    if (notice !== undefined) await publish(notice.subject, notice.text);
    return health;
  };
}
