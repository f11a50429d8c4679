/**
 * Results of dag nodes in arguments.
 */
import { InvalidRequestError } from "../errors.ts";
import { idPattern } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { Literal, Reference } from "../model/reference.ts";
import { isResultPath } from "../model/result-path.ts";

/**
 * The result of another node of the dag, for use anywhere in the arguments. It makes an edge.
 *
 * @param path - A part of it, such as `items[0].id`.
 * @throws InvalidRequestError when the path cannot be one.
 */
export function ref(name: string, path?: string): Reference {
  if (!idPattern.test(name)) throw new InvalidRequestError("ref", name, "must be the name of a dag node");
  if (path === undefined) return { $result: name };
  if (!isResultPath(path)) throw new InvalidRequestError("ref", path, "must be a path such as items[0].id");
  return { $result: name, path };
}

/** A value that is to stay as it is, though it looks like `{"$result": …}`. */
export function literal(value: Json): Literal {
  return { $literal: value };
}
