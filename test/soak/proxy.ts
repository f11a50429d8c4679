/**
 * A proxy between the clients and a service of the engine: its address stays, whatever becomes of what is behind it, and it
 * does what services and networks do on a bad day.
 */
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "./faults.ts";

export interface FaultyProxy {
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Of the service. */
  readonly target: { readonly host: string; readonly port: number };
  /** What befalls a call; undefined for nothing. */
  readonly faultOf: (operation: string, body: Buffer) => Fault | undefined;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function startProxy({ target, faultOf }: ProxyOptions): Promise<FaultyProxy> {
  const agent = new Agent({ keepAlive: true });
  const forward = (from: IncomingMessage, body: Buffer, signal?: AbortSignal): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = { ...from.headers, "content-length": String(body.length) };
      const { method, url: path } = from;
      const onward = request({ ...target, agent, method, path, headers, ...(signal && { signal }) }, (answer) => {
        readAll(answer).then(
          (read) => resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: read }),
          reject,
        );
      });
      onward.on("error", reject);
      onward.end(body);
    });

  const serve = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const body = await readAll(from);
    const operation =
      String(from.headers["x-amz-target"] ?? "")
        .split(".")
        .at(-1) ?? "";
    // A receive whose client has gone must not swallow a message.
    const gone = new AbortController();
    to.once("close", () => gone.abort());
    const fault = faultOf(operation, body);
    switch (fault?.kind) {
      case undefined:
        return write(to, await forward(from, body, gone.signal));
      case "refused":
        return write(to, { status: fault.status, headers: {}, body: Buffer.from(JSON.stringify(fault.body)) });
      case "not-sent":
        return void to.destroy();
      case "reply-lost":
        await forward(from, body);
        return void to.destroy();
      case "failed-after":
        await forward(from, body);
        return write(to, { status: 500, headers: {}, body: Buffer.from(JSON.stringify(fault.body)) });
      case "late":
        to.destroy();
        await later(fault.afterMs);
        return void (await forward(from, body));
      case "delayed":
        await later(fault.afterMs);
        return write(to, await forward(from, body, gone.signal));
      case "partial":
        return write(to, completed(await forward(from, fault.request, gone.signal), fault.complete));
      default:
        return fault satisfies never;
    }
  };

  const server = createServer((from, to) => {
    // The service is down, or the client has gone: both see a connection that breaks.
    serve(from, to).catch(() => to.destroy());
  });
  const port = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** The answer to a part of a batch, with word of the rest. Errors are passed on as they are. */
function completed(answer: Answer, complete: (body: Record<string, unknown>) => object): Answer {
  if (answer.status !== 200) return answer;
  const body = Buffer.from(JSON.stringify(complete(JSON.parse(answer.body.toString()))));
  // The service's own checksum is of another body.
  const { "x-amz-crc32": _, ...headers } = answer.headers;
  return { ...answer, headers, body };
}

function write(to: ServerResponse, { status, headers, body }: Answer): void {
  if (to.destroyed) return;
  const { "transfer-encoding": _, connection: __, "keep-alive": ___, ...kept } = headers;
  to.writeHead(status, { "content-type": "application/x-amz-json-1.0", ...kept, "content-length": body.length });
  to.end(body);
}
