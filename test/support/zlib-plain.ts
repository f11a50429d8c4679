/**
 * What is bundled in the place of `node:zlib`: the bytes as they are, behind the two by which gzip is known. Every process reads
 * the plans of its runs, and to compress them is none of what a history is about.
 */
const magic = Buffer.from([0x1f, 0x8b]);

export function gzipSync(text: string | Uint8Array): Buffer {
  return Buffer.concat([magic, Buffer.from(text as string)]);
}

export function gunzipSync(bytes: Uint8Array, { maxOutputLength = Number.POSITIVE_INFINITY } = {}): Buffer {
  if (bytes[0] !== magic[0] || bytes[1] !== magic[1]) throw new Error("incorrect header check");
  if (bytes.length - magic.length > maxOutputLength) throw new RangeError("larger than allowed");
  return Buffer.from(bytes.buffer, bytes.byteOffset + magic.length, bytes.byteLength - magic.length);
}
