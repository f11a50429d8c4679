/**
 * Checks of what a task will be called with, as far as it is known before the run.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, type Segment } from "../model/document-path.ts";
import type { Json } from "../model/json.ts";
import type { TaskCatalog, TaskInfo } from "./types.ts";

/** One use of a task. */
export interface Call {
  readonly task: string;
  readonly info: TaskInfo;
  readonly args: readonly Json[];
  /** True when something comes before the bound arguments. */
  readonly hasInput: boolean;
  /** What that is, when it is known: an item of a map, and its path in the document. */
  readonly item?: { readonly value: Json; readonly doc: string };
  /** True when some argument is only known at run time. */
  readonly late: boolean;
  /** Path of the task in the document. */
  readonly doc: string;
}

/** Checks the number of arguments, and the arguments themselves when all are known. @throws InvalidRequestError */
export function checkCall(call: Call): void {
  const { args, info, hasInput, item, late, doc } = call;
  const count = args.length + (hasInput ? 1 : 0);
  if (count < info.minArgs || count > info.maxArgs) {
    throw new InvalidRequestError(`${doc}.args`, args.length, countRule(call, count));
  }
  if ((hasInput && item === undefined) || late) return;
  const all = item === undefined ? args : [item.value, ...args];
  const wrong = info.check?.(all) ?? null;
  if (wrong === null) return;
  throw new InvalidRequestError(placeOf(wrong.path, call), valueAt(all, wrong.path), wrong.rule);
}

/** Tasks whose arguments are not checked: those of items that nobody has written, where one that does not fit fails alone. */
export function withoutChecks(catalog: TaskCatalog): TaskCatalog {
  return new Map([...catalog].map(([name, { check: _, ...info }]) => [name, info]));
}

/** Where a wrong argument is written. */
function placeOf(path: readonly Segment[], { item, doc }: Call): string {
  const [first, ...inside] = path;
  if (item === undefined || typeof first !== "number") return pathText(`${doc}.args`, path);
  return first === 0 ? pathText(item.doc, inside) : pathText(`${doc}.args`, [first - 1, ...inside]);
}

function countRule({ task, info, args, hasInput }: Call, count: number): string {
  const { minArgs: min, maxArgs: max } = info;
  const takes = max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
  const gets = hasInput ? `${count}: the result before it and ${args.length} bound` : `${count}`;
  return `task ${task} takes ${takes} argument${takes === "1" ? "" : "s"} and would get ${gets}`;
}

function valueAt(args: readonly Json[], path: readonly Segment[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<Segment, unknown>)[key] : undefined,
    args,
  );
}
