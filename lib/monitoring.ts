/**
 * Monitoring in a program's own words: functions that need no client of their own. They talk to the deployment that the
 * environment names, or to the one given.
 */
import type { CheckOptions } from "./client/check.ts";
import type { Monitoring, MonitoringOptions } from "./client/monitoring.ts";
import { type ConnectOptions, createClient } from "./connect.ts";
import type { ActiveJoin, CheckReport, HealthReport } from "./model/operating-reports.ts";

/** Which deployment. @default what {@link createClient} finds */
export interface AtDeployment {
  readonly deployment?: ConnectOptions;
}

/** Chords, groups and joins that wait for members. */
export async function getActiveJoins({ deployment }: AtDeployment = {}): Promise<readonly ActiveJoin[]> {
  return createClient(deployment).getActiveJoins();
}

/**
 * What is stuck and why.
 *
 * @example
 * const { issues } = await checkStuck({ maxRuntimeHours: 1 });
 * for (const { explanation, fix } of issues) console.log(explanation, fix[0]);
 */
export async function checkStuck({ deployment, ...options }: CheckOptions & AtDeployment = {}): Promise<CheckReport> {
  return createClient(deployment).checkStuck(options);
}

/** The answer of a health endpoint: `status` is `unhealthy` as soon as anything is stuck. */
export async function health({
  deployment,
  ...options
}: Omit<CheckOptions, "id"> & AtDeployment = {}): Promise<HealthReport> {
  return createClient(deployment).health(options);
}

/**
 * Checks once and returns what it found, for a scheduled task; with `everyMinutes` again and again, until it is stopped.
 *
 * @example
 * const { report } = await setupPeriodicMonitoring({ onCheck: (_, { appeared }) => appeared.forEach(alert) });
 */
export async function setupPeriodicMonitoring({
  deployment,
  ...options
}: MonitoringOptions & AtDeployment = {}): Promise<Monitoring> {
  return createClient(deployment).monitor(options);
}
