/**
 * What a Lambda handler is made of: the coordinator, its ports, and the registry of tasks. The folder `lambdas` knows
 * lib through this file and `index.ts` alone.
 */
export { healthOf } from "./client/check.ts";
export { runEnded } from "./client/run-ended.ts";
export {
  type Coordinator,
  createCoordinator,
  type Disposition,
  type Letter,
  type Settings,
  type SweepReport,
} from "./coordinator/index.ts";
export { queueNameSchema } from "./model/ids.ts";
export { defaults, limits } from "./model/limits.ts";
export type { HealthReport } from "./model/operating-reports.ts";
export type { RunEnded } from "./model/run-ended.ts";
export { textOfThrown } from "./model/thrown.ts";
export { checkScheduled } from "./plan/check-scheduled.ts";
export type { TaskCatalog } from "./plan/types.ts";
export type {
  Clock,
  ConsumedQueue,
  Ids,
  Log,
  LogLevel,
  Metrics,
  QueueRef,
  ReceivedMessage,
  Store,
} from "./ports/index.ts";
export { protocol } from "./protocol/index.ts";
export { schedulesOf } from "./tasks/define-schedule.ts";
export { catalogOf, registryOf, type TaskRegistry } from "./tasks/registry.ts";
