/**
 * What `tutti doctor` goes by: asks table and queues how they are set up. A file of its own, loaded when that is asked for.
 *
 * Every call may be refused by itself; the others are told all the same. Nothing is written, sent or received.
 */
import { createDynamoClient, dynamoCalls } from "./adapters/dynamodb/client.ts";
import { createTableInspector } from "./adapters/dynamodb/describe.ts";
import { createDynamoStore } from "./adapters/dynamodb/store.ts";
import { createLambdaClient, createMappingInspector } from "./adapters/lambda/mappings.ts";
import { createSqsClient } from "./adapters/sqs/client.ts";
import { createQueueInspector } from "./adapters/sqs/describe.ts";
import { wallClock } from "./adapters/system/clock.ts";
import { cryptoIds } from "./adapters/system/ids.ts";
import { examine, oldestDue } from "./client/doctor.ts";
import type { DoctorFacts, Machine } from "./client/doctor-facts.ts";
import type { Connection } from "./connect.ts";
import { clientOptions } from "./connect-aws.ts";
import type { DoctorReport } from "./model/doctor-report.ts";
import { defaults } from "./model/limits.ts";
import type { Asked, AskedQueue, QueueDescription, QueueMapping, QueueRef } from "./ports/index.ts";
import { isUnread } from "./protocol/facts.ts";

/** People wait for it: two tries, then what went wrong is told. */
const maxAttempts = 2;
/** One message that comes and goes is no queue that nobody reads: it is looked at again after that long. */
const secondLookMs = 2_000;

/** Examines a deployment. Never fails for what does not answer: that is a finding. */
export async function doctor(connection: Connection, machine: Machine): Promise<DoctorReport> {
  const { table } = connection;
  const options = clientOptions(connection);
  const dynamodb = createDynamoClient({ ...options.dynamodb, maxAttempts });
  const sqs = createSqsClient({ ...options.sqs, maxAttempts });
  const place = placeOf(connection);
  const lambda = lambdaOf(connection, place);
  try {
    const inspector = createTableInspector({ client: dynamodb, table, clock: wallClock });
    const store = createDynamoStore({ calls: dynamoCalls(dynamodb), table, clock: wallClock, ids: cryptoIds });
    const queue = createQueueInspector(sqs);
    const mappings = lambda && createMappingInspector(lambda);
    const describeQueues = () =>
      askQueues(connection, {
        queue: (url) => asked(() => queue.describe(url)),
        ...(mappings && { mappings: (arn) => asked(() => mappings.ofQueue(arn)) }),
      });
    const [described, expiry, recovery, dueMs, queues] = await Promise.all([
      asked(() => inspector.describe()),
      asked(() => inspector.expiry()),
      asked(() => inspector.recovery()),
      asked(() => oldestDue(store, wallClock.now())),
      describeQueues(),
    ]);
    const clock = inspector.clockOffset();
    const facts: DoctorFacts = {
      place,
      machine,
      nowMs: wallClock.now(),
      times: { ...defaults, ...connection.settings },
      deployment: {
        table: described,
        expiry,
        recovery,
        dueMs,
        queues: [...queues.values()].some(seemsUnread) ? await secondLook(describeQueues) : queues,
        ...(clock === undefined ? {} : { clock }),
      },
      ...(connection.tasks === undefined ? {} : { tasks: connection.tasks }),
    };
    return examine(facts);
  } finally {
    dynamodb.destroy();
    sqs.destroy();
    lambda?.destroy();
  }
}

function placeOf({ from, table, region, endpoints, requestQueueUrl, local }: Connection): DoctorFacts["place"] {
  const named = [endpoints.dynamodb, endpoints.sqs].filter((endpoint) => endpoint !== undefined);
  return {
    from,
    table,
    endpoints,
    ...(region === undefined ? {} : { region }),
    ...(requestQueueUrl === undefined ? {} : { requestQueueUrl }),
    isEmulated: local || named.some((endpoint) => !isOfAws(endpoint)),
  };
}

