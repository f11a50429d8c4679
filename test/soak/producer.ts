/**
 * Keeps a number of runs under way: submits, submits again what the queue has lost, and looks for ends. It is a client like
 * any other: through the proxies, and without a part in the progress of a run.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { TuttiClient } from "../../lib/client/client.ts";
import type { Store } from "../../lib/ports/index.ts";
import { decodeHead, type Head } from "../../lib/protocol/head.ts";
import { headKey } from "../../lib/protocol/keys.ts";
import { type Case, randomCase } from "./workflows.ts";

export interface Run {
  readonly id: string;
  readonly drawn: Case;
  readonly submittedMs: number;
  /** When its end was seen; absent for one that has not ended. */
  endedMs?: number;
}

export interface ProducerOptions {
  readonly client: TuttiClient;
  readonly store: Store;
  readonly random: () => number;
  readonly prefix: string;
  /** Runs under way at a time. */
  readonly width: number;
  /** Looks at a run that has ended. */
  readonly onEnd: (run: Run) => Promise<void>;
}

export interface Producer {
  /** All runs so far. */
  readonly runs: readonly Run[];
  /** Submits until the signal, then waits for the end of what is under way, for that long at most. */
  run(until: AbortSignal, drainSeconds: number): Promise<void>;
}

const lookEveryMs = 300;
/** A request that has made no run by then was lost with the queue: it is sent again, as any client would. */
const submitAgainMs = 6000;

interface UnderWay {
  readonly run: Run;
  sentMs: number;
  seen: boolean;
}

export function createProducer(options: ProducerOptions): Producer {
  const { client, store, random, prefix, width, onEnd } = options;
  const runs: Run[] = [];
  const underWay = new Map<string, UnderWay>();

  const send = async (one: UnderWay): Promise<void> => {
    one.sentMs = Date.now();
    // Not sent, or sent without a word: the same request again makes no second run.
    await client.submit(one.run.drawn.workflow, { id: one.run.id, wait: false }).catch(() => {
      one.sentMs = 0;
    });
  };
  const fill = async (): Promise<void> => {
    while (underWay.size < width) {
      const run: Run = { id: `${prefix}-${runs.length}`, drawn: randomCase(random), submittedMs: Date.now() };
      runs.push(run);
      const one = { run, sentMs: 0, seen: false };
      underWay.set(run.id, one);
      await send(one);
    }
  };
  const headsOf = async (ids: readonly string[]): Promise<readonly (Head | undefined)[] | undefined> => {
    try {
      const images = await store.getMany(ids.map(headKey), "soak.look");
      return images.map((image, at) => image && decodeHead(ids[at] as string, image));
    } catch {
      return undefined;
    }
  };
  const look = async (): Promise<void> => {
    const all = [...underWay.values()];
    const heads = await headsOf(all.map(({ run }) => run.id));
    if (heads === undefined) return;
    for (const [at, one] of all.entries()) {
      const head = heads[at];
      one.seen ||= head !== undefined;
      if (!one.seen && Date.now() - one.sentMs > submitAgainMs) await send(one);
      if (head === undefined || head.status === "RUNNING") continue;
      one.run.endedMs = Date.now();
      underWay.delete(one.run.id);
      await onEnd(one.run);
    }
  };
  return {
    runs,
    async run(until, drainSeconds) {
      while (!until.aborted) {
        await fill();
        await look();
        await sleep(lookEveryMs);
      }
      const drainedMs = Date.now() + drainSeconds * 1000;
      while (underWay.size > 0 && Date.now() < drainedMs) {
        await look();
        await sleep(lookEveryMs);
      }
    },
  };
}
