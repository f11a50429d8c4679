/**
 * The table at the end.
 */
import type { Kill, Target } from "./chaos.ts";

export interface Figures {
  readonly seconds: number;
  readonly kills: readonly Kill[];
  readonly stopped: number;
  readonly faults: ReadonlyMap<string, number>;
  /** By shape. */
  readonly runs: ReadonlyMap<string, number>;
  readonly open: number;
  readonly runMs: readonly number[];
  readonly chords: number;
  readonly bodies: number;
  readonly executedAgain: number;
  readonly takenUpMs: readonly number[];
  readonly lost: number;
  readonly doubled: number;
  readonly changed: number;
}

const killNames: Readonly<Record<Target, string>> = {
  tasks: "workers",
  control: "coordinators",
  sweep: "sweepers",
  engine: "table (on disk)",
  queues: "queues (every message lost)",
};

export function tableOf(figures: Figures): string {
  const { kills, faults, runs } = figures;
  const targets = Object.keys(killNames) as Target[];
  const ofTarget = (target: Target) => kills.filter((kill) => kill.target === target);
  return [
    line("kills with SIGKILL", kills.length, `${(kills.length / figures.seconds).toFixed(1)} a second`),
    ...targets.map((target) => line(`  ${killNames[target]}`, ofTarget(target).length, upText(ofTarget(target)))),
    line("stopped past the lease, then continued", figures.stopped),
    line("faults of calls", sum(faults.values())),
    ...[...faults].sort(([, a], [, b]) => b - a).map(([name, count]) => line(`  ${name}`, count)),
    line("runs", sum(runs.values()), `${percentiles(figures.runMs)} from submit to end`),
    ...[...runs].sort(([, a], [, b]) => b - a).map(([shape, count]) => line(`  ${shape}`, count)),
    line("chords decided", figures.chords),
    line("bodies started", figures.bodies, `${number(figures.executedAgain)} of them a further attempt`),
    line("  begun again after a kill", figures.takenUpMs.length, `${percentiles(figures.takenUpMs)} after it`),
    line("not ended", figures.open),
    line("lost results", figures.lost),
    line("attempts run twice", figures.doubled),
    line("decisions that changed", figures.changed),
  ].join("\n");
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((all, one) => all + one, 0);
const number = (count: number) => count.toLocaleString("en");

function line(name: string, count: number, more = ""): string {
  return `${name.padEnd(44)}${number(count).padStart(9)}  ${more}`.trimEnd();
}

function upText(kills: readonly Kill[]): string {
  return `up again: ${percentiles(kills.flatMap(({ atMs, upMs }) => (upMs === undefined ? [] : [upMs - atMs])))}`;
}

/** Half and 99 of 100, in seconds. */
export function percentiles(values: readonly number[]): string {
  if (values.length === 0) return "–";
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => ((sorted[Math.ceil(share * sorted.length) - 1] as number) / 1000).toFixed(2);
  return `p50 ${at(0.5)} s, p99 ${at(0.99)} s`;
}
