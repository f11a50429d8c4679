/**
 * How the SDK's clients of table and queues are configured: once, and with reasons.
 */

export interface ClientOptions {
  /** @default that of the environment */
  readonly region?: string;
  /** Another endpoint than AWS's, for example that of the local engine. */
  readonly endpoint?: string;
  /** @default those of the environment */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries of one request, the first included. What outlasts them is the message's to outlast. @default 5 */
  readonly maxAttempts?: number;
}

/**
 * An answer that takes longer than this is as good as lost: DynamoDB's own take milliseconds, and a receive that waits is given that
 * much longer. All tries together then last half a lease at most.
 */
const requestTimeoutMs = 3000;
const connectionTimeoutMs = 1000;
/** More calls than one process ever has under way, waiting receives included. */
const maxSockets = 256;

export function clientConfig(options: ClientOptions) {
  const agent = { keepAlive: true, maxSockets };
  return {
    ...options,
    maxAttempts: options.maxAttempts ?? 5,
    retryMode: "standard",
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      connectionTimeout: connectionTimeoutMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}

/** It hides what is secret in every request and answer, for a log that nobody has asked for: a tenth of a call's work here. */
export const unneededMiddleware = "loggerMiddleware";

/** Of a local engine: no account, no region, nothing read from the environment. */
export function localOptions(endpoint: string): ClientOptions {
  return { endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
}
