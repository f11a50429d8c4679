/**
 * What the number of tasks per invocation means for a deployment: the one place that knows.
 */
import type { Settings } from "../../lib/coordinator/index.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { CompileOptions } from "../../lib/plan/compile.ts";

/** How members travel, which decides what they may cost. */
export type Delivery = "packed" | "one per message";

export interface Deployment {
  readonly settings: Settings;
  /** Shape of the tallies. */
  readonly shape: CompileOptions;
  readonly delivery: Delivery;
}

/** A deployment whose invocations run that many tasks side by side, out of messages of so many. */
export function deploymentFor(
  tasksPerInvocation: number,
  tasksPerMessage: number = defaults.tasksPerMessage,
): Deployment {
  return {
    settings: { ...defaults, tasksPerInvocation },
    shape: { tasksPerMessage: () => Math.min(tasksPerInvocation, tasksPerMessage) },
    delivery: tasksPerInvocation > 1 ? "packed" : "one per message",
  };
}
