/**
 * The schema of a task's arguments: a tuple, or a list for a task that takes any number of them.
 */
import type { Literal, Reference } from "../model/reference.ts";

/**
 * A `z.tuple`, or a `z.array`.
 *
 * Described by what is used of it: users may have their own copy of zod 4, whose classes are not ours.
 */
export interface ArgumentsSchema {
  readonly _zod: {
    readonly input: readonly unknown[];
    readonly output: readonly unknown[];
    readonly def: { readonly type: string };
  };
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: unknown; readonly error?: undefined }
    | { readonly success: false; readonly error: { readonly issues: ArgumentIssue[] } };
}

/** What is wrong with arguments; an issue of zod. */
export interface ArgumentIssue {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** What the body gets. */
export type ParsedArguments<Schema extends ArgumentsSchema> = Schema["_zod"]["output"];

/**
 * What may be bound: all arguments, or all but the first where a result comes before them (chain link, callback, member).
 * Which of the two it is depends on the place in the workflow, so the number is checked when that is compiled.
 */
export type BoundArguments<Schema extends ArgumentsSchema> =
  | Bindable<Schema["_zod"]["input"]>
  | Bindable<Rest<Schema["_zod"]["input"]>>;

/** A list of arguments whose parts may be results of dag nodes. */
type Bindable<Args extends readonly unknown[]> = { readonly [K in keyof Args]: Late<Args[K]> };

/** What admits a reference anyway (any, unknown, JSON) is let through as it is: looked into, it would never end. */
type Late<T> = Reference extends T ? T : T | Reference | Literal | LateParts<T>;
type LateParts<T> = T extends object ? { readonly [K in keyof T]: Late<T[K]> } : never;

type Rest<Args extends readonly unknown[]> = Args extends readonly []
  ? never
  : Args extends readonly [unknown?, ...infer More]
    ? More
    : never;

/** What is read of the definition of a tuple. */
interface TupleForm {
  readonly items: readonly { readonly _zod: { readonly optin?: string | undefined } }[];
  readonly rest: unknown;
}

/** How many arguments a schema takes. */
export function countsOf(schema: ArgumentsSchema): { readonly minArgs: number; readonly maxArgs: number } {
  const { def } = schema._zod;
  if (def.type !== "tuple") return { minArgs: 0, maxArgs: Number.POSITIVE_INFINITY };
  const { items, rest } = def as unknown as TupleForm;
  const required = items.findLastIndex((item) => item._zod.optin === undefined) + 1;
  return { minArgs: required, maxArgs: rest === null ? items.length : Number.POSITIVE_INFINITY };
}

/** True for what `args` of a task may be. */
export function isArgumentsSchema(value: unknown): value is ArgumentsSchema {
  const type = (value as ArgumentsSchema | undefined)?._zod?.def?.type;
  return type === "tuple" || type === "array";
}

/** What the body of a streaming task gets: the list that comes first item by item, then the rest. Nothing to go over where no list does. */
export type StreamedArguments<Args extends readonly unknown[]> = Args extends readonly [infer First, ...infer More]
  ? First extends readonly (infer Item)[]
    ? [AsyncIterable<Item>, ...More]
    : [unknown, ...More]
  : unknown[];

/** Schema of one item of a list. */
export interface ItemSchema {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: unknown; readonly error?: undefined }
    | { readonly success: false; readonly error: { readonly issues: ArgumentIssue[] } };
}

/** What is read of a definition of any kind. */
interface AnyForm {
  readonly type: string;
  readonly checks?: readonly unknown[];
  readonly items?: readonly { readonly _zod: { readonly def: AnyForm } }[];
  readonly element?: ItemSchema;
}

/**
 * The schema of the items that a streaming task iterates over.
 *
 * A list that is never there as a whole cannot be checked as a whole: neither it nor the tuple may have checks of its own.
 *
 * @returns What is wrong with the schema, as a phrase, when it is none of a streaming task.
 */
export function streamedItem(schema: ArgumentsSchema): ItemSchema | string {
  const def = schema._zod.def as AnyForm;
  const list = def.type === "tuple" ? def.items?.[0]?._zod.def : undefined;
  if (list?.type !== "array" || list.element === undefined)
    return "stream: the first argument must be a z.array in a z.tuple: it is what is iterated over";
  if (hasChecks(def) || hasChecks(list))
    return "stream: a list that is read item by item cannot be checked as a whole: only its items may have checks";
  return list.element;
}

function hasChecks({ checks }: AnyForm): boolean {
  return checks !== undefined && checks.length > 0;
}
