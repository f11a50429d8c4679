/**
 * Runs a random workflow through the real driver, in virtual time, and writes down what was seen of it.
 */

import { z } from "zod";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import { createPortClient } from "../../../lib/client/client.ts";
import { FatalError } from "../../../lib/errors.ts";
import type { Json } from "../../../lib/model/json.ts";
import { slotOf } from "../../../lib/protocol/snapshot.ts";
import { createPlanCache } from "../../../lib/records/plans.ts";
import type { TaskContext } from "../../../lib/tasks/context.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { skip } from "../../../lib/tasks/skip.ts";
import { createHistory } from "../../../lib/testing/history.ts";
import { readRun as reportOf, type TestRun } from "../../../lib/testing/report.ts";
import { brokenInvariants, readRun as recordsOf, unhandled } from "../../simulation/oracle.ts";
import { createWorld, startMs, type Variant, type World } from "../../simulation/world.ts";
import { asOfRun, canExpand, childIn, listTask, overResult, parentFaults } from "./expanded.ts";
import type { Moment } from "./part.ts";
import { runId } from "./policies.ts";
import type { Case } from "./random-case.ts";
import { type Act, messageOf, reasonOf, resultOf, scriptOf } from "./script.ts";

/** How a workflow is run. */
export interface Circumstances {
  /** Of the order of everything. */
  readonly seed: number;
  /** Tasks that one message carries at most. */
  readonly packSize: number;
  /** Tasks that one process runs side by side. */
  readonly tasksPerInvocation: number;
  /** Messages that one process gets at most. */
  readonly batchSize: number;
  readonly leafSize: number;
  readonly fan: number;
  readonly messagesPerRange: number;
  readonly membersPerBucket: number;
  /** Messages that the queue delivers twice, of a hundred. */
  readonly copies: number;
  /** Without it the messages alone must bring the run to its end. */
  readonly sweeper: boolean;
  /** Whether the run is retried once, where it fails. */
  readonly retries: boolean;
  /** Whether a map that is the whole workflow, or its header, gets its list as a result. */
  readonly expands: boolean;
}

/** A body that was entered. */
export interface Entry {
  readonly path: string;
  readonly generation: number;
  readonly attempt: number;
  readonly args: readonly Json[];
  readonly label: string | undefined;
  readonly at: Moment;
  /** What it did, and when; undefined when its process died before. */
  did?: Act;
  end?: Moment;
}

/** What was seen of one generation, when it had come to rest. */
export interface Observed {
  /** When it was asked for. */
  readonly begunAt: Moment;
  readonly run: TestRun;
  readonly endedAtMs: number | undefined;
  /** When each slot was settled, by path. */
  readonly settledAtMs: ReadonlyMap<string, number>;
  /** What `inspect` says of groups and headers that were decided, by path. */
  readonly decisions: ReadonlyMap<string, Decided>;
  /** Tasks that `inspect` marks as settled after their quorum. */
  readonly late: ReadonlySet<string>;
  /** Paths of tasks that are skipped by choice, their own or that of what they need. */
  readonly skipped: ReadonlySet<string>;
  /** Those of this generation. */
  readonly entries: readonly Entry[];
  /** Invariants of the stored items that do not hold. */
  readonly broken: readonly string[];
}

export interface Decided {
  readonly decision: string;
  readonly atMs: number;
}

/** Names of tasks and the queues they are on. */
export const queues = { a: "default", b: "other" } as const;

/**
 * @param variant - A wrong driver, for those who check the checker.
 * @returns What was seen of each generation.
 * @throws Error when the run does not come to rest, or a request was refused.
 */
export async function runCase(
  { workflow, onFailure, circumstances }: Case,
  variant?: Variant,
): Promise<readonly Observed[]> {
  const { seed, packSize, tasksPerInvocation, batchSize, copies, sweeper, retries, expands, ...tallies } =
    circumstances;
  const chance = createSeededIds(seed);
  const entries: Entry[] = [];
  // Each message once: of a chain of sleeps, every copy that ends one sends the next, so copies of copies would double at each.
  const copied = new Set<string>();
  const world = createWorld({
    tasks: (inWorld) => ({
      ...Object.fromEntries(
        Object.entries(queues).map(([name, queue]) => [name, taskOf(name, queue, inWorld, entries)]),
      ),
      [listTask]: defineTask({ name: listTask, args: z.tuple([z.array(z.any())]) }, (_ctx, list) => list as Json),
    }),
    settings: { tasksPerInvocation },
    shape: { ...tallies, tasksPerMessage: () => packSize },
    sweeper,
    batchSize,
    seed,
    choose: (count) => Math.floor(chance.fraction() * count),
    duplicate: ({ body }) => !copied.has(body) && chance.fraction() * 100 < copies && copied.add(body) !== undefined,
    ...(variant === undefined ? {} : { variant }),
  });
  const isExpanded = expands && canExpand(workflow);
  const document = isExpanded ? overResult(workflow) : workflow;
  await world.submit({ tutti: 1, type: "submit", id: runId, requestId: "request-1", onFailure, workflow: document });
  const look = (begunAt: Moment) =>
    isExpanded ? expandedAtRest(world, entries, begunAt, sweeper) : atRest(world, entries, begunAt);
  const first = await look(started);
  if (!retries || first.run.status !== "FAILED") return [first];
  // After all that was seen so far, and before what comes: by the clock too, or a sleep that was kept looks like one of now. By
  // whole seconds, which queues delay by.
  world.clock.advanceTo(world.clock.now() + 1000);
  const begunAt = { atMs: world.clock.now(), sequence: nextSequence(entries) - 1 };
  const retry = { tutti: 1, type: "retry", id: runId, requestId: "request-2", generation: 1 };
  await world.submit(retry);
  // A copy of the request does no more than the request.
  if (copies > 0) await world.submit(retry);
  return [first, await look(begunAt)];
}

