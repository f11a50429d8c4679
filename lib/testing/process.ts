/**
 * One process of the engine: the ports as the driver in it sees them. At each call it may meet a fault, and once it is gone
 * none of its calls is ever answered, none of its timers runs, and nothing it does has an effect.
 */
import type { CoordinatorDeps } from "../coordinator/index.ts";
import { QueueError, StoreError } from "../errors.ts";
import type { OutgoingMessage, Queue, Store, Write } from "../ports/index.ts";
import type { Image } from "../ports/store.ts";
import { countsOf, decodeSlot } from "../protocol/slot.ts";
import type { PlanCache } from "../records/plans.ts";
import type { Attempt, Faults } from "./faults.ts";
import type { History } from "./history.ts";
import type { Places, SlotRecord } from "./places.ts";

/** What all processes of an engine share. */
export interface Surroundings {
  readonly deps: CoordinatorDeps;
  readonly faults: Faults;
  readonly history: History;
  readonly places: Places;
  /** For the plan of a run that was just accepted. */
  readonly plans: PlanCache;
}

export interface Process {
  readonly deps: CoordinatorDeps;
  readonly isDead: () => boolean;
  die(): void;
  /** Resolves when the process is gone. */
  readonly died: Promise<void>;
  /** Whom a decision is put down to: the task that it recorded last or whose message it holds, or the sweeper. */
  actsFor: string;
}

/** Writes by which an attempt leaves its outcome, or the wait for its retry. */
const recordingSites = new Set(["slot.commit", "slot.wait"]);

/** @param onDeath - Called once, when it dies. */
export function createProcess({ deps, faults, history, places, plans }: Surroundings, onDeath: () => void): Process {
  let dead = false;
  let buried = (): void => {};
  const died = new Promise<void>((resolve) => {
    buried = resolve;
  });

  const die = (): void => {
    if (dead) return;
    dead = true;
    onDeath();
    buried();
  };

  /** One call of a port, with what goes wrong at it. */
  const call = async <T>(
    fail: (message: string) => Error,
    site: string,
    records: readonly Attempt[],
    perform: () => Promise<T>,
  ): Promise<T> => {
    if (dead) return never();
    switch (faults.atCall(site, records)) {
      case undefined: {
        const answer = await perform();
        // It may be gone by the time the answer comes.
        return dead ? never() : answer;
      }
      case "throttle":
        throw fail(`${site} was throttled by the test`);
      case "crash-before":
        die();
        return never();
      case "crash-after":
        await perform();
        die();
        return never();
    }
  };

  const storeError = (message: string): Error => new StoreError(message);
  const read = <T>(site: string, perform: () => Promise<T>): Promise<T> => call(storeError, site, [], perform);
  const { store, queue, clock } = deps;

  /** What an applied write means to a reader of the history. */
  const note = async (write: Write, image: Image, site: string, slots: readonly SlotRecord[]): Promise<void> => {
    if (site === "head.create") {
      const ref = { hash: String(image.planHash), pages: Number(image.planPages) };
      const plan = await plans.load(write.key.pk, ref);
      places.add(write.key.pk, plan);
      history.run(write.key.pk, `is accepted, with ${Object.keys(plan.nodes).length} tasks`);
    }
    for (const record of slots) history.slot(record);
    const last = slots.at(-1);
    if (last?.slot.state === "settled" && process.actsFor !== sweeper)
      process.actsFor = `${last.runId}/${last.node.id}`;
    const decided = places.decisionIn(write, image);
    if (decided) {
      const { runId, join, decision } = decided;
      history.decision(runId, { path: join, decision, by: process.actsFor });
    }
    if (site === "head.end") history.run(write.key.pk, `is ${image.status}`);
  };

  const watchedStore: Store = {
    get: (key, site) => read(site, () => store.get(key, site)),
    getMany: (keys, site) => read(site, () => store.getMany(keys, site)),
    query: (pk, prefix, cursor, site) => read(site, () => store.query(pk, prefix, cursor, site)),
    due: (shard, before, cursor, site) => read(site, () => store.due(shard, before, cursor, site)),
    list: (shard, cursor, site) => read(site, () => store.list(shard, cursor, site)),
    remove: (keys, site) => read(site, () => store.remove(keys, site)),
    write(write, site) {
      const slots = places.slotsIn(write);
      const records = recordingSites.has(site) ? slots.map(attemptOf) : [];
      return call(storeError, site, records, async () => {
        const result = await store.write(write, site);
        if (result.applied) await note(write, result.image, site, slots);
        return result;
      });
    },
  };

  /** The attempts that a message starts: each is the one after what its slot shows. */
  const startsOf = async ({ body }: OutgoingMessage): Promise<readonly Attempt[]> =>
    Promise.all(
      places.nodesIn(body).map(async ({ node, place }) => {
        const image = await store.get(place.key, "slot.look");
        const { attempt } = countsOf(decodeSlot(image?.[place.attribute]));
        return { path: node.id, task: node.task, attempt: attempt + 1 };
      }),
    );

  const watchedQueue: Queue = {
    send: (to, messages, site) =>
      call(
        (message) => new QueueError(message),
        site,
        [],
        async () => {
          if (!faults.concernsMessages()) return queue.send(to, messages, site);
          const sent: OutgoingMessage[] = [];
          const copies: OutgoingMessage[] = [];
          for (const message of messages) {
            const fault = faults.atMessage(await startsOf(message));
            if (fault !== "lose") sent.push(message);
            if (fault === "duplicate") copies.push(message);
          }
          for (const batch of [sent, copies]) if (batch.length > 0) await queue.send(to, batch, site);
          return { failed: [] };
        },
      ),
  };

  const process: Process = {
    deps: {
      ...deps,
      store: watchedStore,
      queue: watchedQueue,
      clock: { now: () => clock.now(), after: (delayMs, run) => clock.after(delayMs, () => !dead && run()) },
    },
    isDead: () => dead,
    die,
    died,
    actsFor: sweeper,
  };
  return process;
}

/** Whoever acts without a message. */
export const sweeper = "sweeper";

/** An answer that nobody is left to hear. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function attemptOf({ node, slot }: SlotRecord): Attempt {
  return { path: node.id, task: node.task, attempt: countsOf(slot).attempt };
}
