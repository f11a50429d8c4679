/**
 * Arrivals of a batch's messages at one item: those that become ready while one is in flight go together in the next write.
 *
 * They count as if each had been written alone, one after the other: only the last of a write sees whether the item is full. Who
 * came before it goes no further, as ever. Lost with their process, all their messages come back, and each looks for itself.
 */
import { StoreError } from "../errors.ts";
import type { PlanJoin } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import { isCounting, markOf, parentOf } from "../protocol/tally.ts";
import { type Arrival, type Author, arriveWrite } from "../protocol/writes.ts";
import type { Delivery } from "./delivery.ts";
import type { RunHandle } from "./run.ts";

/** An item that is full, or has news, arrives: with others of its batch, where only the last of all arrivals means anything. */
export async function arrive(
  { run, arrivals }: Delivery,
  join: PlanJoin,
  arrival: Arrival,
  author: Author,
): Promise<Arrived> {
  if (!isCounting(join)) return arrivals({ run, join, author, ...arrival });
  const result = await run.write(arriveWrite(run.generation, run.id, join, [arrival], author), "tally.arrive");
  return result.applied ? { ...result, last: true } : result;
}

/** A full item, and who arrives from it. */
interface Arriving extends Arrival {
  readonly run: RunHandle;
  readonly join: PlanJoin;
  readonly author: Author;
}

type Arrived =
  /** `last`: nobody else arrived with the same write after it. The image is what the last one has left. */
  | { readonly applied: true; readonly last: boolean; readonly image: Image }
  /** It had arrived before. */
  | { readonly applied: false; readonly image: Image | undefined };

export type Arrivals = (arriving: Arriving) => Promise<Arrived>;

interface Waiting extends Arriving {
  readonly resolve: (arrived: Arrived) => void;
  readonly reject: (error: unknown) => void;
}

/** For the messages of one batch. */
export function createArrivals(): Arrivals {
  const waiting = new Map<string, Waiting[]>();
  const flush = async (item: string) => {
    // What is full in the same turn goes together.
    await undefined;
    for (let open = waiting.get(item) ?? []; open.length > 0; open = waiting.get(item) ?? []) {
      const together = distinct(open);
      waiting.set(
        item,
        open.filter((one) => !together.includes(one)),
      );
      try {
        await arriveAll(together);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    waiting.delete(item);
  };
  return (arriving) =>
    new Promise<Arrived>((resolve, reject) => {
      const item = itemOf(arriving);
      const others = waiting.get(item);
      waiting.set(item, [...(others ?? []), { ...arriving, resolve, reject }]);
      if (others === undefined) void flush(item);
    });
}

function itemOf({ run, join, child }: Arriving): string {
  const { level, number } = parentOf(join, child);
  return `${run.id} ${run.generation} ${level} ${number} ${join.id}`;
}

/** Two copies of a message may arrive from the same item: the second meets the mark of the first. */
function distinct(open: readonly Waiting[]): readonly Waiting[] {
  return [...new Map([...open].reverse().map((one) => [markOf(one.join, one.child), one])).values()].reverse();
}

async function arriveAll(together: readonly Waiting[]): Promise<void> {
  let open = together;
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const { run, join, author } = last;
    const result = await run.write(arriveWrite(run.generation, run.id, join, open, author), "tally.arrive");
    if (result.applied) {
      for (const one of open) one.resolve({ applied: true, last: one === last, image: result.image });
      return;
    }
    const before = open.filter(({ child }) => result.image?.[markOf(join, child)] !== undefined);
    if (before.length === 0)
      throw new StoreError(`join ${join.id}: an arrival was refused by an item without its mark`);
    for (const { resolve } of before) resolve({ applied: false, image: result.image });
    open = open.filter((one) => !before.includes(one));
  }
}
