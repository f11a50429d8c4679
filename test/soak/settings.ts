/**
 * What the soak and its processes agree on.
 */
import { defaults } from "../../lib/model/limits.ts";
import type { FaultSwitches } from "../../local/sqs/faults.ts";

/** Short waits: a dead process is noticed within seconds. */
export const settings = {
  leaseSeconds: 2,
  visibilitySeconds: 4,
  sweepSeconds: 1,
  clockSkewSeconds: 1,
  retentionSeconds: defaults.retentionSeconds,
  tasksPerInvocation: 5,
} as const;

/** Variable that tells the process of the queues what to make. */
export const queueVariable = "SOAK_QUEUES";
/** Variable that names the file for what processes log. */
export const logVariable = "SOAK_LOG";

export interface QueueSettings {
  readonly port: number;
  readonly region: string;
  readonly queues: readonly string[];
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
  readonly faults: FaultSwitches;
}
