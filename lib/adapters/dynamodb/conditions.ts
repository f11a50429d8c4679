/**
 * Conditions as DynamoDB writes them. Pure.
 *
 * Every name and value is aliased, so no word is reserved and no name can change an expression's meaning. Brackets stand
 * only where an `any` lies in an `all`: DynamoDB refuses redundant ones. Conditions on nothing, as an `all` of an empty
 * list, are settled here: DynamoDB has no word for true.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Condition, Path, Value } from "../../ports/store.ts";
import { toAttribute, type WireItem } from "./attributes.ts";
import { partitionKey } from "./keys.ts";

/** Aliases of one request, numbered in order of first use. */
export interface Aliases {
  path(path: Path): string;
  value(value: Value): string;
  /** For the request; undefined when there are none, since DynamoDB refuses empty ones. */
  readonly names: () => Record<string, string> | undefined;
  readonly values: () => WireItem | undefined;
}

export function createAliases(): Aliases {
  const names = new Map<string, string>();
  const values = new Map<string, { readonly alias: string; readonly attribute: AttributeValue }>();

  const name = (text: string): string => {
    if (text === "") throw new RangeError("a path with an empty name");
    const alias = names.get(text) ?? `#${names.size}`;
    names.set(text, alias);
    return alias;
  };

  return {
    path: ([attribute, entry]) => (entry === undefined ? name(attribute) : `${name(attribute)}.${name(entry)}`),
    value(value) {
      const shared = typeof value === "object" ? `${values.size}` : `${typeof value} ${value}`;
      const found = values.get(shared) ?? { alias: `:${values.size}`, attribute: toAttribute(value) };
      values.set(shared, found);
      return found.alias;
    },
    names: () => (names.size === 0 ? undefined : Object.fromEntries([...names].map(([text, alias]) => [alias, text]))),
    values: () =>
      values.size === 0
        ? undefined
        : Object.fromEntries([...values.values()].map(({ alias, attribute }) => [alias, attribute])),
  };
}

/** The condition expression; undefined when the condition holds of everything. */
export function renderCondition(condition: Condition, aliases: Aliases): string | undefined {
  const plain = simplify(condition);
  if (typeof plain !== "boolean") return render(plain, aliases, false);
  if (plain) return undefined;
  const key = aliases.path([partitionKey.name]);
  return `attribute_exists(${key}) AND attribute_not_exists(${key})`;
}

/** The same condition without empty lists and lists of one. */
function simplify(condition: Condition): Condition | boolean {
  if (condition.is !== "all" && condition.is !== "any") return condition;
  const neutral = condition.is === "all";
  const of: Condition[] = [];
  for (const part of condition.of.map(simplify)) {
    if (part === neutral) continue;
    if (typeof part === "boolean") return part;
    of.push(part);
  }
  return of.length === 0 ? neutral : of.length === 1 ? (of[0] as Condition) : { is: condition.is, of };
}

function render(condition: Condition, aliases: Aliases, isInAll: boolean): string {
  switch (condition.is) {
    case "absent":
      return `attribute_not_exists(${aliases.path(condition.path)})`;
    case "present":
      return `attribute_exists(${aliases.path(condition.path)})`;
    case "equal":
      return `${aliases.path(condition.path)} = ${aliases.value(condition.value)}`;
    case "below":
      return `${aliases.path(condition.path)} < ${aliases.value(condition.value)}`;
    case "above":
      return `${aliases.path(condition.path)} > ${aliases.value(condition.value)}`;
    case "all":
      return condition.of.map((part) => render(part, aliases, true)).join(" AND ");
    case "any": {
      const alternatives = condition.of.map((part) => render(part, aliases, false)).join(" OR ");
      return isInAll ? `(${alternatives})` : alternatives;
    }
  }
}
