/**
 * The two attributes of dead-letter queues: `RedrivePolicy` of a source, `RedriveAllowPolicy` of a target.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
import { z } from "zod";
import { invalidParameter } from "./errors.ts";
import { sqsLimits } from "./limits.ts";

/** Where messages go after how many receives. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

const redrivePolicySchema = z.object({
  deadLetterTargetArn: z.string("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
  maxReceiveCount: z.union(
    [z.number(), z.string()],
    "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
  ),
});

const redriveAllowPolicySchema = z.discriminatedUnion("redrivePermission", [
  z.object({ redrivePermission: z.literal("allowAll") }),
  z.object({ redrivePermission: z.literal("denyAll") }),
  z.object({ redrivePermission: z.literal("byQueue"), sourceQueueArns: z.array(z.string()).min(1).max(10) }),
]);

/** Parses the JSON of an attribute. */
function parseJsonAttribute<T>(name: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidParameter(name, text, `${name} is not valid JSON.`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw invalidParameter(name, text, parsed.error.issues[0]?.message ?? "unknown");
  }
  return parsed.data;
}

/** Parses a `RedrivePolicy`; `maxReceiveCount` may be a number or a string of digits, as on AWS. */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const policy = parseJsonAttribute("RedrivePolicy", text, redrivePolicySchema);
  const maxReceiveCount = Number(policy.maxReceiveCount);
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1 || maxReceiveCount > sqsLimits.maxReceiveCount) {
    const reason = `Invalid value for maxReceiveCount: ${policy.maxReceiveCount}, valid values are from 1 to ${sqsLimits.maxReceiveCount} both inclusive.`;
    throw invalidParameter("RedrivePolicy", text, reason);
  }
  return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount };
}

/** Refuses a `RedriveAllowPolicy` that is none. */
export function checkRedriveAllowPolicy(text: string): void {
  parseJsonAttribute("RedriveAllowPolicy", text, redriveAllowPolicySchema);
}

/** Whether a target with this `RedriveAllowPolicy` takes dead letters of the source. */
export function allowsRedriveFrom(allowPolicy: string | undefined, sourceArn: string): boolean {
  if (allowPolicy === undefined) {
    return true;
  }
  const policy = parseJsonAttribute("RedriveAllowPolicy", allowPolicy, redriveAllowPolicySchema);
  switch (policy.redrivePermission) {
    case "allowAll":
      return true;
    case "denyAll":
      return false;
    case "byQueue":
      return policy.sourceQueueArns.includes(sourceArn);
    default:
      return policy satisfies never;
  }
}
