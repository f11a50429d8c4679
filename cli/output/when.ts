import type { JoinReport } from "../../lib/client/shapes.ts";

/** When a join is decided: `all-succeeded`, `all-settled`, `tolerate 2`, `quorum 3`. */
export function whenText({ when, count }: Pick<JoinReport, "when" | "count">): string {
  return count === null ? when : `${when} ${count}`;
}
