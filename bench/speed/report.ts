/** Medians of samples, as a table and as JSON. */
import type { Machine } from "./machine.ts";
import type { Sample, Scenario } from "./scenarios.ts";

export interface Figure {
  readonly name: string;
  readonly tasks: number;
  readonly runs: number;
  /** Median, least and most. */
  readonly ms: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly tasksPerSecond: number;
  readonly cpuSecondsPer1000: number;
  /** The most that others had of the machine during a run, in CPUs. */
  readonly others: number;
}

export function figureOf({ name, tasks }: Scenario, samples: readonly Sample[]): Figure {
  const times = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const ms = median(times);
  return {
    name,
    tasks,
    runs: samples.length,
    ms,
    leastMs: times[0] as number,
    mostMs: times.at(-1) as number,
    tasksPerSecond: (tasks / ms) * 1000,
    cpuSecondsPer1000: (median(samples.map(({ cpuSeconds }) => cpuSeconds)) / tasks) * 1000,
    others: Math.max(...samples.map(({ others }) => others)),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

const columns = ["", "ms", "least–most", "ms a task", "tasks/s", "CPU s per 1,000", "others"] as const;

export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.name,
    number(one.ms),
    `${number(one.leastMs)}–${number(one.mostMs)}`,
    number(one.ms / one.tasks),
    number(one.tasksPerSecond),
    number(one.cpuSecondsPer1000),
    number(one.others),
  ]);
  const widths = columns.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] as string).length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
      .join("  ");
  return [line(columns), ...rows.map(line)].join("\n");
}

/** Three figures that count. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 2);
}

export function machineLine({ date, cores, cpu, memoryGiB, node, commit }: Machine): string {
  return `${date} · ${cores} cores, ${cpu}, ${memoryGiB} GiB · Node ${node} · ${commit}`;
}
