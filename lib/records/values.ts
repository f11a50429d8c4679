/**
 * Values in the table: inline where they are small, else an item of their own, or several, written before the write that
 * names them. Items are named by their content, so a repeated write changes nothing.
 */
import { StoreError } from "../errors.ts";
import { contentHash } from "../model/hash.ts";
import type { RunId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import type { Image, Key, SetAction, Store } from "../ports/index.ts";
import { valueKey } from "../protocol/keys.ts";
import type { StoredValue } from "../protocol/slot.ts";
import { bytesOf, partsOf, writeParts } from "./parts.ts";

export type EncodedValue =
  | { readonly kind: "stored"; readonly value: StoredValue }
  /** The value cannot be kept: a typed failure of its task, never of its neighbours (S17). */
  | { readonly kind: "refused"; readonly error: StoredError };

/** A value that is not taken over from another unit. */
export type OwnValue = Exclude<StoredValue, { kind: "reference" }>;
type ItemValue = Extract<StoredValue, { kind: "item" }>;

/**
 * Stores what a task returned. `undefined` becomes null.
 *
 * @param inlineBytes - Largest JSON text that is kept in the slot: less where many slots share an item.
 * @param partBytes - Largest part of one that is not.
 */
export async function storeValue(
  store: Store,
  run: RunId,
  value: unknown,
  inlineBytes: number,
  partBytes: number = limits.partBytes,
): Promise<EncodedValue> {
  const text = textOf(value);
  if (typeof text !== "string") return { kind: "refused", error: text };
  const bytes = Buffer.byteLength(text);
  if (bytes <= inlineBytes) return { kind: "stored", value: { kind: "inline", text } };
  if (bytes > limits.valueBytes) return { kind: "refused", error: tooLarge(`${bytes} bytes`) };
  const hash = contentHash(text);
  const contents = bytes <= partBytes ? [{ text }] : partsOf(text, partBytes).map((data) => ({ data }));
  const writes = contents.map((content, part) => ({
    key: valueKey(run, hash, part),
    set: Object.entries(content).map(([name, set]): SetAction => ({ path: [name], value: set })),
  }));
  await writeParts(store, writes, "value.write");
  const parts = contents.length === 1 ? {} : { parts: contents.length };
  return { kind: "stored", value: { kind: "item", hash, bytes, ...parts } };
}

function tooLarge(size: string): StoredError {
  return { name: "result-too-large", message: `the result has ${size} as JSON; ${limits.valueBytes} are allowed` };
}

function textOf(value: unknown): string | StoredError {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (error) {
    // No text can be that long: half a gibibyte in V8.
    if (error instanceof RangeError && error.message.includes("string length")) return tooLarge("too many bytes");
    return {
      name: "result-not-json",
      message: cutMessage(`the result cannot be written as JSON: ${messageOf(error)}`),
    };
  }
}

/** Reads a stored value that is not taken over from another unit. */
export async function readValue(store: Store, run: RunId, value: OwnValue): Promise<Json> {
  const [read] = await readValues(store, run, [value]);
  return read as Json;
}

/** Reads many, each item once. */
export async function readValues(store: Store, run: RunId, values: readonly OwnValue[]): Promise<Json[]> {
  const items = new Map(values.flatMap((value) => (value.kind === "item" ? [[value.hash, value] as const] : [])));
  const keys = [...items.values()].flatMap((item) => keysOf(run, item));
  const images = keys.length === 0 ? [] : await store.getMany(keys, "value.read");
  const texts = new Map<string, string>();
  let at = 0;
  for (const item of items.values()) {
    const count = item.parts ?? 1;
    texts.set(item.hash, textIn(run, item, images.slice(at, at + count)));
    at += count;
  }
  return values.map((value) => JSON.parse(value.kind === "inline" ? value.text : (texts.get(value.hash) as string)));
}

function keysOf(run: RunId, { hash, parts = 1 }: ItemValue): readonly Key[] {
  return Array.from({ length: parts }, (_, part) => valueKey(run, hash, part));
}

/** The text of a value; parts are held against its size and hash, since one might be another's. */
function textIn(run: RunId, { hash, bytes }: ItemValue, images: readonly (Image | undefined)[]): string {
  const [only] = images;
  if (images.length === 1 && typeof only?.text === "string") return only.text;
  const parts = images.map((image, part) => {
    if (!(image?.data instanceof Uint8Array))
      throw new StoreError(`run ${run}: part ${part} of ${images.length} of value ${hash} is missing`);
    return image.data;
  });
  const found = bytesOf(parts, bytes);
  const text = found && Buffer.from(found).toString("utf8");
  if (text === undefined || found?.length !== bytes || contentHash(text) !== hash)
    throw new StoreError(`run ${run}: value ${hash} is not what was stored: its parts give other content`);
  return text;
}

/** Any thrown thing as a stored error: strings with a size, whatever was thrown. */
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
