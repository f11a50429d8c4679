/**
 * `{"$result": name, "path"?: "items[0].id"}` and `{"$literal": x}` in arguments.
 *
 * Both are left in place: they are resolved when the body starts. Compile only needs to know which names a task uses.
 * Nothing inside a `$literal` is looked at.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText, type Segment } from "../model/document-path.ts";
import { idPattern } from "../model/ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { isResultPath } from "../model/result-path.ts";

/** One `$result`, and where it is. */
export interface Reference {
  readonly name: string;
  /** Path in the document. */
  readonly at: string;
}

/** What the arguments of a task refer to. */
export interface References {
  readonly results: readonly Reference[];
  /** True when some argument is not known before run time or is not the value as written. */
  readonly late: boolean;
}

const none: References = { results: [], late: false };

/** A value still to be looked at, with its way up. */
interface Visit {
  readonly value: Json;
  readonly key: Segment;
  readonly parent: Visit | null;
}

/**
 * Finds the references in arguments, in the order as written. Uses no recursion: arguments may be nested deeply.
 *
 * @param at - Path of the arguments in the document.
 * @throws InvalidRequestError when a `$result` or `$literal` is not of its form.
 */
export function findReferences(args: readonly Json[], at: string): References {
  if (args.every((value) => typeof value !== "object" || value === null)) return none;
  const results: Reference[] = [];
  let late = false;
  const stack: Visit[] = [];
  push(stack, args, null);
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { value } = visit;
    if (!isJsonObject(value)) push(stack, value as readonly Json[], visit);
    else if (Object.hasOwn(value, "$literal")) late = checkLiteral(value, visit, at);
    else if (Object.hasOwn(value, "$result")) late = results.push(referenceOf(value, visit, at)) > 0;
    else push(stack, value, visit);
  }
  return results.length > 0 || late ? { results, late } : none;
}

/** Adds what is inside a value, so that the first is on top. */
function push(stack: Visit[], value: readonly Json[] | JsonObject, parent: Visit | null): void {
  const keys = Array.isArray(value) ? null : Object.keys(value);
  for (let i = (keys ?? (value as readonly Json[])).length - 1; i >= 0; i--) {
    const key = keys === null ? i : (keys[i] as string);
    const item = (value as Readonly<Record<Segment, Json>>)[key] as Json;
    if (typeof item === "object" && item !== null) stack.push({ value: item, key, parent });
  }
}

function pathOf(visit: Visit, at: string, ...more: readonly Segment[]): string {
  const segments: Segment[] = [];
  for (let step: Visit | null = visit; step !== null; step = step.parent) segments.push(step.key);
  return pathText(at, [...segments.reverse(), ...more]);
}

function checkLiteral(value: JsonObject, visit: Visit, at: string): true {
  const extra = Object.keys(value).find((key) => key !== "$literal");
  if (extra !== undefined) {
    throw new InvalidRequestError(
      pathOf(visit, at, extra),
      value[extra],
      "must not be beside $literal, which stands alone",
    );
  }
  return true;
}

function referenceOf(value: JsonObject, visit: Visit, at: string): Reference {
  const { $result: name, path } = value;
  if (typeof name !== "string" || !idPattern.test(name)) {
    throw new InvalidRequestError(
      pathOf(visit, at, "$result"),
      name,
      'must be the name of a dag node; write {"$literal": …} for the object itself',
    );
  }
  if (path !== undefined && (typeof path !== "string" || !isResultPath(path))) {
    throw new InvalidRequestError(pathOf(visit, at, "path"), path, "must be a path such as items[0].id");
  }
  const extra = Object.keys(value).find((key) => key !== "$result" && key !== "path");
  if (extra !== undefined) {
    throw new InvalidRequestError(pathOf(visit, at, extra), value[extra], "must not be beside $result: only path may");
  }
  return { name, at: pathOf(visit, at, "$result") };
}
