/**
 * Which errors are of one kind: the same name, and messages that differ in ids, numbers and quoted parts alone. Pure.
 */
import { sha256 } from "../model/hash.ts";
import type { StoredError } from "../model/outcome.ts";

/** Hexadecimal digits of a fingerprint: 16^12 kinds are more than anybody tells apart. */
const digits = 12;

/** Names the kind of an error. Stable: people and scripts write it down. */
export function fingerprintOf({ name, message }: Pick<StoredError, "name" | "message">): string {
  return sha256(`${name}\n${messageTemplate(message)}`).slice(0, digits);
}

/** A message without what is of one run alone: quoted parts, and words that hold a digit. */
export function messageTemplate(message: string): string {
  return message.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "…").replace(/[^\s,;()]*\d[^\s,;()]*/g, "…");
}
