/**
 * What `doctor` says of the functions that read the queues: whether Lambda hands them messages, and how.
 */
import type { DoctorFinding } from "../model/doctor-report.ts";
import type { Asked, QueueMapping } from "../ports/index.ts";
import { advice, ok, unasked, unknown, wrong } from "./doctor-words.ts";

const check = "event-sources";
/** Lambda hands over nothing in these, and nothing else is under way. */
const silentStates = ["Disabled", "Disabling", "Deleting"];
const redeploy = "npx cdk deploy";

/** A queue, and who may read it. */
export interface ReadQueue {
  readonly about: string;
  /** Undefined: there is no Lambda to ask, or no queue to ask for. */
  readonly mappings: Asked<readonly QueueMapping[]> | undefined;
  /** True where only a function of the construct ever reads: without one nobody does. */
  readonly needsFunction: boolean;
}

export function mappingFindings({ about, mappings, needsFunction }: ReadQueue): DoctorFinding[] {
  if (mappings === undefined) return [];
  if (mappings.answer === "refused") return [unknown(check, about, notAllowed)];
  if (mappings.answer !== "found") return [unasked(check, about, mappings)];
  const { value: found } = mappings;
  if (found.length > 0) return found.map((mapping) => findingOf(about, mapping));
  if (needsFunction)
    return [wrong(check, about, "no function reads it", { fix: redeploy, expected: "an event source mapping" })];
  return [unknown(check, about, "no function reads it: a program of yours must (tutti worker, or another)")];
}

const notAllowed =
  "not allowed to ask: it takes lambda:ListEventSourceMappings on all resources, as AWS knows no narrower right";

function findingOf(about: string, mapping: QueueMapping): DoctorFinding {
  const { functionName, state, lastResult, batchSize, tellsFailures } = mapping;
  const reader = `read by ${functionName}`;
  if (silentStates.includes(state))
    return wrong(check, about, `${reader}, but its event source mapping is ${state}`, {
      fix: `aws lambda update-event-source-mapping --enabled, or ${redeploy}`,
      expected: "Enabled",
    });
  if (!tellsFailures)
    return wrong(check, about, `${reader}, which cannot tell which messages of a batch have failed`, {
      fix: `${redeploy}: without ReportBatchItemFailures the failed ones of a batch are deleted with the others`,
      expected: "ReportBatchItemFailures",
    });
  // One batch that failed is no fault of the deployment: the alarm on the function's errors counts them.
  if (lastResult.startsWith("PROBLEM"))
    return advice(check, about, `${reader}: ${lastResult}`, {
      fix: `see the log of ${functionName}: what SQS hands over comes back from it`,
      expected: "OK",
    });
  const result = lastResult === "" ? "" : `, last: ${lastResult}`;
  return ok(check, about, `${reader}: ${state}, up to ${batchSize} messages at once${result}`);
}
