/**
 * Where the stack is deployed to.
 */
import { checkLocal, localEnvironment, type Variables } from "./environment.ts";

export interface Target {
  readonly name: string;
  /** Of every program that talks to it. */
  readonly env: Variables;
  /** True where functions are processes of this machine: they write its files, and can be killed. */
  readonly sharesFiles: boolean;
  /** Calls any service, for what the product itself has no call. Absent where nobody can. */
  readonly aws?: (
    service: string,
    operation: string,
    params: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

/** A LocalStack that runs already: it needs a token and Docker, so whoever has them starts it. */
export async function runningLocalStack(): Promise<Target> {
  const endpoint = checkLocal(process.env.AWS_ENDPOINT_URL);
  const health = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
  if (!health?.ok) throw new Error(`no LocalStack answers at ${endpoint}: start it, with its token, and come again`);
  return { name: "LocalStack", env: localEnvironment(endpoint), sharesFiles: false, stop: async () => {} };
}
