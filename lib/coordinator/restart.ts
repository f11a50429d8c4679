/**
 * A run goes on: after a pause, or as a new generation. What was sent before is gone, so everything open is sent again.
 *
 * Looks before it sends, as any driver that is not the first: a copy of the request that died here does no more than send
 * what nobody has taken yet once more.
 */
import type { NodeId } from "../model/ids.ts";
import type { Plan, PlanNode } from "../plan/types.ts";
import type { Head } from "../protocol/head.ts";
import { hasLanes } from "../protocol/lanes.ts";
import { outsideOwner } from "../protocol/outside.ts";
import { type Released, releasedOf } from "../protocol/released.ts";
import type { LeasedSlot } from "../protocol/slot.ts";
import { nodeOf, rangeSlot, type Snapshot, slotOf } from "../protocol/snapshot.ts";
import type { PlanCache } from "../records/plans.ts";
import { readSnapshot } from "../records/snapshots.ts";
import { deliveryFor } from "./asked.ts";
import { askerOf, type Delivery } from "./delivery.ts";
import { type CoordinatorDeps, diagnoseSettings } from "./deps.ts";
import { sendRanges } from "./release.ts";
import { reopenRun } from "./reopen.ts";
import { applyRepair } from "./repair.ts";
import { firstSend, type NodeSend, sendNodes } from "./sending.ts";

/** Opens again what a new generation takes over, drives on what is settled, and sends what is open. Repeatable. */
export async function restart(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<void> {
  const delivery = deliveryFor(deps, plans, head);
  await reopenRun(delivery);
  const snapshot = await readSnapshot(deps.store, plans, head);
  const { findings } = deps.protocol.diagnose(snapshot, deps.clock.now(), diagnoseSettings(deps));
  for (const { repair } of findings) await applyRepair(delivery, repair);
  // A lane may have come further by a repair.
  const mended = findings.length > 0 && hasLanes(snapshot.plan);
  await sendOpen(delivery, mended ? await readSnapshot(deps.store, plans, head) : snapshot);
}

/**
 * What a range has sent may have been dropped during the pause, and its end, which comes later, would say that all is sent:
 * so what it starts is sent from here, whether its owner has come to that or not.
 */
async function sendOpen(delivery: Delivery, snapshot: Snapshot): Promise<void> {
  const released = releasedOf(snapshot, "begun");
  await sendNodes(delivery, openNodes(delivery, snapshot, released), "restart.send");
  for (const { list, range } of released.ranges) {
    const slot = rangeSlot(snapshot, list, range);
    const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), 0);
    const send = slot.state === "leased" ? heldSend(delivery, slot) : row.kind === "send" ? row : undefined;
    if (send) await sendRanges(delivery, list, [{ range, dispatch: send.dispatch, atMs: send.atMs }]);
  }
}

/**
 * Nodes that nobody has begun go together as they did before; the others have a dispatch of their own. A delay counts from the
 * release, however long the run stood still since.
 */
function openNodes(delivery: Delivery, snapshot: Snapshot, released: Released): NodeSend[] {
  const sends: NodeSend[] = [];
  const packs = packsOf(snapshot.plan);
  const together = new Map<object, PlanNode[]>();
  for (const [id, sinceMs] of released.nodes) {
    const node = nodeOf(snapshot, id);
    const slot = slotOf(snapshot, node);
    if (!delivery.deps.protocol.mayStart(snapshot.head, node.afterEnd)) continue;
    if (slot.state === "leased" && node.map === undefined) {
      sends.push({ nodes: [node], ...heldSend(delivery, slot) });
      continue;
    }
    const row = delivery.deps.protocol.driverRow(slot, askerOf(delivery), 0);
    if (row.kind !== "send") continue;
    const pack = slot.state === "absent" ? packs.get(id) : undefined;
    if (pack === undefined)
      sends.push(
        slot.state === "absent"
          ? firstSend([node], sinceMs)
          : { nodes: [node], dispatch: row.dispatch, atMs: row.atMs },
      );
    else together.set(pack, [...(together.get(pack) ?? []), node]);
  }
  const nowMs = delivery.deps.clock.now();
  return [...sends, ...[...together.values()].map((nodes) => firstSend(nodes, nowMs))];
}

/**
 * The message that a lease came with may have been dropped during the pause: by a copy of it, or by its own worker that met
 * the pause before the first line of code. So another one finds out when the lease is over. What was claimed for a program
 * elsewhere may not have been handed to it: that is made sure of now.
 */
function heldSend({ deps }: Delivery, lease: LeasedSlot): Pick<NodeSend, "dispatch" | "atMs"> {
  const { dispatch, owner, untilMs } = lease;
  const isOutside = owner === outsideOwner;
  return { dispatch, atMs: isOutside ? deps.clock.now() : untilMs + deps.settings.clockSkewSeconds * 1000 };
}

/** The pack that each packed node is in. */
function packsOf(plan: Plan): ReadonlyMap<NodeId, object> {
  const packs = new Map<NodeId, object>();
  for (const start of Object.values(plan.releases).flat()) {
    if (start.kind !== "pack") continue;
    for (const index of start.members) {
      const source = plan.members[start.join]?.[index];
      if (source?.kind === "node") packs.set(source.node, start);
    }
  }
  return packs;
}
