/**
 * Workflows too large for a message: stored by who sends the request, read by who handles it (docs/adr/0007).
 *
 * Every part is written before the message is sent, and reads are strong: a part that is missing then will never come, so
 * the request is rejected. Nobody removes a part while its request may be on a queue: each is in the due index by itself
 * from its first write, and the sweeper removes it when no queue can hold the request any more, whether it was ever sent
 * or not. So a repeated delivery finds what the first one found.
 */
import { InvalidRequestError } from "../errors.ts";
import { sha256 } from "../model/hash.ts";
import { defaults, limits } from "../model/limits.ts";
import type { DocumentReference, StoredRequest, SubmitRequest } from "../model/request.ts";
import type { Clock, Image, Key, Store, Value, Write } from "../ports/index.ts";
import { documentKey, dueShard, shardOf } from "../protocol/keys.ts";
import { bytesOf, partsOf, writeParts } from "./parts.ts";

type IdentifiedRequest = SubmitRequest & { readonly requestId: string };

/**
 * The message of a request. Stores its workflow when it would be too large.
 *
 * @param partBytes - Largest part of a stored one.
 * @throws InvalidRequestError when the workflow has more than 100 MiB as JSON. Nothing was stored then.
 */
export async function requestBody(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  request: IdentifiedRequest,
  partBytes: number = limits.partBytes,
): Promise<string> {
  const body = JSON.stringify(request);
  if (Buffer.byteLength(body) <= limits.rawMessageBytes) return body;
  return storedBody({ store, clock }, request, partBytes);
}

/** The message of a request whose workflow is stored, whatever its size. */
export async function storedBody(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  request: IdentifiedRequest,
  partBytes: number,
): Promise<string> {
  const { workflow, ...around } = request;
  const text = JSON.stringify(workflow);
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.documentBytes)
    throw new InvalidRequestError("workflow", bytes, `must have at most ${limits.documentBytes} bytes as JSON`);
  const parts = partsOf(text, partBytes);
  const document: DocumentReference = { sha256: sha256(text), bytes, parts: parts.length };
  const dueMs = clock.now() + defaults.documentSeconds * 1000;
  await writeParts(store, partWrites(request.requestId, document.sha256, parts, dueMs), "document.write");
  const stored: StoredRequest = { ...around, document };
  return JSON.stringify(stored);
}

function partWrites(requestId: string, hash: string, parts: readonly Uint8Array[], dueMs: number): readonly Write[] {
  const shard = dueShard(shardOf(requestId));
  return parts.map((data, part) => {
    const attributes: Readonly<Record<string, Value>> = { data, due: dueMs, dueShard: shard };
    const set = Object.entries(attributes).map(([name, value]) => ({ path: [name] as const, value }));
    return { key: documentKey(requestId, hash, part), set };
  });
}

/**
 * Reads the JSON text of a stored workflow.
 *
 * @throws InvalidRequestError when it is not there, or not what the request says.
 */
export async function readDocument(store: Store, { requestId, document }: StoredRequest): Promise<string> {
  const keys = Array.from({ length: document.parts }, (_, part) => documentKey(requestId, document.sha256, part));
  const images = await store.getMany(keys, "document.read");
  const parts = images.map((image, part) => dataIn(image, keys[part] as Key, document));
  const bytes = bytesOf(parts, document.bytes);
  if (bytes?.length !== document.bytes) {
    const held = bytes === undefined ? "more, or gzip that is damaged" : `${bytes.length} bytes`;
    throw refused(document, "bytes", `must be the size of the document: its parts hold ${held}`);
  }
  const found = sha256(bytes);
  if (found !== document.sha256) throw refused(document, "sha256", `must be that of the document, which is ${found}`);
  return utf8(bytes);
}

function refused(document: DocumentReference, field: keyof DocumentReference, rule: string): InvalidRequestError {
  return new InvalidRequestError(`document.${field}`, document[field], rule);
}

function dataIn(image: Image | undefined, key: Key, document: DocumentReference): Uint8Array {
  const item = `item ${key.pk} / ${key.sk}`;
  if (!(image?.data instanceof Uint8Array)) {
    const found = image ? "has no bytes in data" : "is not there";
    throw refused(document, "parts", `must all be stored before the request is sent: ${item} ${found}`);
  }
  if (typeof image.due !== "number" || typeof image.dueShard !== "string")
    throw refused(document, "parts", `must say when they may be removed: ${item} lacks due or dueShard`);
  return image.data;
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidRequestError("document", undefined, "must be text in UTF-8");
  }
}
