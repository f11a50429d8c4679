/** One load: what its members cost, how busy its busiest item is, and how much memory the process needs. */
import type { EngineName } from "../members/engines.ts";
import { measure } from "../members/measure.ts";
import { figuresOf, isOfRun } from "../members/targets.ts";

export interface Load {
  readonly name: string;
  readonly chords: number;
  /** Of each chord. */
  readonly members: number;
  /**
   * Name of the load that it is held against. Of chords of the same size: each has its plan and its callback, which are a large part of
   * a small chord.
   */
  readonly against?: string;
}

const alone = (members: number, against?: number): Load => ({
  name: `chord of ${members}`,
  chords: 1,
  members,
  ...(against === undefined ? {} : { against: `chord of ${against}` }),
});

export const loads: readonly Load[] = [
  alone(10),
  alone(100),
  alone(1000, 100),
  alone(10_000, 100),
  alone(100_000, 100),
  { name: "1000 chords of 10", chords: 1000, members: 10, against: "chord of 10" },
];

export const limits = {
  /** Calls, write units and requests a member, against the smallest load of its kind. */
  growth: 1.1,
  /** On one inner item: what DynamoDB takes of one item is 1,000 writes a second. */
  arrivals: 256,
  /** Of worker, control and queues in one process, with the meter's copy of every item; and the table, where it is in memory. */
  rssMiB: 1024,
} as const;

export interface Scale extends Load {
  readonly seconds: number;
  /** Of a member; what a run takes for itself is apart. */
  readonly storeCalls: number;
  readonly writeUnits: number;
  readonly sqsRequests: number;
  readonly readUnits: number;
  /** Of a run. */
  readonly runWriteUnits: number;
  readonly runSqsRequests: number;
  readonly busiestArrivals: number;
  /** The most that this process had while it ran. */
  readonly rssMiB: number;
}

const tasksPerInvocation = 10;
const lookMs = 20;

export async function measureLoad(load: Load, engine: EngineName): Promise<Scale> {
  const { name, chords, members } = load;
  const memory = watchMemory();
  const measurement = await measure({ members, chords, engine, tasksPerInvocation });
  const rssMiB = memory.stop();
  const [figures] = figuresOf([measurement]);
  if (figures === undefined) throw new Error(`${name} has no figures`);
  const { busiest, lines } = measurement.counted;
  const calls = lines
    .filter((line) => line.requests === 0 && !isOfRun(line))
    .reduce((sum, line) => sum + line.calls, 0);
  return {
    ...load,
    seconds: figures.seconds,
    storeCalls: calls / figures.members,
    writeUnits: figures.writeUnits,
    sqsRequests: figures.sqsRequests,
    readUnits: figures.readUnits,
    runWriteUnits: figures.runWriteUnits / chords,
    runSqsRequests: figures.runSqsRequests / chords,
    busiestArrivals: busiest["tally inner"]?.writes ?? 0,
    rssMiB,
  };
}

/** Looks at the memory while something runs. */
function watchMemory() {
  let most = 0;
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  look();
  const timer = setInterval(look, lookMs);
  return {
    stop(): number {
      clearInterval(timer);
      look();
      return Math.round(most / 2 ** 20);
    },
  };
}

/** Sums that divide to 0.30000000000000004 are 0.3. */
const rounding = 1e-9;

/** What is above a limit, in words. */
export function missedOf(scales: readonly Scale[]): readonly string[] {
  const grown = (["storeCalls", "writeUnits", "sqsRequests"] as const).flatMap((figure) =>
    scales.flatMap((one) => {
      const base = scales.find(({ name }) => name === one.against);
      const growth = base === undefined ? 1 : one[figure] / base[figure];
      return growth > limits.growth + rounding
        ? [`${one.name}: ${figure} ${growth.toFixed(3)} times those of ${base?.name}`]
        : [];
    }),
  );
  const busy = scales
    .filter(({ busiestArrivals }) => busiestArrivals > limits.arrivals)
    .map(({ name, busiestArrivals }) => `${name}: ${busiestArrivals} arrivals on one item`);
  const large = scales
    .filter(({ rssMiB }) => rssMiB > limits.rssMiB)
    .map(({ name, rssMiB }) => `${name}: ${rssMiB} MiB`);
  return [...grown, ...busy, ...large];
}
