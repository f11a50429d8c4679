/**
 * Reports of programs elsewhere, held against the attempt they were given (protocol/outside.ts).
 *
 * Order of effects as for an attempt that runs here (S13): value item → commit → drive on, or wait → send. A report that comes
 * again drives on from what it finds. One that is not of the attempt that runs changes nothing and is kept as rejected.
 */
import { InvalidRequestError, StoreError } from "../errors.ts";
import { taskIdOf } from "../model/ids.ts";
import type { AttemptToken, ReportRequest } from "../model/outside.ts";
import { type ParsedReport, parseReport } from "../plan/parse-report.ts";
import type { Image, ReceivedMessage } from "../ports/index.ts";
import { isTombstone } from "../protocol/head.ts";
import type { ReportRow } from "../protocol/outside.ts";
import type { LeasedSlot, SettledSlot } from "../protocol/slot.ts";
import { heartbeatWrite } from "../protocol/writes.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import { storedError, storeValue } from "../records/values.ts";
import { waitForRetry } from "./attempt.ts";
import { inlineBytesOf } from "./body.ts";
import { chargeAttempt, isBudgetError } from "./budget.ts";
import { asRepair, createDelivery, type Delivery } from "./delivery.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { driveNodes } from "./drive.ts";
import { outsideUntil, settleOutside } from "./outside.ts";
import { type Located, locate, slotIn } from "./places.ts";
import { openRun } from "./run.ts";
import { sendNodes } from "./sending.ts";

/** Rounds of judging and writing against other writers before the delivery is returned. */
const rounds = 20;

/** Handles a report. @throws InvalidRequestError when it is wrong, or not of the attempt that runs */
export async function handleReport(deps: CoordinatorDeps, plans: PlanCache, message: ReceivedMessage): Promise<void> {
  const parsed = parseReport(message.body);
  const { delivery, member } = await openReport(deps, plans, parsed.token);
  for (let round = 0; round < rounds; round++) {
    const image = await deps.store.get(member.place.key, "report.read");
    const row = deps.protocol.reportRow(slotIn(member.place, image), parsed.token);
    if ((await perform({ delivery, member, ...parsed, image }, row)) === "done") return;
  }
  throw new StoreError(`run ${delivery.run.id}: ${member.node.id} kept changing`);
}

/** The task a token names. @throws InvalidRequestError when there is none */
async function openReport(
  deps: CoordinatorDeps,
  plans: PlanCache,
  token: AttemptToken,
): Promise<{ readonly delivery: Delivery; readonly member: Located }> {
  const { run: id, generation, dispatch } = token;
  const head = await readHead(deps.store, id);
  if (head === undefined || isTombstone(head)) throw refused(token, "there is no such run");
  if (head.removeAtMs !== undefined) throw refused(token, "the run is to be removed");
  if (head.generation !== generation) throw refused(token, `the run is at generation ${head.generation}`);
  const run = openRun(deps, plans, new Map(), { id, generation, plan: { hash: head.planHash, pages: head.planPages } });
  run.noteHead(head);
  const { nodes } = await run.plan.whole();
  const node = Object.hasOwn(nodes, token.node) ? nodes[token.node] : undefined;
  if (node?.outside !== true) throw refused(token, "the run has no such task that runs elsewhere");
  const delivery = createDelivery(deps, run, {
    token: { run: id, generation, node: `report ${token.node}`, dispatch },
    ofUnit: true,
  });
  return { delivery, member: await locate(delivery, node) };
}

/** A report that changes nothing. */
function refused({ run, node, attempt, generation }: AttemptToken, why: string): InvalidRequestError {
  const of = `attempt ${attempt} of ${taskIdOf(run, node)}${generation > 1 ? ` in generation ${generation}` : ""}`;
  return new InvalidRequestError("token", undefined, `must be of an attempt that runs, not ${of}: ${why}`);
}

interface Reported extends ParsedReport {
  readonly delivery: Delivery;
  readonly member: Located;
  /** The task's item as it was found. */
  readonly image: Image | undefined;
}

/** Whether the report is dealt with, or its task has changed meanwhile. */
type Done = "done" | "again";

