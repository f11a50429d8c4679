/**
 * Stands between the functions and the emulator, and drops answers of writes that have been done: the writer does not know.
 */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface DroppingProxy {
  readonly port: number;
  /** Writes seen, and how many of their answers were dropped. */
  counts(): { readonly writes: number; readonly dropped: number };
  close(): void;
}

export interface ProxyOptions {
  readonly upstreamPort: number;
  /** Share of the answers to drop, 0–1. */
  readonly share: number;
  /** One seed drops the same answers, by their number. */
  readonly seed: number;
}

const writes = /\.(UpdateItem|PutItem|BatchWriteItem|SendMessage|SendMessageBatch|ChangeMessageVisibility)$/;

export async function startProxy({ upstreamPort, share, seed }: ProxyOptions): Promise<DroppingProxy> {
  const draw = random(seed);
  let seen = 0;
  let dropped = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request({ host: "127.0.0.1", port: upstreamPort, method, path: url, headers }, (answer) => {
      const { statusCode = 500 } = answer;
      if (writes.test(String(headers["x-amz-target"])) && statusCode < 300) {
        seen++;
        if (draw() < share) {
          dropped++;
          answer.resume().on("end", () => outgoing.destroy());
          return;
        }
      }
      outgoing.writeHead(statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    counts: () => ({ writes: seen, dropped }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Uniform in [0, 1): mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
