/**
 * The SQS of the local engine: a server on a local port that the AWS SDK takes for SQS. Queues live in memory.
 *
 * What differs from AWS on purpose: counts are exact, a purge and a new attribute take effect at once, a queue may be
 * created again right after its deletion, signatures and access policies are not checked, tags given to `CreateQueue`
 * are ignored. FIFO queues are refused.
 */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Alarm, createAlarm } from "./alarm.ts";
import { createBroker, type Queue } from "./broker.ts";
import { createFaults, type FaultSwitches, type Faults } from "./faults.ts";
import { createRequestListener } from "./http.ts";
import { createMoveTasks } from "./move-tasks.ts";
import type { Service } from "./operations/operation.ts";
import { createPolling, type Polling } from "./polling.ts";
import { createSeededRandom } from "./random.ts";

export interface SqsServerOptions {
  /** @default 0, a free port */
  readonly port?: number;
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** Of the fault switches: the same seed and the same calls give the same faults. @default 1 */
  readonly seed?: number;
  /** @default "000000000000" */
  readonly accountId?: string;
  /** Of the ARNs. @default "us-east-1" */
  readonly region?: string;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly now?: () => number;
}

export interface SqsServer {
  /** For the SDK's `endpoint`, without a slash at the end. */
  readonly endpoint: string;
  readonly port: number;
  /** All off at the start; what is set replaces everything set before. Also at `POST /_tutti/faults`. */
  faults: FaultSwitches;
  /** Answers waiting receives with nothing, ends all connections and stops. */
  close(): Promise<void>;
}

/** Idle connections are kept longer than clients keep them, so that no request meets a closing connection. */
const keepAliveMs = 120_000;

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server, polling: Polling): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  polling.close();
  // One turn of the event loop for the empty answers to go out.
  await new Promise((resolve) => setImmediate(resolve));
  server.closeAllConnections();
  await closed;
}

interface Parts {
  readonly faults: Faults;
  readonly moveAlarm: Alarm;
  /** What operations work with; the URL of queues is known once the port is. */
  serviceAt(endpoint: string): Service;
}

/** Puts the parts of a server together. */
function assemble({
  seed = 1,
  accountId = "000000000000",
  region = "us-east-1",
  now = Date.now,
}: SqsServerOptions): Parts {
  const faults = createFaults(createSeededRandom(seed));
  const onDeadLetters = (queue: Queue): void => polling.wake(queue);
  const broker = createBroker({ now, newId: randomUUID, faults, accountId, region, onDeadLetters });
  const polling = createPolling(broker, now);
  const moves = createMoveTasks({ now, newId: randomUUID, broker, onArrival: polling.wake });
  const ring = (): void => {
    moves.run();
    moveAlarm.set();
  };
  const moveAlarm = createAlarm({ now, nextAt: moves.nextEventAt, ring });
  return {
    faults,
    moveAlarm,
    serviceAt: (endpoint) => ({
      broker,
      polling,
      moves,
      onMoveStarted: moveAlarm.set,
      accountId,
      urlOf: (queue) => `${endpoint}/${accountId}/${queue.name}`,
    }),
  };
}

/**
 * Starts a server.
 *
 * @throws The error of `listen`, for example `EADDRINUSE` when the port is taken.
 */
export async function startSqsServer(options: SqsServerOptions = {}): Promise<SqsServer> {
  const { port: wantedPort = 0, host = "127.0.0.1" } = options;
  const { faults, moveAlarm, serviceAt } = assemble(options);
  const server = createServer({ keepAliveTimeout: keepAliveMs });
  const port = await listen(server, wantedPort, host);
  const endpoint = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const service = serviceAt(endpoint);
  // In the same turn as the end of listen: no request can have come yet.
  server.on("request", createRequestListener(service, faults));
  return {
    endpoint,
    port,
    get faults() {
      return faults.get();
    },
    set faults(switches) {
      faults.set(switches);
    },
    async close() {
      moveAlarm.cancel();
      await stop(server, service.polling);
    },
  };
}
