/**
 * Content that one item cannot hold: its UTF-8 text, compressed where that was asked for, cut into parts.
 *
 * Compressed and cut here and nowhere else, at once and not in the thread pool: who runs in virtual time waits for nothing
 * but bodies. 100 MiB hold the process up for about a second (2026-11-21, 2 cores), a thirtieth of a lease.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import type { Store, Write } from "../ports/index.ts";

/** Parts under way at a time: enough to hide the latency, too few to crowd out other calls. */
const writesAtOnce = 4;

/** A text as parts of at most so many bytes. Empty texts have one part. */
export function partsOf(text: string, partBytes: number): readonly Uint8Array[] {
  // Compressing costs less than what the table takes for the bytes saved.
  const bytes = gzipSync(text, { level: 6 });
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  return Array.from(
    { length: count },
    (_, part) => new Uint8Array(bytes.subarray(part * partBytes, (part + 1) * partBytes)),
  );
}

/** Writes every part; a failure is raised when those under way have ended. */
export async function writeParts(store: Store, writes: readonly Write[], site: string): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < writes.length) await store.write(writes[next++] as Write, site);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(writesAtOnce, writes.length) }, lane));
  for (const ended of lanes) if (ended.status === "rejected") throw ended.reason;
}

/**
 * The bytes that parts were made of.
 *
 * Parts begin as gzip does, or are the bytes themselves: other programs need not compress.
 *
 * @param maxBytes - What it may have at most when it is decompressed.
 * @returns Undefined when it has more, or is no gzip though it begins so.
 */
export function bytesOf(parts: readonly Uint8Array[], maxBytes: number): Uint8Array | undefined {
  const joined = Buffer.concat(parts);
  if (joined[0] !== 0x1f || joined[1] !== 0x8b) return joined.length > maxBytes ? undefined : joined;
  try {
    return gunzipSync(joined, { maxOutputLength: Math.max(1, maxBytes) });
  } catch {
    return undefined;
  }
}