export const started: Moment = { atMs: startMs, sequence: 0 };

/** The run that a map has expanded into stands for the run; its parent has to agree. */
async function expandedAtRest(
  world: World,
  entries: readonly Entry[],
  begunAt: Moment,
  sweeper: boolean,
): Promise<Observed> {
  await settle(world);
  const child = childIn(world);
  const seen = await atRest(world, entries, begunAt, child);
  return {
    ...seen,
    run: asOfRun(seen.run, child),
    entries: seen.entries.map((entry) => ({ ...entry, args: asOfRun(entry.args, child) })),
    broken: [...seen.broken, ...(await parentFaults(world, child, sweeper))],
  };
}

/** Waits until nothing moves any more. */
async function settle(world: World): Promise<void> {
  if ((await world.settle()) === "hang") throw new Error("the run does not come to rest");
  const rejected = world.store.dump().find(({ key }) => key.sk === "rejected");
  if (rejected) throw new Error(`a request was refused: ${JSON.stringify(rejected.image.error)}`);
}

/** What there is to see of a run when nothing moves any more. */
async function atRest(world: World, entries: readonly Entry[], begunAt: Moment, id: string = runId): Promise<Observed> {
  await settle(world);
  const { snapshot } = await recordsOf(world, id);
  const { head, plan } = snapshot;
  const settledAtMs = new Map<string, number>();
  const skipped = new Set<string>();
  for (const node of Object.values(plan.nodes)) {
    const slot = slotOf(snapshot, node);
    if (slot.state === "settled") settledAtMs.set(node.id, slot.settledAtMs);
    if (slot.state === "settled" && slot.skip !== undefined) skipped.add(node.id);
  }
  return {
    begunAt,
    run: await reportOf(
      {
        store: world.store,
        plans: createPlanCache(world.store),
        history: createHistory(() => world.clock.now(), "property lane"),
      },
      head,
    ),
    endedAtMs: head.endedAtMs,
    settledAtMs,
    skipped,
    ...(await inspected(world, id)),
    entries: entries.filter(({ generation }) => generation === head.generation),
    broken: [...brokenInvariants(world, snapshot), ...unhandled(world)],
  };
}

/** The same as users see it. */
async function inspected({ store, queue, clock }: World, run: string): Promise<Pick<Observed, "decisions" | "late">> {
  const client = createPortClient({ store, queue, clock, ids: createSeededIds(1) });
  const { joins, tasks = [] } = await client.inspect(run, { verbose: true });
  const decisions = joins.flatMap(({ id, kind, decision, firedAt }): [string, Decided][] =>
    kind === "dag" || decision === null || firedAt === null ? [] : [[id, { decision, atMs: Date.parse(firedAt) }]],
  );
  const late = tasks.flatMap(({ id, afterQuorum }) => (afterQuorum ? [id.slice(run.length + 1)] : []));
  return { decisions: new Map(decisions), late: new Set(late) };
}

function nowIn(world: World, entries: readonly Entry[]): Moment {
  return { atMs: world.clock.now(), sequence: nextSequence(entries) };
}

/** A task that does what its headers say, and writes down how it was called. */
function taskOf(name: string, queue: string, world: World, entries: Entry[]) {
  const now = () => nowIn(world, entries);
  return defineTask({ name, queue, args: z.array(z.any()) }, async (ctx: TaskContext, ...args: Json[]) => {
    if (!world.alive()) return new Promise(() => {});
    const path = ctx.taskId.slice(ctx.taskId.indexOf("/") + 1);
    const { does, seconds, value } = scriptOf(ctx.headers);
    const { attempt, generation, label } = ctx;
    const entry: Entry = { path, generation, attempt, args, label, at: now() };
    entries.push(entry);
    const leave = world.enter({ taskId: ctx.taskId, attempt, generation });
    if (seconds > 0) await world.sleep(seconds);
    const done = entries.filter((other) => other.path === path && other.did !== undefined).length;
    const act = generation > 1 ? "succeed" : (does[Math.min(done, does.length - 1)] as Act);
    const end = () => {
      leave();
      entry.did = act;
      entry.end = now();
    };
    if (act === "hang") {
      ctx.signal.addEventListener("abort", end);
      return new Promise(() => {});
    }
    end();
    if (act === "die") return world.die();
    if (act === "succeed") return resultOf(value, path);
    if (act === "skip") return skip(reasonOf(value, path));
    throw act === "fatal" ? new FatalError(messageOf(act, path)) : new Error(messageOf(act, path));
  });
}

/** Starts and ends counted alike. */
function nextSequence(entries: readonly Entry[]): number {
  return entries.length + entries.filter(({ end }) => end !== undefined).length + 1;
}
