/**
 * What stands in arguments for something else, until the body starts.
 */
import type { Json } from "./json.ts";

/** The result of a dag node, or a part of it. */
export type Reference = { readonly $result: string } | { readonly $result: string; readonly path: string };

/** A value as it is, though it looks like a reference. */
export type Literal = { readonly $literal: Json };
