/**
 * A child run and its parent: the child follows, and says what it has come to (protocol/child.ts).
 *
 * Whoever ends, pauses or resumes a run sends one message, and its children are gone through here. Where that message was
 * never sent, the sweeper's visit of the child finds what it owes.
 */
import type { RunId } from "../model/ids.ts";
import { childIn, childOf, owedToParent, type ParentView } from "../protocol/child.ts";
import { type Head, pauseWrite, resumeWrite } from "../protocol/head.ts";
import { slotOf } from "../protocol/snapshot.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead, readParent, readSnapshot } from "../records/snapshots.ts";
import { deliveryFor } from "./asked.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { endRun } from "./drive.ts";
import { restart } from "./restart.ts";
import { sendMap } from "./sending.ts";

/** Which children of a run: those that it waits for, or also those that have ended. */
export type Which = "open" | "all";

/** Lets a run do as its parent does, then its children as it does itself. Repeatable. */
export async function followAll(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  which: Which = "open",
): Promise<void> {
  if (head.parent) await followParent(deps, plans, head, await readParent(deps.store, head.parent), which);
  const now = head.parent ? await readHead(deps.store, head.runId) : head;
  if (now?.maps) await followInside(deps, plans, now, which);
}

/**
 * Lets the children of a run do as it does.
 *
 * @param which - When a run goes on, also those that have ended: they may have been paused with error callbacks to call.
 */
export async function followInside(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  which: Which = "open",
): Promise<void> {
  const of = which === "all" ? childIn : childOf;
  for (const child of await childrenIn(deps, plans, head, of)) {
    const found = await readHead(deps.store, child);
    if (found) await followAll(deps, plans, found, which);
  }
}

async function childrenIn(
  deps: CoordinatorDeps,
  plans: PlanCache,
  head: Head,
  of: typeof childOf,
): Promise<readonly RunId[]> {
  const snapshot = await readSnapshot(deps.store, plans, head);
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    const child = node.map === undefined ? undefined : of(slotOf(snapshot, node));
    return child === undefined ? [] : [child];
  });
}

async function followParent(
  deps: CoordinatorDeps,
  plans: PlanCache,
  child: Head,
  view: ParentView,
  which: Which,
): Promise<void> {
  const { parent } = child;
  if (parent === undefined) return;
  const owed = owedToParent(child, view);
  switch (owed) {
    case "revoke": {
      const message = `run ${parent.run} does not wait for its map ${parent.node} any more`;
      await endRun(deliveryFor(deps, plans, child), { status: "REVOKED", error: { name: "revoked", message } });
      const now = child.pausedAtMs === undefined ? undefined : await readHead(deps.store, child.runId);
      // What its own maps have come to waits for it to go on.
      return now && owedToParent(now, view) === "resume" ? resumeWith(deps, plans, now) : undefined;
    }
    case "pause":
      return pauseWith(deps, child, view.head as Head);
    case "resume":
      return resumeWith(deps, plans, child);
    case "tell":
      await sendMap(deps, parent, parent.fairnessKey, "parent.send");
      break;
    case undefined:
  }
  // Who resumed it, by a delivery of this very request, may have died before anything was sent.
  if (which === "all" && child.restartedAtMs !== undefined && child.pausedAtMs === undefined)
    await restart(deps, plans, child);
}

async function pauseWith(deps: CoordinatorDeps, child: Head, parent: Head): Promise<void> {
  const { generation, pausedBy: seenPausedBy } = child;
  const by = parent.pausedBy ?? parent.runId;
  const write = pauseWrite(child.runId, { generation, by, atMs: deps.clock.now(), seenPausedBy });
  await deps.store.write(write, "head.pause");
}

/** What came during the pause was dropped, so everything open is sent again. */
async function resumeWith(deps: CoordinatorDeps, plans: PlanCache, child: Head): Promise<void> {
  const { generation, pausedBy: seenPausedBy } = child;
  const atMs = deps.clock.now();
  const dueMs = atMs + deps.settings.sweepSeconds * 1000;
  await deps.store.write(resumeWrite(child.runId, { generation, atMs, seenPausedBy, dueMs }), "head.resume");
  const now = await readHead(deps.store, child.runId);
  if (now && now.pausedAtMs === undefined) await restart(deps, plans, now);
}
