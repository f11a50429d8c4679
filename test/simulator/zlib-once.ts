/**
 * What is bundled in the place of `node:zlib`: the same bytes, computed once. Every process reads the plans of its runs, and all
 * histories have small ones.
 */
import { gunzipSync as gunzip, gzipSync as gzip } from "node:zlib";

/** Plans that are kept; a history has few. */
const most = 200;
const texts = new Map<string, Buffer>();
const packed = new Map<string, Buffer>();

export function gzipSync(text: string): Buffer {
  return Buffer.from(known(packed, text, () => gzip(text)));
}

export function gunzipSync(bytes: Uint8Array): Buffer {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return Buffer.from(known(texts, name, () => gunzip(bytes)));
}

function known(kept: Map<string, Buffer>, name: string, make: () => Buffer): Buffer {
  const found = kept.get(name);
  if (found) return found;
  if (kept.size === most) kept.clear();
  const made = make();
  kept.set(name, made);
  return made;
}
