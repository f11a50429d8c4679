/**
 * From the name of a stack to what it has put up: `tutti status --stack Prod`.
 *
 * The construct writes one output for each of its instances, a JSON object whose `tutti` is 1 (infra/constructs/output.ts).
 */
import { z } from "zod";
import type { StackLookup, StackOutput } from "./adapters/cloudformation/outputs.ts";
import { ConfigurationError } from "./client/errors.ts";
import {
  type Connection,
  type ConnectOptions,
  endpointsOf,
  regionOf,
  type Surroundings,
  settingsIn,
} from "./connect.ts";

const deploymentSchema = z.object({
  tutti: z.literal(1),
  table: z.string(),
  requestQueueUrl: z.string(),
  taskQueueUrls: z.record(z.string(), z.string()),
  deadLetterQueueUrls: z.record(z.string(), z.string()),
});
/** What the output of a construct says. Fields may be added, never changed. */
export type DeploymentOutput = z.infer<typeof deploymentSchema>;

/** Asks for the outputs of a stack; undefined when there is no such stack. */
export type ReadOutputs = (lookup: StackLookup) => Promise<readonly StackOutput[] | undefined>;

/**
 * Finds a deployment by its stack.
 *
 * @param read - @default CloudFormation
 * @throws ConfigurationError when there is no such stack, it holds none or several, or it cannot be looked at.
 */
export async function findStack(
  stack: string,
  options: Pick<ConnectOptions, "region" | "endpoints" | "tasks">,
  { environment }: Pick<Surroundings, "environment">,
  read: ReadOutputs = readOutputs,
): Promise<Connection> {
  const region = regionOf(options, environment);
  const outputs = await lookUp(read, { stack, ...(region === undefined ? {} : { region }) });
  const { tutti: _, ...deployment } = onlyDeployment(stack, outputs);
  return {
    ...deployment,
    from: "stack",
    endpoints: endpointsOf(options, environment),
    ...(region === undefined ? {} : { region }),
    local: false,
    ...settingsIn(environment),
    ...(options.tasks === undefined ? {} : { tasks: options.tasks }),
  };
}

/** The SDK is loaded when a stack is named, and not before. */
const readOutputs: ReadOutputs = async (lookup) =>
  (await import("./adapters/cloudformation/outputs.ts")).readStackOutputs(lookup);

async function lookUp(read: ReadOutputs, lookup: StackLookup): Promise<readonly StackOutput[]> {
  const { stack, region } = lookup;
  const where = region === undefined ? "" : ` in ${region}`;
  const outputs = await read(lookup).catch((cause: unknown) => {
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    throw new ConfigurationError(`the stack ${stack}${where} could not be looked at: ${name}: ${message}`, { cause });
  });
  if (outputs !== undefined) return outputs;
  throw new ConfigurationError(
    `there is no stack ${stack}${where} in this account: look for it with aws cloudformation list-stacks`,
  );
}

function onlyDeployment(stack: string, outputs: readonly StackOutput[]): DeploymentOutput {
  const found = outputs.flatMap((output) => {
    const deployment = deploymentIn(output.value);
    return deployment === undefined ? [] : [{ ...output, deployment }];
  });
  const [first, ...others] = found;
  if (first === undefined)
    throw new ConfigurationError(
      `no output of the stack ${stack} describes a deployment: it has no Tutti construct, or was deployed by a version before this one`,
    );
  if (others.length > 0)
    throw new ConfigurationError(
      `the stack ${stack} holds ${found.length} deployments (${found.map(({ key }) => key).join(", ")}): name the table and the request queue of one`,
    );
  return first.deployment;
}

/** What an output says, if it is one of ours. */
function deploymentIn(value: string): DeploymentOutput | undefined {
  if (!value.startsWith("{")) return undefined;
  try {
    return deploymentSchema.parse(JSON.parse(value));
  } catch {
    return undefined;
  }
}
