/**
 * From what a user said, or what is around the process, to a client that talks to AWS or to the local engine.
 *
 * The only file of lib that reads the environment and files. The AWS SDK is loaded at the first call, not at import: a
 * tasks module that imports the package pays for it only when it submits.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { createPortClient, type TuttiClient } from "./client/client.ts";
import { ConfigurationError } from "./client/errors.ts";
import type { Settings } from "./coordinator/index.ts";
import type { DeployedTask } from "./ports/index.ts";

/** What to talk to. What is left out comes from the environment, else from the file of a running `tutti dev`. */
export interface ConnectOptions {
  /** Name or ARN of the table. @default `TUTTI_TABLE` */
  readonly table?: string | undefined;
  /** Needed to submit. @default `TUTTI_REQUEST_QUEUE_URL` */
  readonly requestQueueUrl?: string | undefined;
  /** Other endpoints than AWS's. @default `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SQS` */
  readonly endpoints?: { readonly dynamodb?: string | undefined; readonly sqs?: string | undefined } | undefined;
  /** @default `AWS_REGION` */
  readonly region?: string | undefined;
  /** Tasks of the deployed code, by name, so that a check can tell which are not there. @default those of a running `tutti dev` */
  readonly tasks?: Readonly<Record<string, DeployedTask>> | undefined;
}

/** What was found to talk to. */
export interface Connection {
  /** Where it was found, for messages. */
  readonly from: "options" | "environment" | "dev-file" | "stack";
  readonly table: string;
  readonly requestQueueUrl?: string;
  readonly endpoints: { readonly dynamodb?: string; readonly sqs?: string; readonly lambda?: string };
  readonly region?: string;
  /** True for the local engine: it takes any credentials, and gets none of the user's. */
  readonly local: boolean;
  /** Queues whose lengths can be asked for, by name. */
  readonly taskQueueUrls: Readonly<Record<string, string>>;
  readonly deadLetterQueueUrls: Readonly<Record<string, string>>;
  /** Tasks of the deployed code, by name, where that is known. */
  readonly tasks?: Readonly<Record<string, DeployedTask>>;
  /** Times of the deployment, as far as they are not the usual ones. */
  readonly settings?: Partial<Settings>;
}

/** What is around the process. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder in which, or above which, `.tutti/dev.json` is looked for. */
  readonly cwd: string;
}

/** What `tutti dev` writes while it runs. */
const devFileSchema = z.object({
  pid: z.int(),
  endpoints: z.object({ dynamodb: z.string(), sqs: z.string() }),
  region: z.string(),
  table: z.string(),
  requestQueueUrl: z.string(),
  taskQueueUrls: z.record(z.string(), z.string()).default({}),
  deadLetterQueueUrls: z.record(z.string(), z.string()).default({}),
  tasks: z.record(z.string(), z.object({ queue: z.string() })).optional(),
  settings: z.record(z.string(), z.number()).optional(),
});

const devFile = join(".tutti", "dev.json");

/**
 * Finds what to talk to: options, else environment, else the file of a running `tutti dev`.
 *
 * Table and queue always come from one place: half a deployment and half another would be neither.
 *
 * @throws ConfigurationError when nothing says what to talk to, or the engine that the file names has gone.
 */
export function findConnection(options: ConnectOptions, around: Surroundings): Connection {
  const { environment } = around;
  const given = options.table !== undefined || options.requestQueueUrl !== undefined;
  if (given || environment.TUTTI_TABLE !== undefined || environment.TUTTI_REQUEST_QUEUE_URL !== undefined) {
    return namedConnection(options, environment, given ? "options" : "environment");
  }
  const found = readDevFile(around.cwd);
  if (found === undefined) throw new ConfigurationError(nothingFound);
  const { path, file } = found;
  if (!isAlive(file.pid)) {
    throw new ConfigurationError(
      `the engine that ${path} names (process ${file.pid}) is not running: start it again with: tutti dev`,
    );
  }
  const { pid: _pid, tasks = options.tasks, settings, ...rest } = file;
  return {
    ...rest,
    ...(tasks === undefined ? {} : { tasks: options.tasks ?? tasks }),
    ...(settings === undefined ? {} : { settings }),
    from: "dev-file",
    endpoints: { ...file.endpoints, ...defined(options.endpoints ?? {}) },
    local: true,
  };
}

const nothingFound =
  "nothing says which deployment to talk to: start one here with tutti dev, or name its table and request queue (TUTTI_TABLE and TUTTI_REQUEST_QUEUE_URL)";

function namedConnection(
  options: ConnectOptions,
  environment: Surroundings["environment"],
  from: "options" | "environment",
): Connection {
  const table = options.table ?? environment.TUTTI_TABLE;
  const requestQueueUrl = options.requestQueueUrl ?? environment.TUTTI_REQUEST_QUEUE_URL;
  if (table === undefined || table === "") {
    throw new ConfigurationError("a request queue is named and no table: name it too (TUTTI_TABLE)");
  }
  return {
    from,
    table,
    ...defined({ requestQueueUrl, region: regionOf(options, environment) }),
    endpoints: endpointsOf(options, environment),
    local: false,
    ...(options.tasks === undefined ? {} : { tasks: options.tasks }),
    ...settingsIn(environment),
    taskQueueUrls: urlsIn(environment, "TUTTI_TASK_QUEUE_URLS"),
    deadLetterQueueUrls: urlsIn(environment, "TUTTI_DEAD_LETTER_QUEUE_URLS"),
  };
}