/** An endpoint of AWS's own, a private one included. */
function isOfAws(endpoint: string): boolean {
  return URL.canParse(endpoint) && /\.(amazonaws\.com(\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);
}

/** Where only table and queues are an emulator's, the functions are nobody's: AWS's own are those of another deployment. */
function lambdaOf({ region, endpoints, local }: Connection, { isEmulated }: DoctorFacts["place"]) {
  const { lambda: endpoint } = endpoints;
  if (local || (isEmulated && endpoint === undefined)) return undefined;
  return createLambdaClient({
    maxAttempts,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

interface Ask {
  readonly queue: (url: string) => Promise<Asked<QueueDescription>>;
  readonly mappings?: (arn: string) => Promise<Asked<readonly QueueMapping[]>>;
}

async function askQueues(
  { requestQueueUrl, taskQueueUrls, deadLetterQueueUrls }: Connection,
  ask: Ask,
): Promise<ReadonlyMap<QueueRef, AskedQueue>> {
  const urls = new Map<QueueRef, string>();
  if (requestQueueUrl !== undefined) urls.set("request", requestQueueUrl);
  for (const [name, url] of Object.entries(taskQueueUrls)) urls.set(`task:${name}`, url);
  const all = [...urls].map(async ([ref, url]): Promise<[QueueRef, AskedQueue]> => {
    const deadUrl = deadLetterQueueUrls[ref];
    const [queue, dead] = await Promise.all([
      askQueue(ask, url),
      deadUrl === undefined ? undefined : askQueue(ask, deadUrl),
    ]);
    return [
      ref,
      {
        queue: queue.description,
        ...(queue.mappings && { mappings: queue.mappings }),
        ...(dead && { dead: dead.description }),
        ...(dead?.mappings && { deadMappings: dead.mappings }),
      },
    ];
  });
  return new Map(await Promise.all(all));
}

async function askQueue(ask: Ask, url: string) {
  const description = await ask.queue(url);
  const mappings = description.answer === "found" ? await ask.mappings?.(description.value.arn) : undefined;
  return { description, mappings };
}

function seemsUnread({ queue, dead }: AskedQueue): boolean {
  return [queue, dead].some((one) => one?.answer === "found" && isUnread(one.value.depth));
}

async function secondLook<T>(look: () => Promise<T>): Promise<T> {
  await new Promise<void>((resolve) => void wallClock.after(secondLookMs, resolve));
  return look();
}

/** How the services and their SDK say it; in whose words a caller may have wrapped it. */
const missingNames = ["ResourceNotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];
const credentialNames =
  /^(Credentials|Token)ProviderError$|^(UnrecognizedClient|InvalidSignature|ExpiredToken|MissingAuthenticationToken|IncompleteSignature)(Exception)?$|^(InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch)$/;
const unreachableCodes = /^E(CONNREFUSED|CONNRESET|NOTFOUND|AI_AGAIN|HOSTUNREACH|NETUNREACH|TIMEDOUT)$/;

export async function asked<T>(call: () => Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: "found", value: await call() };
  } catch (error) {
    return answerOf(error);
  }
}

function answerOf(error: unknown): Exclude<Asked<never>, { answer: "found" }> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const {
    name,
    message,
    code = "",
    $metadata,
  } = cause as Error & {
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const why = message === "" ? `${name} ${code}`.trim() : `${name}: ${message}`;
  if (missingNames.includes(name)) return { answer: "missing" };
  if (credentialNames.test(name)) return { answer: "no-credentials", why };
  if (/^AccessDenied/.test(name) || $metadata?.httpStatusCode === 403) return { answer: "refused", why };
  if (unreachableCodes.test(code) || name === "TimeoutError") return { answer: "unreachable", why };
  return { answer: "failed", why };
}
