/**
 * Bounded concurrency as it is seen while it happens (B1): whenever a body is entered, members of no map are at work that are
 * more than it allows.
 */
import { decodeHead } from "../../lib/protocol/head.ts";
import { createPlanCache } from "../../lib/records/plans.ts";
import { tooManyAtOnce } from "../simulation/lane-check.ts";
import type { Entry } from "../simulation/world.ts";
import type { Process } from "./calls.ts";
import { nameOf, type Table } from "./table.ts";

interface Running extends Entry {
  readonly process: Process;
}

export interface AtOnce {
  /** A body is entered. @returns What it calls when it ends. */
  enter(entry: Entry, process: Process): Promise<() => void>;
  /** Whether bodies of a run with such a map were ever at work at the same time. */
  sideBySide(): boolean;
}

export function createAtOnce(table: Table, wrong: (what: readonly string[]) => void): AtOnce {
  const plans = createPlanCache(table.memory);
  const bodies = new Set<Running>();
  let together = false;
  return {
    sideBySide: () => together,
    async enter(entry, process) {
      const body = { ...entry, process };
      bodies.add(body);
      const run = entry.taskId.slice(0, entry.taskId.indexOf("/"));
      const image = table.images.get(nameOf({ pk: run, sk: "head" }))?.image;
      if (image !== undefined && image.removedAt === undefined) {
        const { planHash: hash, planPages: pages } = decodeHead(run, image);
        const plan = await plans.load(run, { hash, pages });
        const alive = [...bodies].filter(({ taskId, process: of }) => !of.dead && taskId.startsWith(`${run}/`));
        if (hasBounds(plan)) {
          together ||= alive.length > 1;
          wrong(tooManyAtOnce(plan, [...table.images.values()], alive, entry));
        }
      }
      return () => void bodies.delete(body);
    },
  };
}

function hasBounds({ joins }: Awaited<ReturnType<ReturnType<typeof createPlanCache>["load"]>>): boolean {
  return Object.values(joins).some(({ maxConcurrency }) => maxConcurrency !== undefined);
}
