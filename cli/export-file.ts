/**
 * An export of the table, as DynamoDB writes it to S3: a line for each item, `{"Item": {…}}`, with gzip or without.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { toItem, type WireItem } from "../lib/adapters/dynamodb/attributes.ts";
import type { Item } from "../lib/ports/store.ts";
import { unreadable } from "./file-argument.ts";
import type { CliIo } from "./io.ts";
import { UsageError } from "./usage.ts";

const hint = "FILE is an export of the table in DynamoDB JSON, one item a line, or - for standard input";

/** Reads the items of an export, `-` for standard input. @throws UsageError when it cannot be read, or is none */
export async function readExport(io: CliIo, file: string): Promise<Item[]> {
  if (file === "-") return itemsIn((await io.readStdin()).split("\n"), "standard input");
  const path = resolve(io.cwd, file);
  try {
    const unpack = (await isGzip(path)) ? createGunzip() : new PassThrough();
    const items: Item[] = [];
    await pipeline(createReadStream(path), unpack, (chunks: AsyncIterable<Buffer>) => take(chunks, file, items));
    return items;
  } catch (error) {
    throw error instanceof UsageError ? error : unreadable(error, file, hint);
  }
}

/** Adds the items of all lines: an export has many, so none but the one at hand is held as text. */
async function take(chunks: AsyncIterable<Buffer>, file: string, items: Item[]): Promise<void> {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) items.push(...itemOf(line, ++number, file));
  }
  items.push(...itemOf(rest + decoder.decode(), number + 1, file));
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

function itemsIn(lines: readonly string[], file: string): Item[] {
  return lines.flatMap((line, i) => itemOf(line, i + 1, file));
}

/** The item of a line; none of an empty one. */
function itemOf(line: string, number: number, file: string): Item[] {
  if (line.trim() === "") return [];
  const refuse = (why: string) => new UsageError(`${file}, line ${number}: ${why}`, hint);
  let found: { readonly Item?: WireItem } | null;
  try {
    // Bytes are written in base64.
    found = JSON.parse(line, (name, value) =>
      name === "B" && typeof value === "string" ? Buffer.from(value, "base64") : value,
    );
  } catch {
    throw refuse("must be JSON");
  }
  const item = found?.Item;
  if (typeof item !== "object" || item === null) throw refuse('must be {"Item": {…}}');
  if (typeof item.pk?.S !== "string" || typeof item.sk?.S !== "string")
    throw refuse("must have the keys pk and sk, both strings");
  try {
    return [toItem(item)];
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}
