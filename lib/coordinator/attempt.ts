/**
 * One attempt: run the body under its lease, record what came of it, drive on.
 *
 * Order of effects (S13): claim → body → value item → commit → drive on. A retry is recorded before its message is sent. A
 * failure counts only where nobody else is at work on the task (protocol/hedge.ts).
 */
import { StoreError } from "../errors.ts";
import { limits } from "../model/limits.ts";
import type { StoredError } from "../model/outcome.ts";
import { traceOf } from "../model/traceparent.ts";
import type { PlanNode } from "../plan/types.ts";
import type { Image } from "../ports/index.ts";
import type { FailedRow } from "../protocol/hedge.ts";
import type { FailedAttempt } from "../protocol/retry.ts";
import { leaseOfCopy } from "../protocol/rows.ts";
import type { LeasedSlot, OwnLease } from "../protocol/slot.ts";
import { claimWrite, giveWayWrite, lateWrite, promoteWrite, waitWrite } from "../protocol/writes.ts";
import { mayStillStart, runTask } from "./body.ts";
import { chargeAttempt } from "./budget.ts";
import { createCommitter, type Outcome } from "./committing.ts";
import { askerOf, asRepair, type Delivery, timeRemains } from "./delivery.ts";
import { driveNodes, lookThenSend } from "./drive.ts";
import { callbackSent, type Step, taskClaimed } from "./events.ts";
import { keepLeases } from "./lease.ts";
import { leaseFor, ownOutcome } from "./outcomes.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { sendNodes } from "./sending.ts";

/** What became of an attempt: recorded and driven on from, or its lease was lost before that. */
export type Attempted = { readonly kind: "done" } | { readonly kind: "lost"; readonly image: Image | undefined };

/** Attempts of one item in one delivery: they share heartbeats and commits. */
export interface Attempts {
  /** @param ended - Called when its body runs no more: what follows is records. Not called when that is an error. */
  run(member: Located, lease: OwnLease, ended?: () => void): Promise<Attempted>;
}

/** Rounds of writing a failure against other writers before the delivery is returned. */
const rounds = 20;

const done: Attempted = { kind: "done" };

export function createAttempts(delivery: Delivery): Attempts {
  const keepers = keepLeases(delivery);
  const commit = createCommitter(delivery);
  return {
    run: (member, lease, ended) => inTrace(delivery, member.node, () => run(member, lease, ended)),
  };

  async function run(member: Located, lease: OwnLease, ended = () => {}): Promise<Attempted> {
    if (!(await mayStillStart(delivery, member.node))) return done;
    const result = await runTask(delivery, member, lease, keepers);
    ended();
    if (result.kind === "not-started") return done;
    if (result.kind === "failed") return fail(member, lease, result.failure);
    const { node, place, join } = member;
    const outcome: Outcome = { node, place, join, lease, outcome: result.outcome };
    const committed = await commit(outcome);
    return committed.applied ? done : afterLosing(delivery, outcome, committed.image);
  }

  /** It is taken that nobody else is at work: a copy may have come since, and then the write is refused and shows it. */
  async function fail(member: Located, lease: OwnLease, failure: FailedAttempt): Promise<Attempted> {
    const fraction = delivery.deps.ids.fraction();
    let row: FailedRow = lease.isCopy ? { kind: "give-way" } : { kind: "last", counts: lease };
    for (let round = 0; round < rounds; round++) {
      const met = await perform(member, lease, { failure, fraction }, row);
      if (met.kind !== "refused") return met;
      row = delivery.deps.protocol.failedRow(slotIn(member.place, met.image), lease, askerOf(delivery));
      if (row.kind === "gone") return met.outcome ? afterLosing(delivery, met.outcome, met.image) : lost(met.image);
    }
    throw new StoreError(`run ${delivery.run.id}: ${member.node.id} kept changing`);
  }

  async function perform(
    member: Located,
    lease: OwnLease,
    failed: { readonly failure: FailedAttempt; readonly fraction: number },
    row: Exclude<FailedRow, { kind: "gone" }>,
  ): Promise<Attempted | Refused> {
    const { place } = member;
    const { generation } = delivery.run;
    if (row.kind === "give-way") {
      const result = await delivery.run.write(giveWayWrite(generation, place, lease), "slot.give-way");
      return result.applied ? done : { kind: "refused", image: result.image };
    }
    if (row.kind === "promote") {
      const copy = leaseOfCopy(row.seen) as LeasedSlot;
      const result = await delivery.run.write(promoteWrite(generation, place, row.seen, copy), "slot.promote");
      return result.applied ? done : { kind: "refused", image: result.image };
    }
    return failLast(member, lease, failed, row);
  }

  /** Another attempt, or the end of the task. */
  async function failLast(
    member: Located,
    lease: OwnLease,
    { failure, fraction }: { readonly failure: FailedAttempt; readonly fraction: number },
    { counts, seen }: Extract<FailedRow, { kind: "last" }>,
  ): Promise<Attempted | Refused> {
    const { node, place, join } = member;
    const { error } = failure;
    const after = delivery.deps.protocol.afterFailure(node.retry, counts, failure, fraction);
    const refused = after.kind === "retry" ? await chargeAttempt(delivery, node, counts, error) : undefined;
    const { attempt, lost } = counts;
    if (after.kind === "retry" && refused === undefined) {
      const waited = await waitForRetry(
        delivery,
        member,
        { ...lease, attempt, lost },
        { ...after, error },
        { lease, seen },
      );
      return waited.kind === "lost" ? { kind: "refused", image: waited.image } : waited;
    }
    const what =
      after.kind === "retry" ? { status: "FAILED" as const, error: refused ?? error } : { status: after.status, error };
    const outcome: Outcome = {
      node,
      place,
      join,
      lease,
      seen,
      outcome: ownOutcome(delivery, { ...lease, attempt, lost }, what),
    };
    const committed = await commit(outcome);
    return committed.applied ? done : { kind: "refused", image: committed.image, outcome };
  }
}

