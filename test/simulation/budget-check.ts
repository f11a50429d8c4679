/**
 * What must hold of budgets at rest: no more is there, or was started, than was counted, and no more counted than allowed.
 */
import { usedIn } from "../../lib/protocol/budget.ts";
import { decodeHead, type Head, isTombstone } from "../../lib/protocol/head.ts";
import { budgetKey } from "../../lib/protocol/keys.ts";
import type { World } from "./world.ts";

/** Every run that has used more than its budget, in words. */
export function budgetFaults(world: World): string[] {
  const items = world.store.dump();
  const heads = items.filter(({ key }) => key.sk === "head").map(({ key, image }) => decodeHead(key.pk, image));
  return heads.flatMap((root) => {
    if (root.budget?.kind !== "own" || isTombstone(root)) return [];
    const { limits, plannedNanoUsd } = root.budget;
    const { pk, sk } = budgetKey(root.runId);
    const image = items.find(({ key }) => key.pk === pk && key.sk === sk)?.image;
    const planned = { tasks: root.taskCount, attempts: root.taskCount, nanoUsd: plannedNanoUsd };
    const used = usedIn({ planned }, image);
    const runs = heads.filter((head) => head === root || isPart(head, root));
    const tasks = runs.reduce((sum, { taskCount }) => sum + taskCount, 0);
    const started = world.entries.filter(({ taskId }) => runs.some(({ runId }) => taskId.startsWith(`${runId}/`)));
    const handedOut = new Set(world.outsideMessages.map(({ token }) => token)).size;
    const attempts = started.length + handedOut;
    return [
      ...(tasks > used.tasks ? [`B1: ${root.runId} has ${tasks} tasks, counted are ${used.tasks}`] : []),
      ...(attempts > used.attempts
        ? [`B1: ${root.runId} began ${attempts} attempts, counted are ${used.attempts}`]
        : []),
      ...(used.tasks > (limits.tasks ?? Infinity) ? [`B2: ${root.runId} counts ${used.tasks} tasks`] : []),
      ...(used.attempts > (limits.attempts ?? Infinity) ? [`B2: ${root.runId} counts ${used.attempts} attempts`] : []),
      ...(used.nanoUsd > (limits.nanoUsd ?? Infinity) ? [`B2: ${root.runId} counts ${used.nanoUsd} nano-dollars`] : []),
    ];
  });
}

function isPart({ budget }: Head, root: Head): boolean {
  return budget?.kind === "of" && budget.run === root.runId;
}
