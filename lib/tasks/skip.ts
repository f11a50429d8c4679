/**
 * What a task returns that chooses to do nothing: it is SKIPPED, which is no failure.
 */

/** By this a skip is known, whichever copy of the package made it. */
const skipBrand = Symbol.for("tutti.skip");

/** What {@link skip} gives. Only worth something as the result of a task. */
export interface SkipResult {
  readonly [skipBrand]: true;
  readonly reason: string | undefined;
}

/**
 * Return it from a task that has nothing to do: the task is SKIPPED without an error, and what needs its result is skipped
 * with it. A join that it is a member of goes on.
 *
 * @param reason - Shown to people and to callbacks; cut to 256 bytes.
 */
export function skip(reason?: string): SkipResult {
  if (reason !== undefined && typeof reason !== "string") throw new TypeError("the reason of a skip must be a string");
  return { [skipBrand]: true, reason };
}

/** True for a skip of any copy of the package. */
export function isSkip(value: unknown): value is SkipResult {
  return typeof value === "object" && value !== null && (value as { [skipBrand]?: unknown })[skipBrand] === true;
}
