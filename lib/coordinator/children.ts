/**
 * A child run and its parent: the child follows, and says what it has come to (protocol/child.ts).
 *
 * Whoever ends, pauses or resumes a run sends one message, and its children are gone through here. Where that message was
 * never sent, the sweeper's visit of the child finds what it owes.
 */
import type { RunId } from "../model/ids.ts";
import { childOf, owedToParent, type ParentView } from "../protocol/child.ts";
import { type Head, pauseWrite, resumeWrite } from "../protocol/head.ts";
import { slotOf } from "../protocol/snapshot.ts";
import type { PlanCache } from "../records/plans.ts";
import { readHead, readParent, readSnapshot } from "../records/snapshots.ts";
import { deliveryFor } from "./asked.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { endRun } from "./drive.ts";
import { restart } from "./restart.ts";
import { sendMap } from "./sending.ts";

/** Lets a run do as its parent does, then its children as it does itself. Repeatable. */
export async function followAll(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<void> {
  if (head.parent) await followParent(deps, plans, head, await readParent(deps.store, head.parent));
  const now = head.parent ? await readHead(deps.store, head.runId) : head;
  if (now?.maps) await followInside(deps, plans, now);
}

/** Lets the open children of a run do as it does. */
export async function followInside(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<void> {
  for (const child of await openChildren(deps, plans, head)) {
    const found = await readHead(deps.store, child);
    if (found) await followAll(deps, plans, found);
  }
}

async function openChildren(deps: CoordinatorDeps, plans: PlanCache, head: Head): Promise<RunId[]> {
  const snapshot = await readSnapshot(deps.store, plans, head);
  return Object.values(snapshot.plan.nodes).flatMap((node) => {
    const child = node.map === undefined ? undefined : childOf(slotOf(snapshot, node));
    return child === undefined ? [] : [child];
  });
}

async function followParent(deps: CoordinatorDeps, plans: PlanCache, child: Head, view: ParentView): Promise<void> {
  const { parent } = child;
  if (parent === undefined) return;
  const owed = owedToParent(child, view);
  switch (owed) {
    case "tell":
      return sendMap(deps, parent, parent.fairnessKey, "parent.send");
    case "revoke": {
      const message = `run ${parent.run} does not wait for its map ${parent.node} any more`;
      return endRun(deliveryFor(deps, plans, child), { status: "REVOKED", error: { name: "revoked", message } });
    }
    case "pause":
      return pauseWith(deps, child, view.head as Head);
    case "resume":
      return resumeWith(deps, plans, child);
    case undefined:
      return;
  }
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
