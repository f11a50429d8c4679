/**
 * What kind of thing an item or a queue holds, told by its name (lib/protocol/keys.ts).
 */
import type { ConsumedQueue, Key } from "../../lib/ports/index.ts";

export type ItemKind =
  | "head"
  | "plan"
  | "tally leaf"
  /** A tally above the leaves, the top included: which level is the top is not in its name. */
  | "tally inner"
  | "node"
  | "range"
  | "value"
  | "rejected"
  | "other";

const byPrefix: Readonly<Record<string, ItemKind>> = {
  head: "head",
  plan: "plan",
  node: "node",
  range: "range",
  value: "value",
  rejected: "rejected",
};

/** Kind of an item. */
export function itemKind({ sk }: Key): ItemKind {
  const [prefix = "", ...rest] = sk.split("#");
  if (prefix === "tally") return rest.at(-2) === "0" ? "tally leaf" : "tally inner";
  return byPrefix[prefix] ?? "other";
}

export type MessageKind = "request" | "task" | "dead letter";

/** Kind of what lies on a queue. */
export function messageKind(queue: ConsumedQueue): MessageKind {
  if (queue.startsWith("dead:")) return "dead letter";
  return queue === "request" ? "request" : "task";
}
