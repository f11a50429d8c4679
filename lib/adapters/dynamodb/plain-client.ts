/**
 * What the store needs of the SDK's client, for a local engine and without the SDK's work: no signature, no middleware, no
 * schema. An item is on the wire what it is in a command, but for its bytes.
 *
 * A call so takes a third of the processor time (bench/BENCHMARKS.md); and what runs on AWS is the SDK, as before.
 */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { JsonCall } from "../../ports/json-call.ts";
import type { WireItem } from "./attributes.ts";

/** The commands that the store sends, and no others. */
const operations = new Map<unknown, string>([
  [GetItemCommand, "GetItem"],
  [BatchGetItemCommand, "BatchGetItem"],
  [BatchWriteItemCommand, "BatchWriteItem"],
  [QueryCommand, "Query"],
  [UpdateItemCommand, "UpdateItem"],
]);

interface Command {
  readonly input: object;
}

/** @throws As the SDK's, by name, for a refusal: with the item that a failed condition met. */
export function createPlainDynamoClient(call: JsonCall): Pick<DynamoDBClient, "send"> {
  const send = async (command: Command): Promise<unknown> => {
    const operation = operations.get(command.constructor);
    if (operation === undefined) throw new TypeError(`${command.constructor.name} is no command of the store`);
    const { ok, text } = await call(`DynamoDB_20120810.${operation}`, JSON.stringify(command.input, asBase64));
    if (ok) return parsed(text);
    throw refusal(parsed(text) as Refusal);
  };
  return { send: send as DynamoDBClient["send"] };
}

function asBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

/** Bytes are rare, and to look at every entry for them is not cheap. */
function parsed(text: string): unknown {
  return text.includes('"B":"') ? JSON.parse(text, asBytes) : JSON.parse(text);
}

/** An attribute or entry that is called B is an object, never a text. */
function asBytes(name: string, value: unknown): unknown {
  return name === "B" && typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value;
}

interface Refusal {
  readonly __type?: string;
  readonly message?: string;
  readonly Message?: string;
  readonly Item?: WireItem;
}

function refusal({ __type = "", message, Message, Item }: Refusal): Error {
  const name = __type.slice(__type.indexOf("#") + 1);
  const said = message ?? Message ?? "";
  // By the name on the wire: a bundler may give the class another one.
  if (name !== "ConditionalCheckFailedException") return Object.assign(new Error(said), { name });
  return new ConditionalCheckFailedException({ message: said, $metadata: {}, ...(Item ? { Item } : {}) });
}
