import type { Metrics } from "../../ports/system.ts";

/** Counts nothing. */
export const noMetrics: Metrics = { count: () => {} };
