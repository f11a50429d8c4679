/**
 * Carries requests to an engine on this machine: HTTP with connections that are kept.
 *
 * Node's own client; undici's took as long, request for request (bench/BENCHMARKS.md).
 */
import { Agent, type IncomingMessage, request } from "node:http";
import { wallClock } from "../lib/adapters/system/clock.ts";
import type { JsonAnswer, JsonCall, JsonCallOptions } from "../lib/ports/index.ts";

export interface JsonCaller {
  readonly call: JsonCall;
  /** Ends the connections. */
  close(): void;
}

/** An answer that takes longer than this is as good as lost, as in the clients of the SDK. */
const answerTimeoutMs = 3000;
/** Tries of one request, the first included. What outlasts them is the message's to outlast. */
const maxTries = 5;
const firstPauseMs = 50;
const maxSockets = 256;

/** Engines look whether there is a signature, not whether it is right. */
const headers = {
  "content-type": "application/x-amz-json-1.0",
  authorization:
    "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/local/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
  "x-amz-date": "20200101T000000Z",
};

const throttled =
  /#(ThrottlingException|RequestThrottled|ProvisionedThroughputExceededException|RequestLimitExceeded)"/;

/** @param endpoint - For example `http://127.0.0.1:41873`. */
export function createJsonCaller(endpoint: string): JsonCaller {
  const url = new URL(endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets });
  const once = (target: string, body: string, { timeoutMs = answerTimeoutMs, signal }: JsonCallOptions) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        {
          agent,
          host: url.hostname.replace(/^\[|\]$/g, ""),
          port: url.port,
          method: "POST",
          path: "/",
          headers: { ...headers, "x-amz-target": target, "content-length": Buffer.byteLength(body) },
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => read(response, resolve, reject),
      );
      const cancel = wallClock.after(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      sent.once("error", reject);
      sent.once("close", cancel);
      sent.end(body);
    });

  const call: JsonCall = async (target, body, options = {}) => {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await once(target, body, options);
        if (tries === maxTries || !isPassing(answer)) return answer;
      } catch (error) {
        if (tries === maxTries || options.signal?.aborted) throw error;
      }
      await new Promise<void>((resolve) => wallClock.after(firstPauseMs * 2 ** (tries - 1), resolve));
    }
  };
  return { call, close: () => agent.destroy() };
}

interface Answer extends JsonAnswer {
  readonly status: number;
}

function read(response: IncomingMessage, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (part: string) => {
    text += part;
  });
  // A connection that is cut, or given up, within an answer.
  response.once("error", reject);
  response.once("end", () => {
    const { statusCode: status = 0 } = response;
    const queryCode = String(response.headers["x-amzn-query-error"] ?? "").split(";")[0];
    resolve({ status, ok: status === 200, text, ...(queryCode ? { queryCode } : {}) });
  });
}

/** A refusal that the next try may not meet. */
function isPassing({ status, ok, text }: Answer): boolean {
  return status >= 500 || (!ok && throttled.test(text));
}
