/** Times of one system: from the start of the submit in a client to the first line of the callback's body. */
import { setTimeout as sleep } from "node:timers/promises";
import { busySeconds, cpuSeconds } from "../speed/machine.ts";
import type { Deployed, Submission } from "./deployed.ts";

export interface SpeedPlan {
  /** Members of the chords that run alone. */
  readonly sizes: readonly number[];
  readonly runs: number;
}

export interface SpeedFigure {
  readonly name: string;
  /** Members, or hops, in all. */
  readonly tasks: number;
  readonly runs: number;
  /** Median, least, most. */
  readonly ms: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly tasksPerSecond: number;
  /** Of servers, worker and client together. */
  readonly cpuSecondsPer1000: number;
  /** What other programs had of the machine, in CPUs: median. */
  readonly others: number;
  /** Runs that were not taken, for others had more than {@link othersAtMost}. */
  readonly thrownAway: number;
}

/** Why it has no figure. */
export interface SpeedFailure {
  readonly name: string;
  readonly tasks: number;
  readonly failed: string;
}

/** A quarter of a core: with more, the run tells of others too. */
export const othersAtMost = 0.25;
const triesAgain = 4;
const calmMs = 2000;
const limitMs = 180_000;
/** Acknowledgements and the like come after the callback, and are part of the price. */
const afterwardsMs = 300;
const hops = 20;
const small = { chords: 200, members: 10 };

interface Scenario extends Omit<Submission, "ids" | "kind"> {
  readonly name: string;
  readonly chords: number;
  readonly runs: number;
}

interface Sample {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly others: number;
}

/** Measures all; a scenario that does not end is the last one, since the system is busy with it. */
export async function measureSpeed(
  deployed: Deployed,
  { sizes, runs }: SpeedPlan,
  told: (figure: SpeedFigure | SpeedFailure) => void,
): Promise<void> {
  const chord = (n: number): Scenario => ({
    name: `chord of ${n}`,
    op: "chord",
    n,
    chords: 1,
    runs: n >= 10_000 ? Math.min(3, runs) : runs,
  });
  const chain: Scenario = { name: `chain of ${hops}`, op: "chain", n: hops, chords: 1, runs };
  const many = { ...chord(small.members), name: `${small.chords} chords of ${small.members}`, chords: small.chords };
  // Connections, imports, compiled code.
  for (const warm of [chord(10), chain, chord(300), chord(300)]) await sample(deployed, warm, `warm-${next()}`);
  // Large ones come last: what they leave behind slows some servers down.
  for (const scenario of [
    chain,
    ...sizes.filter((n) => n < 10_000).map(chord),
    many,
    ...sizes.filter((n) => n >= 10_000).map(chord),
  ]) {
    const figure = await repeat(deployed, scenario);
    told(figure);
    if ("failed" in figure) return;
  }
}

let count = 0;
const next = () => ++count;

async function repeat(deployed: Deployed, scenario: Scenario): Promise<SpeedFigure | SpeedFailure> {
  const { name, n, chords, runs } = scenario;
  const tasks = n * chords;
  const samples: Sample[] = [];
  let thrownAway = 0;
  while (samples.length < runs) {
    const one = await sample(deployed, scenario, `run-${next()}`);
    if (one === undefined) return { name, tasks, failed: `not done in ${limitMs / 1000} s` };
    if (one.others > othersAtMost && thrownAway < triesAgain) {
      thrownAway++;
      await sleep(calmMs);
    } else samples.push(one);
  }
  const times = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  const ms = median(times);
  return {
    name,
    tasks,
    runs,
    ms,
    leastMs: times[0] as number,
    mostMs: times.at(-1) as number,
    tasksPerSecond: (tasks / ms) * 1000,
    cpuSecondsPer1000: (median(samples.map(({ cpuSeconds: cpu }) => cpu)) / tasks) * 1000,
    others: median(samples.map(({ others }) => others)),
    thrownAway,
  };
}

async function sample(deployed: Deployed, { op, n, chords }: Scenario, name: string): Promise<Sample | undefined> {
  const { ledger } = deployed;
  const ids = Array.from({ length: chords }, (_, at) => `${name}-${at}`);
  const before = { cpu: peersCpuSeconds(), busy: othersOf(), atMs: performance.now() };
  const { beganMs } = await deployed.submit({ op, ids, n, kind: "noop" });
  if (!(await ledger.allFired(ids, limitMs))) return undefined;
  const fired = ids.map((id) => ledger.of("fired", id)[0] as { value: number; atMs: number });
  const wrong = fired.find(({ value }) => value !== n);
  if (wrong) throw new Error(`a callback was given ${wrong.value} results of ${n}`);
  await sleep(afterwardsMs);
  const cpu = peersCpuSeconds() - before.cpu;
  const passedSeconds = (performance.now() - before.atMs) / 1000;
  const others = Math.max(0, othersOf() - before.busy - cpu) / passedSeconds;
  return { ms: Math.max(...fired.map(({ atMs }) => atMs)) - beganMs, cpuSeconds: cpu, others };
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Of all that this process has started, itself not counted: it only looks. */
const peersCpuSeconds = () => cpuSeconds() - ownCpuSeconds();
/** Of all but this process. */
const othersOf = () => busySeconds() - ownCpuSeconds();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
