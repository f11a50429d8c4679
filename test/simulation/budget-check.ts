/**
 * What must hold of budgets at rest: no more is there, or was started, than was counted, and no more counted than allowed.
 */
import type { Item } from "../../lib/ports/index.ts";
import { usedIn } from "../../lib/protocol/budget.ts";
import { decodeHead, type Head, isTombstone } from "../../lib/protocol/head.ts";
import { budgetKey } from "../../lib/protocol/keys.ts";
import { countsOf, decodeSlot } from "../../lib/protocol/slot.ts";
import type { Seen } from "./oracle.ts";

/** Every run that has used more than its budget, in words. */
export function budgetFaults(world: Pick<Seen, "store" | "entries">): string[] {
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
    // A claim is an attempt too where nobody entered it: by a worker that died, or for a program elsewhere.
    const isOfRuns = ({ key }: Item) => runs.some(({ runId }) => key.pk === runId || key.pk.startsWith(`${runId}#`));
    const claimed = items.filter(isOfRuns).reduce((sum, item) => sum + claimsIn(item), 0);
    const attempts = Math.max(started.length, claimed);
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

/** Attempts of tasks in their newest generation. */
function claimsIn({ key, image }: Item): number {
  if (!/^(?:tally|node)#/.test(key.sk)) return 0;
  return Object.keys(image)
    .filter((name) => /^s\d+$/.test(name))
    .reduce((sum, name) => sum + countsOf(decodeSlot(image[name])).attempt, 0);
}

function isPart({ budget }: Head, root: Head): boolean {
  return budget?.kind === "of" && budget.run === root.runId;
}
