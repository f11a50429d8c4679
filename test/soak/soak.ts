/**
 * One soak: a deployment of real processes, runs kept under way, kills and faults; then quiet, and the checks.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { cryptoIds } from "../../lib/adapters/system/ids.ts";
import { silentLog } from "../../lib/adapters/system/log.ts";
import { createPortClient, type TuttiClient } from "../../lib/client/client.ts";
import { environmentOf, portsOf } from "../../local/deployment.ts";
import { createSeededRandom } from "../../local/sqs/random.ts";
import type { WorkerPorts } from "../../local/worker.ts";
import { createChaos } from "./chaos.ts";
import { checkLedger, checkRun, nothingSeen, patiently, takenUpAfterMs } from "./check.ts";
import { type Entry, readLedger } from "./ledger.ts";
import { type Deployment, startDeployment } from "./processes.ts";
import { createProducer, type Producer, type Run } from "./producer.ts";
import type { Figures } from "./report.ts";
import { settings } from "./settings.ts";

export interface Soak {
  readonly seconds: number;
  readonly seed: number;
  readonly folder: string;
  /** Ends it early, without checks. */
  readonly interrupted: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Outcome {
  readonly figures: Figures;
  /** What is wrong, in words. */
  readonly faults: readonly string[];
}

/** Runs under way at a time. */
const width = 30;
/** Calls that meet a fault while processes are killed. */
const faultShare = 0.03;
/** After the last kill, everything must have ended by then. */
const drainSeconds = 120;
const progressEveryMs = 10_000;
/** Streams of chance: what one draws must not depend on how fast the others are. */
const streams = { workflows: 1, kills: 2, faults: 3 } as const;

/** @throws the reason of `interrupted`. */
export async function soak(options: Soak): Promise<Outcome> {
  const { seed, folder, interrupted } = options;
  const randomOf = (stream: keyof typeof streams) => createSeededRandom(seed * 4 + streams[stream]);
  const faults = new Map<string, number>();
  let share = faultShare;
  const deployment = await startDeployment({
    folder,
    random: randomOf("faults"),
    faultShare: () => share,
    onFault: ({ name }) => faults.set(name, (faults.get(name) ?? 0) + 1),
  });
  try {
    const { client, store } = await connected(deployment);
    const seen = nothingSeen();
    const prefix = `soak-${seed}`;
    const producer = createProducer({
      client,
      store,
      random: randomOf("workflows"),
      prefix,
      width,
      onEnd: (run) => checkRun(client, run, seen),
    });
    const chaos = createChaos(deployment, randomOf("kills"));
    const ending = new AbortController();
    const over = ending.signal;
    const time = setTimeout(() => ending.abort(), options.seconds * 1000);
    interrupted.addEventListener("abort", () => ending.abort(), { once: true });
    const telling = setInterval(() => {
      const ended = producer.runs.filter(({ endedMs }) => endedMs !== undefined).length;
      options.onProgress(`${chaos.kills.length} kills, ${ended} of ${producer.runs.length} runs have ended`);
    }, progressEveryMs);
    try {
      const failed = Object.values(deployment.pools).map(({ failed }) => failed);
      const quiet = chaos.run(over).then(() => {
        share = 0;
      });
      const all = Promise.all([quiet, producer.run(over, drainSeconds)]);
      await Promise.race([all, ...failed, rejection(interrupted)]);
    } finally {
      clearInterval(telling);
      clearTimeout(time);
    }
    const ledger = await settledLedger(deployment.ledgerFile, seen, interrupted);
    options.onProgress("auditing every run");
    const audited = await Promise.race([patiently(() => client.auditAll()), rejection(interrupted)]);
    const checked = checkLedger(ledger, seen);
    return {
      figures: {
        seconds: options.seconds,
        kills: chaos.kills,
        stopped: chaos.stopped(),
        faults,
        ...runFigures(producer),
        chords: seen.chords,
        bodies: checked.starts,
        executedAgain: checked.executedAgain,
        takenUpMs: takenUpAfterMs(ledger, chaos.kills),
        lost: checked.lost.length,
        doubled: checked.doubled.length,
        changed: checked.changed.length,
      },
      faults: [
        ...open(producer.runs).map(({ id, drawn }) => `run ${id} (${drawn.shape}) has not ended`),
        ...seen.faults,
        ...checked.lost.map((execution) => `${execution}: a result is recorded that no body has returned`),
        ...checked.doubled.map((execution) => `${execution}: one attempt ran twice`),
        ...checked.changed.map((task) => `${task}: was called with other arguments at another attempt`),
        ...checked.calledInVain.map((task) => `${task}: ran, and the chord was decided otherwise`),
        ...checked.notStarted.map((task) => `${task}: was decided, and never started`),
        ...audited.violations.map(({ invariant, run, explanation }) => `${run}: ${invariant}: ${explanation}`),
        ...audited.unsteady.map((run) => `${run}: still changes after the end`),
        ...(audited.runs < producer.runs.length ? [`only ${audited.runs} runs are listed`] : []),
      ],
    };
  } finally {
    await deployment.close();
  }
}

async function connected({ connection }: Deployment): Promise<{ store: WorkerPorts["store"]; client: TuttiClient }> {
  const found = { ...connection, from: "dev-file", local: true } as const;
  const { store, queue } = await portsOf(found, environmentOf(found, {}, settings), silentLog);
  return { store, client: createPortClient({ store, queue, clock: wallClock, ids: cryptoIds }) };
}

const open = (runs: readonly Run[]) => runs.filter(({ endedMs }) => endedMs === undefined);

function runFigures({ runs }: Producer): Pick<Figures, "runs" | "open" | "runMs"> {
  const byShape = new Map<string, number>();
  for (const { drawn } of runs) byShape.set(drawn.shape, (byShape.get(drawn.shape) ?? 0) + 1);
  const runMs = runs.flatMap(({ submittedMs, endedMs }) => (endedMs === undefined ? [] : [endedMs - submittedMs]));
  return { runs: byShape, open: open(runs).length, runMs };
}

const ledgerWaitMs = 30_000;

/** An error callback runs after its run has ended: the ledger, once all that were decided have started. */
async function settledLedger(
  file: string,
  seen: ReturnType<typeof nothingSeen>,
  interrupted: AbortSignal,
): Promise<readonly Entry[]> {
  const untilMs = Date.now() + ledgerWaitMs;
  for (;;) {
    interrupted.throwIfAborted();
    const ledger = readLedger(file);
    if (Date.now() > untilMs || checkLedger(ledger, seen).notStarted.length === 0) return ledger;
    await sleep(500);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
