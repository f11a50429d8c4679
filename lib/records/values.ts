/**
 * Values in the table: inline where they are small, else an item of their own, written before the write that names it.
 */
import { StoreError } from "../errors.ts";
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import type { Image, Store } from "../ports/index.ts";
import { valueKey } from "../protocol/keys.ts";
import type { StoredValue } from "../protocol/slot.ts";

export type EncodedValue =
  | { readonly kind: "stored"; readonly value: StoredValue }
  /** The value cannot be kept: a typed failure of its task, never of its neighbours (S17). */
  | { readonly kind: "refused"; readonly error: StoredError };

/**
 * Stores what a task returned. `undefined` becomes null.
 *
 * @param inlineBytes - The largest value that is kept in the slot itself.
 */
export async function storeValue(store: Store, run: RunId, value: unknown, inlineBytes: number): Promise<EncodedValue> {
  const text = textOf(value);
  if (typeof text !== "string") return { kind: "refused", error: text };
  const bytes = Buffer.byteLength(text);
  if (bytes <= inlineBytes) return { kind: "stored", value: { kind: "inline", text } };
  if (bytes > limits.valueBytes) {
    const message = `the result has ${bytes} bytes as JSON; ${limits.valueBytes} are allowed`;
    return { kind: "refused", error: { name: "result-too-large", message } };
  }
  const hash = contentHash(text);
  await store.write({ key: valueKey(run, hash), set: [{ path: ["text"], value: text }] }, "value.write");
  return { kind: "stored", value: { kind: "item", hash, bytes } };
}

function textOf(value: unknown): string | StoredError {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    return {
      name: "result-not-json",
      message: cutMessage(`the result cannot be written as JSON: ${messageOf(error)}`),
    };
  }
}

/** Reads a stored value that is not taken over from another unit. */
export async function readValue(
  store: Store,
  run: RunId,
  value: Exclude<StoredValue, { kind: "reference" }>,
): Promise<Json> {
  if (value.kind === "inline") return JSON.parse(value.text) as Json;
  return parseItem(run, value.hash, await store.get(valueKey(run, value.hash), "value.read"));
}

/** Reads many, each item once. */
export async function readValues(
  store: Store,
  run: RunId,
  values: readonly Exclude<StoredValue, { kind: "reference" }>[],
): Promise<Json[]> {
  const hashes = [...new Set(values.flatMap((value) => (value.kind === "item" ? [value.hash] : [])))];
  const images = await store.getMany(
    hashes.map((hash) => valueKey(run, hash)),
    "value.read",
  );
  const imageOf = new Map(hashes.map((hash, i) => [hash, images[i]]));
  return values.map((value) =>
    value.kind === "inline" ? (JSON.parse(value.text) as Json) : parseItem(run, value.hash, imageOf.get(value.hash)),
  );
}

function parseItem(run: RunId, hash: string, image: Image | undefined): Json {
  if (typeof image?.text !== "string") throw new StoreError(`run ${run}: value ${hash} is missing`);
  return JSON.parse(image.text) as Json;
}

/** Any thrown thing as a stored error: strings with a size, whatever was thrown (FAILURES E5). */
export function storedError(error: unknown): StoredError {
  const name = error instanceof Error && typeof error.name === "string" ? error.name : "Error";
  return { name: cutTo(name || "Error", 64), message: cutMessage(messageOf(error)) };
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : String(error);
  } catch {
    return "the thrown value has no text";
  }
}

function cutMessage(message: string): string {
  return cutTo(message.toWellFormed?.() ?? message, limits.errorMessageBytes);
}

/** Cuts at a character, so that at most `bytes` bytes of UTF-8 remain. */
function cutTo(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const cut = Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
  return `${cut}…`;
}
