/** What is measured: the same definitions as of the other systems (bench/BENCHMARKS.md). */
import type { Submittable } from "../../lib/client/client.ts";
import type { Deployed } from "./deployment.ts";
import { monotonicMs } from "./ledger.ts";
import { busySeconds, cpuSeconds } from "./machine.ts";

/** One measured run: from the start of the first submit to the line of the last callback. */
export interface Sample {
  readonly ms: number;
  readonly cpuSeconds: number;
  /** What others had of the machine meanwhile, in CPUs. */
  readonly others: number;
}

export interface Scenario {
  readonly name: string;
  /** Members, or hops, in all. */
  readonly tasks: number;
  readonly runs: number;
  /** What its ledger lines count. */
  readonly count: number;
  readonly ids: (run: number) => readonly string[];
  readonly workflow: (id: string) => Submittable;
}

/** Steps of the chain. */
const hops = 20;
/** Chords that are submitted together, and their members. */
const small = { chords: 200, members: 10 };
const limitSeconds = 600;

/** How often each is run: a median of that many. */
const runsOf = (members: number, runs: number) => (members >= 10_000 ? Math.min(runs, 3) : runs);

export function chordOf(members: number, runs: number): Scenario {
  return {
    name: `chord of ${members}`,
    tasks: members,
    runs: runsOf(members, runs),
    count: members,
    ids: (run) => [`chord-${members}-${run}`],
    workflow: (id) => ({
      chord: {
        header: Array.from({ length: members }, (_, index) => ({ task: "member", args: [index] })),
        callback: { task: "collect", args: [id] },
      },
    }),
  };
}

export function chain(runs: number): Scenario {
  return {
    name: `chain of ${hops}`,
    tasks: hops,
    runs,
    count: hops,
    ids: (run) => [`chain-${run}`],
    workflow: (id) => ({
      chain: Array.from({ length: hops }, (_, at) => ({
        task: "step",
        args: at === 0 ? [null, id, false] : [id, at === hops - 1],
      })),
    }),
  };
}

export function smallChords(runs: number): Scenario {
  const { chords, members } = small;
  return {
    ...chordOf(members, runs),
    name: `${chords} chords of ${members}`,
    tasks: chords * members,
    ids: (run) => Array.from({ length: chords }, (_, at) => `small-${run}-${at}`),
  };
}

/** Runs it once. @throws Error when a callback did not get every result, or did not come. */
export async function sample({ client, ledger }: Deployed, scenario: Scenario, run: number): Promise<Sample> {
  const { count, ids: idsOf, workflow } = scenario;
  const ids = idsOf(run);
  const documents = ids.map((id) => ({ id, document: workflow(id) }));
  const cpuBefore = cpuSeconds();
  const busyBefore = busySeconds();
  const beganMs = monotonicMs();
  await Promise.all(documents.map(({ id, document }) => client.submit(document, { id })));
  const lines = await ledger.all(ids, limitSeconds);
  const endedMs = Math.max(...lines.map(({ atMs }) => atMs));
  const wrong = lines.find((line) => line.count !== count);
  if (wrong) throw new Error(`${wrong.id} counted ${wrong.count}, not ${count}`);
  const passedSeconds = (monotonicMs() - beganMs) / 1000;
  const own = cpuSeconds() - cpuBefore;
  const others = Math.max(0, busySeconds() - busyBefore - own) / passedSeconds;
  return { ms: endedMs - beganMs, cpuSeconds: own, others };
}
