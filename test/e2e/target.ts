/**
 * Where the stack is deployed to.
 */
import { localStack } from "./cdk.ts";
import { checkLocal, localEnvironment, type Variables } from "./environment.ts";

/** Calls a service: `("sqs", "send_message", { QueueUrl, MessageBody })`. */
export type CallAws = (
  service: string,
  operation: string,
  params: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

export interface Target {
  readonly name: string;
  /** Name of the stack there. */
  readonly stack: string;
  readonly isEmulator: boolean;
  /** Of every program that talks to it. */
  readonly env: Variables;
  /** True where functions are processes of this machine: they write its files, and can be killed. */
  readonly sharesFiles: boolean;
  /** Whether roles can be assumed here, to see that who has no right to a call is refused. */
  readonly assumesRoles: boolean;
  /** For what the product itself has no call. Absent where nobody can. */
  readonly aws?: CallAws;
  stop(): Promise<void>;
}

/** A LocalStack that runs already: it needs a token and Docker, so whoever has them starts it. */
export async function runningLocalStack(): Promise<Target> {
  const endpoint = checkLocal(process.env.AWS_ENDPOINT_URL);
  const health = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
  if (!health?.ok) throw new Error(`no LocalStack answers at ${endpoint}: start it, with its token, and come again`);
  const env = localEnvironment(endpoint);
  return {
    name: "LocalStack",
    stack: localStack,
    isEmulator: true,
    env,
    sharesFiles: false,
    assumesRoles: false,
    stop: async () => {},
  };
}
