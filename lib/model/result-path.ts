/**
 * The `path` of a `$result`: steps by name or index, `items[0].id`, `[2].name`.
 */
const pattern = /^(?:[^.[\]]+|\[\d{1,9}\])(?:\.[^.[\]]+|\[\d{1,9}\])*$/;

/** Never a step: reading it would leave the value. */
const forbiddenStep = /(?:^|\.)__proto__(?:$|[.[])/;

/** True for what a `path` may be. Whether the result has such a part is known only at run time. */
export function isResultPath(text: string): boolean {
  return pattern.test(text) && !forbiddenStep.test(text);
}
