/**
 * What the store needs of the SDK's client, for a local engine and without the SDK's work: no signature, no middleware, no
 * schema. An item is on the wire what it is in a call, but for its bytes.
 *
 * A call so takes a third of the processor time (bench/BENCHMARKS.md); and what runs on AWS is the SDK, as before.
 */
import type { JsonCall } from "../../ports/json-call.ts";
import type { WireItem } from "./attributes.ts";
import type { DynamoCalls } from "./calls.ts";

/** @throws As the SDK's, by name, for a refusal: with the item that a failed condition met. */
export function createPlainDynamoCalls(call: JsonCall): DynamoCalls {
  const send = async <Output>(operation: string, input: object): Promise<Output> => {
    const { ok, text } = await call(`DynamoDB_20120810.${operation}`, JSON.stringify(input, asBase64));
    if (ok) return parsed(text) as Output;
    throw refusal(parsed(text) as Refusal);
  };
  return {
    getItem: (input) => send("GetItem", input),
    batchGetItem: (input) => send("BatchGetItem", input),
    batchWriteItem: (input) => send("BatchWriteItem", input),
    query: (input) => send("Query", input),
    updateItem: (input) => send("UpdateItem", input),
  };
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
  return Object.assign(new Error(said), { name, ...(Item ? { Item } : {}) });
}
