/**
 * Which repairs of a run are under way together.
 */
import type { Finding } from "../protocol/findings.ts";

/** Repairs of one run under way at a time: enough to hide the latency, too few to crowd out other calls. */
const repairsAtOnce = 16;

/**
 * In their order, those together that are one message each: after the loss of many workers there are thousands, and one after
 * the other they would outlast the sweeper.
 */
export function sideBySide(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const together: Finding[][] = [];
  for (const finding of findings) {
    const last = together.at(-1);
    if (last !== undefined && last.length < repairsAtOnce && [last[0] as Finding, finding].every(isOneMessage))
      last.push(finding);
    else together.push([finding]);
  }
  return together;
}

function isOneMessage({ repair }: Finding): boolean {
  return (
    repair.do === "resend" || repair.do === "expire" || repair.do === "resend-range" || repair.do === "expire-range"
  );
}
