/**
 * Sends what the deployed functions say to table and queues through a proxy that drops answers.
 */
import { type DroppingProxy, startProxy } from "./proxy.ts";
import type { Target } from "./target.ts";

/** One answer in ten: the SDK repeats each call up to five times, so most are made good, and some are not. */
const share = 0.1;

export interface Dropping extends DroppingProxy {
  /** Has the functions of the deployed stack use the proxy. */
  redirect(): Promise<void>;
}

export async function dropAnswers(target: Target, seed: number): Promise<Dropping> {
  const { aws, stack } = target;
  if (aws === undefined) throw new Error(`${target.name} gives no way to change functions`);
  const upstream = new URL(target.env.AWS_ENDPOINT_URL as string);
  const proxy = await startProxy({ upstreamPort: Number(upstream.port), share, seed });
  return {
    ...proxy,
    async redirect() {
      const { Functions } = (await aws("lambda", "list_functions", {})) as {
        Functions: { FunctionName: string; Environment: { Variables: Record<string, string> } }[];
      };
      for (const { FunctionName, Environment } of Functions.filter((one) => one.FunctionName.startsWith(stack))) {
        const Variables = throughPort(Environment.Variables, upstream.host, proxy.port);
        await aws("lambda", "update_function_configuration", { FunctionName, Environment: { Variables } });
      }
    },
  };
}

/** The SDK sends to a queue at the host of its URL, whatever the endpoint: these go through the proxy too. */
function throughPort(variables: Readonly<Record<string, string>>, host: string, port: number): Record<string, string> {
  const changed = Object.entries(variables).map(([name, text]) => [name, text.replaceAll(host, `127.0.0.1:${port}`)]);
  return { ...Object.fromEntries(changed), AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` };
}