async function perform(reported: Reported, row: ReportRow): Promise<Done> {
  const { delivery, member, report, token, image } = reported;
  switch (row.kind) {
    case "accept":
      return accept(reported, row.lease);
    case "refuse":
      throw refused(token, row.why);
    case "past":
      if (report.status === "succeeded") throw refused(token, "it has failed");
      return "done";
    case "retried": {
      if (report.status === "succeeded") throw refused(token, "it has failed");
      if (report.status === "heartbeat") return "done";
      const { dispatch, atMs } = row.slot;
      await sendNodes(delivery, [{ nodes: [member.node], dispatch, atMs }], "node.resend");
      return "done";
    }
    case "settled":
      if (report.status === "heartbeat") return "done";
      if (!(await isSame(reported, report, row.slot))) throw refused(token, `it has ended ${row.slot.status}`);
      await driveNodes(delivery, [{ ...member, slot: row.slot }], image as Image, asRepair);
      return "done";
  }
}

async function accept(reported: Reported, lease: LeasedSlot): Promise<Done> {
  const { delivery, member, report } = reported;
  if (report.status === "heartbeat") return extend(reported, lease);
  if (report.status === "failed") return fail(reported, report, lease);
  const value = await stored(reported, report);
  const committed = await settleOutside(delivery, member, lease, value);
  return committed.applied ? "done" : "again";
}

/** The lease to a whole time-out from now, with what the program says of itself. */
async function extend({ delivery, member, report }: Reported, lease: LeasedSlot): Promise<Done> {
  const { place, node } = member;
  const details = report.status === "heartbeat" ? report.details : undefined;
  const beat = { place, lease, details: details === undefined ? undefined : JSON.stringify(details) };
  const times = { atMs: delivery.deps.clock.now(), untilMs: outsideUntil(delivery, node) };
  const result = await delivery.run.write(heartbeatWrite(delivery.run.generation, [beat], times), "report.heartbeat");
  const slot = slotIn(place, result.image);
  // One that met a later heartbeat needs nothing.
  const extended = slot.state === "leased" && slot.attempt === lease.attempt && slot.untilMs >= times.untilMs;
  return result.applied || extended ? "done" : "again";
}

type Failed = Extract<ReportRequest, { status: "failed" }>;
type Succeeded = Extract<ReportRequest, { status: "succeeded" }>;

async function fail({ delivery, member }: Reported, report: Failed, lease: LeasedSlot): Promise<Done> {
  const { deps } = delivery;
  const error = errorOf(report);
  const { retryable = true, afterSeconds } = report;
  const failure = { error, retryable, timedOut: false, ...(afterSeconds === undefined ? {} : { afterSeconds }) };
  const after = deps.protocol.afterFailure(member.node.retry, lease, failure, deps.ids.fraction());
  if (after.kind === "settle") return settle({ delivery, member }, lease, { status: after.status, error });
  const refused = await chargeAttempt(delivery, member.node, lease, error);
  if (refused) return settle({ delivery, member }, lease, { status: "FAILED", error: refused });
  const retry = { kind: "retry", delayMs: after.delayMs, error } as const;
  return (await waitForRetry(delivery, member, lease, retry)).kind === "done" ? "done" : "again";
}

async function settle(
  { delivery, member }: Pick<Reported, "delivery" | "member">,
  lease: LeasedSlot,
  what: Pick<SettledSlot, "status" | "error">,
): Promise<Done> {
  const committed = await settleOutside(delivery, member, lease, what);
  return committed.applied ? "done" : "again";
}

/** The error as it is stored: cut where it is too long. */
function errorOf({ error: { name, message } }: Failed): ReturnType<typeof storedError> {
  return storedError(Object.assign(new Error(message), { name }));
}

/** What a success is recorded as; its value is stored by then. */
async function stored(
  { delivery: { deps, run }, member }: Reported,
  report: Succeeded,
): Promise<Pick<SettledSlot, "status" | "value" | "error">> {
  const inlineBytes = inlineBytesOf(member.join);
  const value = await storeValue(deps.store, run.id, report.result ?? null, inlineBytes, deps.partBytes);
  if (value.kind === "refused") return { status: "FAILED", error: value.error };
  return { status: "SUCCEEDED", value: value.value };
}

/** Whether a settled task says what the report says: then it came with an earlier copy of it. */
async function isSame(reported: Reported, report: Failed | Succeeded, slot: SettledSlot): Promise<boolean> {
  if (report.status === "succeeded") {
    const { status, value } = await stored(reported, report);
    return status === slot.status && sameJson(value, slot.value);
  }
  // A failure that the budget let nobody try again was reported so as well.
  return slot.status !== "SUCCEEDED" && (isBudgetError(slot.error) || sameJson(errorOf(report), slot.error));
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
