/** How long a counted path takes: its steps one after the other, each as long as the slowest of its calls. */
import { draw, measured, type Random } from "./distribution.ts";
import type { Step } from "./path.ts";

export function pathMs(steps: readonly Step[], random: Random): number {
  return steps.reduce((sum, { kind, calls }) => sum + slowest(calls, () => draw(measured[kind], random)), 0);
}

function slowest(calls: number, one: () => number): number {
  let most = 0;
  for (let at = 0; at < calls; at++) most = Math.max(most, one());
  return most;
}

/** The path of a join, whose callback reads that many leaves: a hundred a call, four calls at once. */
export function withReads(join: readonly Step[], leaves: number): readonly Step[] {
  const calls = Math.ceil(leaves / 100);
  const first = join.find(({ kind }) => kind === "batch");
  if (first === undefined) return join;
  const reads = Array.from(
    { length: Math.ceil(calls / 4) },
    (_, at): Step => ({
      ...first,
      calls: Math.min(4, calls - 4 * at),
    }),
  );
  return join.flatMap((step) => (step === first ? reads : step.kind === "batch" ? [] : [step]));
}
