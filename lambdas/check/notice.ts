/** What people are told of a check. Pure. */
import type { CheckReport, Issue } from "../../lib/index.ts";

/** Issues that are told one by one: the longest first. */
const toldIssues = 20;
/** Characters of one explanation, so that a notice is far below the 256 KiB of a message. */
const maxExplanation = 1000;

export interface Notice {
  readonly subject: string;
  readonly text: string;
}

/** Undefined while nothing is stuck: what the sweeper is about to mend is not told. */
export function checkNotice({ issues, checkedAt, unknown }: CheckReport): Notice | undefined {
  const stuck = issues.filter((issue) => issue.stuck);
  if (stuck.length === 0) return undefined;
  const runs = new Set(stuck.flatMap(({ runId }) => runId ?? []));
  const more = stuck.length - toldIssues;
  return {
    subject: `Tutti: ${counted(stuck.length, "thing")} stuck in ${counted(runs.size, "run")}`,
    text: [
      `Checked at ${checkedAt}.`,
      ...stuck.slice(0, toldIssues).map(told),
      ...(more > 0 ? [`And ${more} more: tutti check`] : []),
      ...(unknown.length > 0 ? [`Not known: ${unknown.join(", ")}.`] : []),
    ].join("\n\n"),
  };
}

function told({ kind, runId, joinId, since, explanation, fix }: Issue): string {
  const where = [runId, joinId].filter((one) => one !== null).join("/");
  const text = explanation.length > maxExplanation ? `${explanation.slice(0, maxExplanation)}…` : explanation;
  return [
    `${kind}${where === "" ? "" : `: ${where}`}, since ${since}`,
    `  ${text}`,
    ...fix.map((command) => `  ${command}`),
  ].join("\n");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
