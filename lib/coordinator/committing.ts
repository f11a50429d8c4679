/**
 * Recording outcomes of one item: those that become ready while a commit of it is in flight go together in the next one.
 *
 * A commit that is refused is repeated without the slots that are no longer its owner's, so that what became of one member
 * does not hold the others up.
 */
import { StoreError } from "../errors.ts";
import type { Image } from "../ports/index.ts";
import { decodeSlot, type LeasedSlot } from "../protocol/slot.ts";
import { type Commit, commitWrite, isFailure, slotsPerWrite } from "../protocol/writes.ts";
import { type Delivery, wonAll } from "./delivery.ts";
import { driveNodes } from "./drive.ts";
import { endRests } from "./end-rest.ts";
import { taskSettled } from "./events.ts";
import type { Located } from "./places.ts";

/** An outcome to record. */
export type Outcome = Pick<Commit, "lease" | "outcome" | "seen"> & Located;

/** What became of it: recorded and driven on from, or refused by a slot that others hold or have settled. */
export type Committed = { readonly applied: true } | { readonly applied: false; readonly image: Image | undefined };

/** Records outcomes of one item and drives on from them. */
export type Committer = (outcome: Outcome) => Promise<Committed>;

interface Waiting {
  readonly outcome: Outcome;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}

export function createCommitter(delivery: Delivery): Committer {
  let waiting: Waiting[] = [];
  let writing = false;
  const flush = async () => {
    // Bodies that end in the same turn go together.
    await undefined;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, slotsPerWrite.held);
      waiting = waiting.slice(slotsPerWrite.held);
      try {
        await commitAll(delivery, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  };
  return (outcome) =>
    new Promise<Committed>((resolve, reject) => {
      waiting.push({ outcome, resolve, reject });
      if (writing) return;
      writing = true;
      void flush();
    });
}

async function commitAll(delivery: Delivery, batch: readonly Waiting[]): Promise<void> {
  const { run } = delivery;
  let open = batch;
  while (open.length > 0) {
    const outcomes = open.map(({ outcome }) => outcome);
    const write = commitWrite(run.generation, outcomes[0]?.join, outcomes);
    const result = await run.write(write, "slot.commit", ...outcomes.map((one) => taskSettled(one.node, one.outcome)));
    if (result.applied) {
      delivery.committed = { key: (outcomes[0] as Outcome).place.key, image: result.image };
      const nodes = outcomes.map((one) => ({ ...one, slot: one.outcome }));
      await driveNodes(delivery, nodes, result.image, wonAll);
      await endRests(delivery);
      for (const { resolve } of open) resolve({ applied: true });
      return;
    }
    const mine = open.filter(({ outcome }) => stillMine(result.image, outcome));
    if (mine.length === open.length) throw new StoreError(`run ${run.id}: a commit was refused by its own leases`);
    for (const one of open) if (!mine.includes(one)) one.resolve({ applied: false, image: result.image });
    open = mine;
  }
}

/** Whether the same may be written once more. A failure beside a copy is looked at anew by whoever it is of. */
function stillMine(image: Image | undefined, { place, lease, outcome, seen }: Outcome): boolean {
  const slot = decodeSlot(image?.[place.attribute]);
  if (slot.state !== "leased") return false;
  const isMine = (held: Pick<LeasedSlot, "owner" | "attempt"> | undefined) =>
    held?.owner === lease.owner && held.attempt === lease.attempt;
  if (isFailure(outcome)) return isMine(slot) && slot.second === undefined && seen === undefined;
  return isMine(slot) || (lease.isCopy === true && isMine(slot.second));
}