/** Other endpoints than AWS's, as options or the variables of the AWS SDK name them. */
export function endpointsOf(
  { endpoints = {} }: Pick<ConnectOptions, "endpoints">,
  environment: Surroundings["environment"],
): Connection["endpoints"] {
  const {
    AWS_ENDPOINT_URL: all,
    AWS_ENDPOINT_URL_DYNAMODB,
    AWS_ENDPOINT_URL_SQS,
    AWS_ENDPOINT_URL_LAMBDA,
  } = environment;
  return defined({
    dynamodb: endpoints.dynamodb ?? AWS_ENDPOINT_URL_DYNAMODB ?? all,
    sqs: endpoints.sqs ?? AWS_ENDPOINT_URL_SQS ?? all,
    lambda: AWS_ENDPOINT_URL_LAMBDA ?? all,
  });
}

/** The region, if anything says which. */
export function regionOf(
  { region }: Pick<ConnectOptions, "region">,
  { AWS_REGION, AWS_DEFAULT_REGION }: Surroundings["environment"],
): string | undefined {
  return region ?? AWS_REGION ?? AWS_DEFAULT_REGION;
}

/** The entries that have a value. */
function defined<T extends Readonly<Record<string, string | undefined>>>(entries: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== "")) as {
    [K in keyof T]?: string;
  };
}

function urlsIn(environment: Surroundings["environment"], variable: string): Readonly<Record<string, string>> {
  const text = environment[variable];
  if (text === undefined || text === "") return {};
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch {
    throw new ConfigurationError(`${variable} must be a JSON object of names and queue URLs`);
  }
}

/** Times that the environment sets, by their variables; what is no whole number is passed over: it is the functions' to refuse. */
export function settingsIn(environment: Surroundings["environment"]): { readonly settings?: Partial<Settings> } {
  const names = {
    leaseSeconds: "TUTTI_LEASE_SECONDS",
    clockSkewSeconds: "TUTTI_CLOCK_SKEW_SECONDS",
    sweepSeconds: "TUTTI_SWEEP_SECONDS",
    visibilitySeconds: "TUTTI_VISIBILITY_SECONDS",
    retentionSeconds: "TUTTI_RETENTION_SECONDS",
  };
  const found = Object.entries(names).flatMap(([name, variable]): [string, number][] => {
    const text = environment[variable] ?? "";
    return /^\d{1,9}$/.test(text) ? [[name, Number(text)]] : [];
  });
  return found.length === 0 ? {} : { settings: Object.fromEntries(found) };
}

/** The nearest file of a `tutti dev`, from a folder upwards. */
function readDevFile(cwd: string): { readonly path: string; readonly file: z.infer<typeof devFileSchema> } | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, devFile);
    const text = readIfThere(path);
    if (text !== undefined) return { path, file: parseDevFile(path, text) };
    if (dirname(folder) === folder) return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parseDevFile(path: string, text: string): z.infer<typeof devFileSchema> {
  try {
    return devFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConfigurationError(
      `${path} cannot be read as the file of a tutti dev: remove it, and start tutti dev again`,
      { cause },
    );
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process: it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes a client of a connection. Nothing is sent before it is used. */
export async function connect(connection: Connection): Promise<TuttiClient> {
  const { awsPorts } = await import("./connect-aws.ts");
  return createPortClient(awsPorts(connection));
}

/**
 * A client of a deployment.
 *
 * Nothing is read or checked before its first call, so it can be made at the top of a module.
 *
 * @example
 * const tutti = createClient();
 * const run = await tutti.submit(audit, { id: "nightly-2026-11-21" });
 * await run.result({ timeoutSeconds: 600 });
 */
export function createClient(options: ConnectOptions = {}): TuttiClient {
  let connecting: Promise<TuttiClient> | undefined;
  const client = () => {
    connecting ??= Promise.resolve().then(() =>
      connect(findConnection(options, { environment: process.env, cwd: process.cwd() })),
    );
    // A deployment that was not there may be there at the next call.
    connecting.catch(() => {
      connecting = undefined;
    });
    return connecting;
  };
  return {
    submit: async (document, given) => (await client()).submit(document, given),
    inspect: async (id, given) => (await client()).inspect(id, given),
    report: async (target, report, given) => (await client()).report(target, report, given),
    status: async () => (await client()).status(),
    result: async (id) => (await client()).result(id),
    wait: async (id, given) => (await client()).wait(id, given),
    revoke: async (id, given) => (await client()).revoke(id, given),
    audit: async (id) => (await client()).audit(id),
    auditAll: async (given) => (await client()).auditAll(given),
    cost: async (id, given) => (await client()).cost(id, given),
    previewRevoke: async (id, given) => (await client()).previewRevoke(id, given),
    pause: async (id) => (await client()).pause(id),
    resume: async (id) => (await client()).resume(id),
    remove: async (id, given) => (await client()).remove(id, given),
    retry: async (id, given) => (await client()).retry(id, given),
    previewRetry: async (id, given) => (await client()).previewRetry(id, given),
    failures: async (given) => (await client()).failures(given),
    list: async (given) => (await client()).list(given),
    checkStuck: async (given) => (await client()).checkStuck(given),
    getActiveJoins: async () => (await client()).getActiveJoins(),
    health: async (given) => (await client()).health(given),
    monitor: async (given) => (await client()).monitor(given),
    purgeQueues: async () => (await client()).purgeQueues(),
    sweep: async () => (await client()).sweep(),
    previewSweep: async () => (await client()).previewSweep(),
    deadLetters: async (given) => (await client()).deadLetters(given),
    showLetter: async (id) => (await client()).showLetter(id),
    dropLetter: async (id, given) => (await client()).dropLetter(id, given),
    redrive: async (queue, given) => (await client()).redrive(queue, given),
    repair: async (id, given) => (await client()).repair(id, given),
    graph: async (id, given) => (await client()).graph(id, given),
    watch: async (given) => (await client()).watch(given),
    events: async (id, given) => (await client()).events(id, given),
  };
}