/** What a failure was to be recorded by, and met something else. */
interface Refused {
  readonly kind: "refused";
  readonly image: Image | undefined;
  /** Set when it was to end the task. */
  readonly outcome?: Outcome;
}

function lost(image: Image | undefined): Attempted {
  return { kind: "lost", image };
}

/** What an attempt leads to is in the trace of its run too: its join, and what follows. */
async function inTrace<T>({ deps, run }: Delivery, node: PlanNode, attempt: () => Promise<T>): Promise<T> {
  if (deps.tracing === undefined) return attempt();
  const parent = (await run.head())?.parent;
  return deps.tracing.within(traceOf(parent?.run ?? run.id, node.headers), attempt);
}

/** A refused commit: settled already, by an earlier copy of this write or by others, who may be dead; or taken over. */
async function afterLosing(
  delivery: Delivery,
  { node, place, join, lease, outcome }: Outcome,
  image: Image | undefined,
): Promise<Attempted> {
  const slot = slotIn(place, image);
  if (slot.state !== "settled" || image === undefined) return { kind: "lost", image };
  // This delivery may have ended the task itself, for a chord that needs it no more.
  const mine = slot.owner === lease.owner && slot.status === outcome.status;
  if (!mine && slot.attempt === lease.attempt && slot.late === undefined) {
    const { attempt } = lease;
    const { status } = outcome;
    const write = lateWrite(delivery.run.generation, place, attempt, status);
    await delivery.run.write(write, "slot.late", { event: "late", node: node.id, attempt, status });
  }
  await driveNodes(delivery, [{ node, place, join, slot }], image, asRepair);
  return done;
}

/**
 * Another attempt. Recorded first, then sent: a death between the two is found by the redelivered message, and by the sweeper.
 *
 * @param counted - The lease with the attempts that count as claimed and lost.
 * @param fence - The lease itself, and the state it was seen in where it was not alone.
 */
export async function waitForRetry(
  delivery: Delivery,
  { node, place }: Located,
  counted: LeasedSlot,
  retry: { readonly delayMs: number; readonly error: StoredError },
  fence: { readonly lease: OwnLease; readonly seen?: LeasedSlot | undefined } = { lease: counted },
): Promise<Attempted> {
  const dispatch = counted.dispatch + 1;
  const atMs = delivery.deps.clock.now() + retry.delayMs;
  const timer = retry.delayMs > limits.messageDelaySeconds * 1000;
  const { attempt, lost } = counted;
  const waiting = { state: "waiting", dispatch, attempt, lost, atMs, timer, error: retry.error } as const;
  const step: Step = { event: "retried", node: node.id, attempt, startsAtMs: atMs, error: retry.error.name };
  const result = await delivery.run.write(
    waitWrite(delivery.run.generation, place, { ...fence, waiting }),
    "slot.wait",
    step,
  );
  if (!result.applied) return { kind: "lost", image: result.image };
  delivery.deps.metrics.count("tasks.retried", 1);
  await sendNodes(delivery, [{ nodes: [node], dispatch, atMs }], "retry.send");
  return done;
}

/** A ready successor, run under the token in hand. Who loses it looks and sends like any driver. */
export async function handleCarried(delivery: Delivery, node: PlanNode): Promise<void> {
  const head = await delivery.run.head();
  if (!head || !delivery.deps.protocol.mayStart(head, node.afterEnd)) return;
  // It may have waited for its turn since: another process has the time.
  if (!timeRemains(delivery, node)) return lookThenSend(delivery, node);
  const member = await locate(delivery, node);
  const { place } = member;
  const lease = leaseFor(delivery, { dispatch: 1, attempt: 1, lost: 0 });
  const claim = claimWrite(delivery.run.generation, [{ place, seen: { state: "absent" }, lease }]);
  const result = await delivery.run.write(claim, "slot.carry", taskClaimed(node, lease), ...callbackSent(node));
  const slot = slotIn(place, result.image);
  const mine = slot.state === "leased" && slot.owner === delivery.owner;
  const attempted = mine ? await createAttempts(delivery).run(member, slot) : undefined;
  if (attempted?.kind !== "done") await lookThenSend(delivery, node);
}
