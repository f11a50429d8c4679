/**
 * Bounded concurrency as it is seen. Whenever a body is entered, members of no join are at work that are more than it allows.
 *
 * Two workers on one member, the first of which was taken for dead, are one member. A member that others have settled, by a
 * revoke or a deadline, has ended, though its body may not know yet; so has a body of an older generation.
 */
import type { Plan, PlanJoin } from "../../lib/plan/types.ts";
import type { Item } from "../../lib/ports/index.ts";
import { memberPlace } from "../../lib/protocol/keys.ts";
import { memberAround } from "../../lib/protocol/lanes.ts";
import { decodeSlot } from "../../lib/protocol/slot.ts";
import { type Snapshot, tallyOf } from "../../lib/protocol/snapshot.ts";
import { topOf } from "../../lib/protocol/tally.ts";
import type { Entry } from "./world.ts";

/** B1. */
export function tooManyAtOnce(
  plan: Plan,
  items: readonly Item[],
  bodies: readonly Entry[],
  { taskId, generation }: Entry,
): string[] {
  const run = taskId.slice(0, taskId.indexOf("/"));
  const pathOf = (body: Entry) => body.taskId.slice(run.length + 1);
  const head = items.find((item) => item.key.pk === run && item.key.sk === "head")?.image;
  // While the run goes on, a member has failed before its error callback is called; after the end nobody records that it has.
  const isOwed = (body: Entry) => head?.status !== "RUNNING" && plan.nodes[pathOf(body)]?.afterEnd;
  const isOpen = (join: PlanJoin, index: number): boolean => {
    const { key, attribute } = memberPlace(run, join, index);
    const image = items.find((item) => item.key.sk === key.sk && item.key.pk === key.pk)?.image;
    return decodeSlot(image?.[attribute]).state !== "settled";
  };
  return Object.values(plan.joins).flatMap((join) => {
    const { maxConcurrency } = join;
    if (maxConcurrency === undefined) return [];
    const members = new Set(
      bodies
        .filter((body) => body.generation === generation && !isOwed(body))
        .flatMap((body) => memberAround(join, pathOf(body)) ?? [])
        .filter((index) => isOpen(join, index)),
    );
    if (members.size <= maxConcurrency) return [];
    return [`B1: members ${[...members].join(", ")} of ${join.id} run at once, ${maxConcurrency} may`];
  });
}

/**
 * B3: after its decision a join starts no more than what was on its way by then: a unit of each lane. Error callbacks inside
 * its members are owed all the same.
 */
export function startedInVain(snapshot: Snapshot, join: PlanJoin, entries: readonly Entry[], skewMs: number): string[] {
  const top = tallyOf(snapshot, join, topOf(join));
  if (join.maxConcurrency === undefined || top?.decidedAt === undefined) return [];
  const run = snapshot.head.runId;
  const entered = new Map<number, number>();
  for (const { taskId, generation, atMs } of entries) {
    if (!taskId.startsWith(`${run}/`)) continue;
    const path = taskId.slice(run.length + 1);
    const index = snapshot.plan.nodes[path]?.afterEnd ? undefined : memberAround(join, path);
    if (index !== undefined && generation === top.g && !entered.has(index)) entered.set(index, atMs);
  }
  const late = [...entered].filter(([, atMs]) => atMs > Number(top.decidedAt) + skewMs).map(([index]) => index);
  if (late.length <= join.maxConcurrency) return [];
  return [`B3: members ${late.join(", ")} of ${join.id} started after it was decided`];
}
