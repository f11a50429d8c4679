/**
 * The wire: AWS JSON 1.0 over HTTP, and the switchboard of the faults.
 *
 * Left to others: what an operation does (`operations/`).
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { SqsError } from "./errors.ts";
import { type Faults, faultSwitchesSchema } from "./faults.ts";
import type { Service } from "./operations/operation.ts";
import { findOperation } from "./operations/table.ts";

/** Where tests of other processes read and set the fault switches. */
export const faultsPath = "/_tutti/faults";

const jsonType = "application/x-amz-json-1.0";
const targetPrefix = "AmazonSQS.";
/** A batch of 1 MiB, written as JSON in the longest way clients do (base64, escaped characters), and some more. */
const largestRequestBytes = 8 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= largestRequestBytes) {
      chunks.push(chunk);
    }
  }
  if (bytes > largestRequestBytes) {
    throw new SqsError("RequestEntityTooLarge", `the request has ${bytes} bytes, more than ${largestRequestBytes}`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text === "" ? "{}" : text);
  } catch {
    throw new SqsError("SerializationException", "the request is not JSON");
  }
}

/** The operation named by the header `X-Amz-Target`. */
function operationName(request: IncomingMessage): string {
  const target = request.headers["x-amz-target"];
  if (request.method !== "POST" || typeof target !== "string" || !target.startsWith(targetPrefix)) {
    const message = `this server speaks AWS JSON 1.0 only: POST with the header X-Amz-Target: ${targetPrefix}<operation>`;
    throw new SqsError("UnknownOperationException", message);
  }
  return target.slice(targetPrefix.length);
}

function success(body: object): Answer {
  return { status: 200, headers: { "content-type": jsonType }, body: JSON.stringify(body) };
}

function failure(error: unknown): Answer {
  const known =
    error instanceof SqsError ? error : new SqsError("InternalFailure", `fault of the local SQS server: ${error}`);
  const { type, queryCode, status } = known.shape;
  const fault = status < 500 ? "Sender" : "Receiver";
  return {
    status,
    headers: { "content-type": jsonType, "x-amzn-query-error": `${queryCode};${fault}` },
    body: JSON.stringify({ __type: type, message: known.message }),
  };
}

async function answerOperation(service: Service, request: IncomingMessage, delivery: Delivery): Promise<Answer> {
  try {
    const operation = findOperation(operationName(request));
    const input = parseJson(await readBody(request));
    return success(await operation(input, { service, ...delivery }));
  } catch (error) {
    return failure(error);
  }
}

/**
 * `GET` shows the fault switches, `POST` replaces them all (`{}` turns everything off).
 *
 * The content type must be JSON, so that a web page of another origin cannot set them without being asked about.
 */
async function answerFaults(faults: Faults, request: IncomingMessage): Promise<Answer> {
  const answer = (status: number, body: object): Answer => ({
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (request.method === "GET") {
    return answer(200, faults.get());
  }
  if (request.method !== "POST" || request.headers["content-type"]?.startsWith("application/json") !== true) {
    return answer(405, { message: "GET, or POST with content-type: application/json" });
  }
  try {
    const parsed = faultSwitchesSchema.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) {
      return answer(400, {
        message: parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "),
      });
    }
    faults.set(parsed.data);
    return answer(200, faults.get());
  } catch (error) {
    return answer(400, { message: String(error) });
  }
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, {
    ...headers,
    "content-length": Buffer.byteLength(body),
    "x-amzn-requestid": randomUUID(),
  });
  response.end(body);
}

/** Whether the answer of a request can still arrive, and what to do when it did not. */
interface Delivery {
  /** Aborted when the connection ended before the answer was out. */
  readonly signal: AbortSignal;
  readonly onUndelivered: (undo: () => void) => void;
}

function watchDelivery(request: IncomingMessage, response: ServerResponse): Delivery {
  const gone = new AbortController();
  let delivered = false;
  let undo: (() => void) | undefined;
  // "finish" also comes when the socket was destroyed under the writing, so it alone proves nothing. The handler is
  // put first since Node's own may close the socket.
  response.prependOnceListener("finish", () => {
    delivered = !request.socket.destroyed;
  });
  response.once("close", () => {
    if (!delivered) {
      gone.abort();
      undo?.();
    }
  });
  const onUndelivered = (action: () => void): void => {
    undo = action;
    if (gone.signal.aborted) {
      action();
    }
  };
  return { signal: gone.signal, onUndelivered };
}

/** Creates what answers requests. */
export function createRequestListener(service: Service, faults: Faults): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const delivery = watchDelivery(request, response);
    const reply =
      request.url === faultsPath
        ? await answerFaults(faults, request)
        : await answerOperation(service, request, delivery);
    if (!delivery.signal.aborted) {
      write(response, reply);
    }
  };
  return (request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
}
