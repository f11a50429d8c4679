/**
 * The table's stream, as Lambda hands it out: items as they were written. Which records a function gets is a filter of the
 * stack's (infra/constructs/ended-events.ts).
 */
import type { Item } from "../../ports/store.ts";
import { toItem, type WireItem } from "./attributes.ts";

/** A record of a stream. */
export interface StreamRecord {
  readonly dynamodb?: { readonly NewImage?: unknown } | undefined;
}

/** The item as a record shows it after the write; undefined when it was deleted. Bytes are text there: heads have none. */
export function newItemIn({ dynamodb }: StreamRecord): Item | undefined {
  return dynamodb?.NewImage === undefined ? undefined : toItem(dynamodb.NewImage as WireItem);
}
