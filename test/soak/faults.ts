/**
 * What the services and the network do to calls on a bad day, drawn by a seeded generator: what no engine on one machine
 * shows by itself. Written after AWS's documents.
 */

/** What befalls one call. */
export type Fault =
  /** The service refuses it without effect. */
  | { readonly kind: "refused"; readonly status: number; readonly body: object }
  /** The connection breaks before it is sent. */
  | { readonly kind: "not-sent" }
  /** It has its effect, and the connection breaks. */
  | { readonly kind: "reply-lost" }
  /** It has its effect, and the answer is an error of the service. */
  | { readonly kind: "failed-after"; readonly body: object }
  /** The connection breaks, and it has its effect later: after the client has tried again. */
  | { readonly kind: "late"; readonly afterMs: number }
  | { readonly kind: "delayed"; readonly afterMs: number }
  /** A part of the batch is done. */
  | {
      readonly kind: "partial";
      readonly request: Buffer;
      readonly complete: (answer: Record<string, unknown>) => object;
    };

/** A fault and the name it is counted by. */
export interface Drawn {
  readonly name: string;
  readonly fault: Fault;
}

type Random = () => number;
type Draw = (body: Buffer, random: Random) => Drawn | undefined;

const refusal = (name: string, status: number): Draw => {
  const body = { __type: name, message: "a fault of the soak" };
  return () => ({ name, fault: { kind: "refused", status, body } });
};
const upTo = (random: Random, ms: number) => Math.ceil(random() * ms);

const notSent: Draw = () => ({ name: "connection broken before", fault: { kind: "not-sent" } });
const replyLost: Draw = () => ({ name: "answer lost after applying", fault: { kind: "reply-lost" } });
const late: Draw = (_, random) => ({ name: "applied late", fault: { kind: "late", afterMs: upTo(random, 4000) } });
const delayed: Draw = (_, random) => ({ name: "delayed", fault: { kind: "delayed", afterMs: upTo(random, 1500) } });
const failedAfter = (type: string): Draw => {
  const body = { __type: type, message: "a fault of the soak" };
  return () => ({ name: "500 after applying", fault: { kind: "failed-after", body } });
};

const throttled = refusal("ProvisionedThroughputExceededException", 400);
const broken = refusal("InternalServerError", 500);
/** What befalls each operation; all of its faults are equally likely. */
const faultsOf: Readonly<Record<string, readonly Draw[]>> = {
  UpdateItem: [
    throttled,
    refusal("TransactionConflictException", 400),
    broken,
    notSent,
    replyLost,
    replyLost,
    late,
    delayed,
    failedAfter("InternalServerError"),
  ],
  GetItem: [throttled, broken, notSent, delayed],
  BatchGetItem: [throttled, broken, notSent, delayed, unprocessedKeys],
  BatchWriteItem: [throttled, broken, replyLost, late],
  Query: [throttled, broken, notSent, delayed, indexBehind, indexBehind],
  SendMessageBatch: [
    refusal("ThrottlingException", 400),
    refusal("ServiceUnavailable", 503),
    notSent,
    replyLost,
    late,
    delayed,
    failedAfter("InternalFailure"),
    failedEntries,
    failedEntries,
  ],
  DeleteMessageBatch: [refusal("ServiceUnavailable", 503), notSent, replyLost, delayed, failedEntries, failedEntries],
  ReceiveMessage: [refusal("ServiceUnavailable", 503), refusal("OverLimit", 403), replyLost],
  ChangeMessageVisibility: [refusal("ServiceUnavailable", 503), notSent, replyLost, late],
};

/** Draws what befalls a call of that operation: nothing, most of the time. */
export function drawFault(operation: string, body: Buffer, random: Random, share: number): Drawn | undefined {
  const draws = faultsOf[operation];
  if (draws === undefined || random() >= share) return undefined;
  return draws[Math.floor(random() * draws.length)]?.(body, random);
}

interface BatchRequest {
  readonly Entries: readonly { readonly Id: string }[];
}

/** SQS takes some entries of a batch and refuses the others, with status 200. */
function failedEntries(body: Buffer, random: Random): Drawn | undefined {
  const request = JSON.parse(body.toString()) as BatchRequest;
  const failed = request.Entries.filter(() => random() < 0.5);
  const sent = request.Entries.filter((entry) => !failed.includes(entry));
  if (failed.length === 0 || sent.length === 0) return undefined;
  return {
    name: "entries of a batch refused",
    fault: {
      kind: "partial",
      request: Buffer.from(JSON.stringify({ ...request, Entries: sent })),
      complete: (answer) => ({
        ...answer,
        Failed: [
          ...((answer.Failed as readonly object[] | undefined) ?? []),
          ...failed.map(({ Id }) => ({
            Id,
            SenderFault: false,
            Code: "InternalError",
            Message: "a fault of the soak",
          })),
        ],
      }),
    },
  };
}

interface KeysRequest {
  readonly RequestItems: Readonly<Record<string, { readonly Keys: readonly object[] }>>;
}

/** DynamoDB reads some of the keys and hands the others back. */
function unprocessedKeys(body: Buffer, random: Random): Drawn | undefined {
  const request = JSON.parse(body.toString()) as KeysRequest;
  const [[table, asked] = []] = Object.entries(request.RequestItems);
  if (table === undefined || asked === undefined || asked.Keys.length < 2) return undefined;
  const done = 1 + Math.floor(random() * (asked.Keys.length - 1));
  const part = (keys: readonly object[]) => ({ [table]: { ...asked, Keys: keys } });
  return {
    name: "unprocessed keys",
    fault: {
      kind: "partial",
      request: Buffer.from(JSON.stringify({ ...request, RequestItems: part(asked.Keys.slice(0, done)) })),
      complete: (answer) => ({ ...answer, UnprocessedKeys: part(asked.Keys.slice(done)) }),
    },
  };
}

/** An index has not caught up: some items are not there yet. The table itself is read as it is. */
function indexBehind(body: Buffer, random: Random): Drawn | undefined {
  const { IndexName } = JSON.parse(body.toString()) as { readonly IndexName?: string };
  if (IndexName === undefined) return undefined;
  return {
    name: "index behind",
    fault: {
      kind: "partial",
      request: body,
      complete: (answer) => {
        const items = ((answer.Items as readonly object[] | undefined) ?? []).filter(() => random() < 0.5);
        return { ...answer, Items: items, Count: items.length };
      },
    },
  };
}
