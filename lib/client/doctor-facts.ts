/**
 * What `doctor` goes by: facts, obtained in lib/connect-doctor.ts.
 */
import type { EpochMs } from "../model/ids.ts";
import type { DeployedTask, DeploymentFacts } from "../ports/index.ts";

/** Where the deployment is, and who said so. */
export interface Place {
  readonly from: "options" | "environment" | "dev-file" | "stack";
  readonly table: string;
  readonly requestQueueUrl?: string;
  readonly region?: string;
  readonly endpoints: { readonly dynamodb?: string; readonly sqs?: string };
  /** True for an endpoint that is not AWS's: what AWS alone has is not asked for. */
  readonly isEmulated: boolean;
}

/** What runs the command. */
export interface Machine {
  readonly nodeVersion: string;
  readonly packageVersion: string;
}

export interface DoctorTimes {
  readonly leaseSeconds: number;
  readonly clockSkewSeconds: number;
  readonly sweepSeconds: number;
  readonly visibilitySeconds: number;
}

export interface DoctorFacts {
  readonly place: Place;
  readonly machine: Machine;
  readonly nowMs: EpochMs;
  readonly times: DoctorTimes;
  readonly deployment: DeploymentFacts;
  /** Of the deployed code, by name. Absent: not known. */
  readonly tasks?: Readonly<Record<string, DeployedTask>>;
}
