import { hash } from "node:crypto";

/** What stored content is named by: 32 hexadecimal digits, so two contents share a name with a chance of about 10⁻³⁸. */
export function contentHash(data: string | Uint8Array): string {
  return sha256(data).slice(0, 32);
}

/** SHA-256 of a text or bytes, as 64 hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}
