/**
 * Outputs of a stack: how a command line finds what a deploy has put up. The only use of CloudFormation at run time.
 */
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";

export interface StackLookup {
  /** Name or ARN. */
  readonly stack: string;
  /** @default that of the environment */
  readonly region?: string;
}

/** One output of a stack. */
export interface StackOutput {
  readonly key: string;
  readonly value: string;
}

/** People wait for it: two tries, then what went wrong is told. */
const maxAttempts = 2;
const requestTimeoutMs = 10_000;
const connectionTimeoutMs = 3000;

/**
 * The outputs of a stack.
 *
 * @returns undefined when there is no such stack in this account and region.
 * @throws what the SDK throws, when it could not be asked.
 */
export async function readStackOutputs({ stack, ...where }: StackLookup): Promise<readonly StackOutput[] | undefined> {
  const client = new CloudFormationClient({
    ...where,
    maxAttempts,
    requestHandler: { requestTimeout: requestTimeoutMs, connectionTimeout: connectionTimeoutMs },
  });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    return (
      Stacks[0]?.Outputs?.map(({ OutputKey = "", OutputValue = "" }) => ({ key: OutputKey, value: OutputValue })) ?? []
    );
  } catch (error) {
    if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message))
      return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
