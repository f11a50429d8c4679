/**
 * One run as a delivery sees it: its head, its plan, and writes that belong to its generation.
 */
import { StoreError } from "../errors.ts";
import type { RunId } from "../model/ids.ts";
import type { PlanFragment } from "../plan/types.ts";
import type { Image, Write, WriteResult } from "../ports/index.ts";
import type { Head } from "../protocol/head.ts";
import { generationOf } from "../protocol/writes.ts";
import { type PlanCache, type PlanRef, type PlanView, planView } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { type Step, tell } from "./events.ts";

/** A head read older than this is read again before any claim (S9). */
const headFreshMs = 60_000;

/**
 * The item in hand belongs to a newer generation: this delivery is stale. It writes nothing more, sends nothing more and
 * is acknowledged (docs/protocol.md#slot-states-and-conditions, guard G).
 */
export class StaleGeneration extends Error {
  override readonly name = "StaleGeneration";
}

/** The item in hand is left from an older generation. The retry opens it again, or the sweeper where that has died (G22). */
export class NotReopenedError extends StoreError {
  constructor(
    run: RunId,
    readonly image: Image,
  ) {
    super(`run ${run}: an item of generation ${generationOf(image)} is not reopened yet`);
  }
}

/** A run during one delivery. */
export interface RunHandle {
  readonly id: RunId;
  readonly generation: number;
  readonly plan: PlanView;
  /**
   * The head, read at most a minute ago, or as recently as asked for; read now when it is paused. Undefined when the run was
   * removed.
   *
   * @throws StaleGeneration when the run is at a newer generation than this delivery.
   */
  head(freshMs?: number): Promise<Head | undefined>;
  /** Keeps what a write of ours, or a refused one, has shown of the head. */
  noteHead(head: Head): void;
  /**
   * Performs a guarded write. Where it applies, the steps that it records are told.
   *
   * @throws StaleGeneration when a newer generation owns the item; NotReopenedError when an older one does.
   */
  write(write: Write, site: string, ...steps: readonly Step[]): Promise<WriteResult>;
}

/** Heads read by one batch: one strong read per run. */
export type HeadCache = Map<RunId, Promise<{ readonly head: Head | undefined; readonly readAtMs: number }>>;

export interface OpenRun {
  readonly id: RunId;
  readonly generation: number;
  readonly plan: PlanRef;
  readonly fragment?: PlanFragment;
}

export function openRun(deps: CoordinatorDeps, plans: PlanCache, heads: HeadCache, opened: OpenRun): RunHandle {
  const read = () => {
    // As old as the question: the process may have stood still before it had the answer.
    const readAtMs: number = deps.clock.now();
    const reading = readHead(deps.store, opened.id).then((head) => ({ head, readAtMs }));
    heads.set(opened.id, reading);
    return reading;
  };
  return {
    id: opened.id,
    generation: opened.generation,
    plan: planView(plans, opened.id, opened.plan, opened.fragment),
    async head(freshMs = headFreshMs) {
      const cached = await (heads.get(opened.id) ?? read());
      // Whoever resumes a run sends what was dropped before: nothing may be dropped on a pause that is over by now.
      const doubtful = deps.clock.now() - cached.readAtMs > freshMs || cached.head?.pausedAtMs !== undefined;
      const { head } = doubtful ? await read() : cached;
      if (head !== undefined && head.generation > opened.generation)
        throw new StaleGeneration(`run ${opened.id} is at generation ${head.generation}`);
      return head;
    },
    noteHead(head) {
      heads.set(opened.id, Promise.resolve({ head, readAtMs: deps.clock.now() }));
    },
    async write(write, site, ...steps) {
      const result = await deps.store.write(write, site);
      if (result.applied) tell(deps, opened, site, steps);
      else checkGeneration(opened, result.image);
      return result;
    },
  };
}

function checkGeneration(opened: OpenRun, image: Image | undefined): void {
  const found = generationOf(image);
  if (found === undefined || found === opened.generation) return;
  if (found > opened.generation) throw new StaleGeneration(`run ${opened.id} is at generation ${found}`);
  throw new NotReopenedError(opened.id, image as Image);
}
