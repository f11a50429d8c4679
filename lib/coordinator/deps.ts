/**
 * What the driver works with. Everything comes in by argument: the simulator, the tests and production run the same code.
 */
import type { SubmitRequest } from "../model/request.ts";
import type { Plan, TaskCatalog } from "../plan/types.ts";
import type { Clock, Ids, Log, Metrics, Queue, Store, Tracing } from "../ports/index.ts";
import type { Protocol } from "../protocol/index.ts";
import type { DiagnoseSettings } from "../protocol/overdue.ts";
import type { TaskRegistry } from "../tasks/registry.ts";

/** Times and sizes that a deployment may choose. */
export interface Settings {
  /** How long a claim lasts without a heartbeat. @default 30 */
  readonly leaseSeconds: number;
  /** ε: how far clocks may differ. @default 2 */
  readonly clockSkewSeconds: number;
  /** Period of the sweeper. @default 60 */
  readonly sweepSeconds: number;
  /** Visibility timeout of the task queues: the first interval after which an unseen task is sent again. @default 60 */
  readonly visibilitySeconds: number;
  /** How long a run is kept after its end. @default 7 days */
  readonly retentionSeconds: number;
  /** Tasks one delivery batch runs side by side. @default 10 */
  readonly tasksPerInvocation: number;
}

export interface CoordinatorDeps {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly settings: Settings;
  /** Task bodies; a process that only controls and sweeps needs none. */
  readonly registry: TaskRegistry;
  readonly catalog: TaskCatalog;
  readonly protocol: Protocol;
  /** Spans of tasks and joins. @default none */
  readonly tracing?: Tracing;
  /** Members of a queue that travel in one message: no more than its worker runs side by side. @default 10 */
  readonly tasksPerMessage?: (queue: string) => number;
  /** What programs elsewhere are told to report to: the request queue, as they reach it. @default "request" */
  readonly reportQueueUrl?: string;
  /** Compiles a request; tests ask for small tallies. @default compile */
  readonly compile?: (request: SubmitRequest, catalog: TaskCatalog, nowMs: number) => Plan;
  /** Largest part of a stored value; tests ask for small ones. @default 350 KiB */
  readonly partBytes?: number;
}

/** What the diagnosis needs of the settings. */
export function diagnoseSettings({ settings }: CoordinatorDeps): DiagnoseSettings {
  return { skewMs: settings.clockSkewSeconds * 1000, visibilityMs: settings.visibilitySeconds * 1000 };
}

/** What a delivered message ends in. */
export type Disposition =
  /** Everything it stands for is recorded and handed on. */
  | { readonly kind: "acknowledge" }
  /** It comes back after that time. */
  | { readonly kind: "return"; readonly delaySeconds: number };
