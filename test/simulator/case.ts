/**
 * One history before it begins: two tenants' runs, the mix of faults, and what people do meanwhile; all of it drawn from a seed.
 *
 * Tenant B is the quiet one: whatever happens around it, and to A, its run must come to what its document says (S12).
 */

import type { Budget } from "../../lib/model/budget.ts";
import { limits } from "../../lib/model/limits.ts";
import type { SubmitRequest } from "../../lib/model/request.ts";
import type { DagNode, Deadline, Task, Workflow } from "../../lib/model/workflow.ts";
import { dynamicMapOf } from "../../lib/plan/map-list.ts";
import { partsOf } from "../unit/plan/random-workflows.ts";
import { fairnessKeyOf } from "./calls.ts";
import { cut } from "./cut.ts";
import { drawMix, featureKinds, type Kind, type Mix } from "./faults.ts";
import { createRandom, type Random, streams } from "./random.ts";
import { drawWorkflow, outsideTask } from "./workflow.ts";
import { taskNames } from "./world.ts";

/** What names a history; a shrunk one differs from its seed's own. */
export interface CaseName {
  readonly seed: number;
  /** Drawn small: a few tasks, and few faults of few kinds. */
  readonly small: boolean;
  /** Another order and other faults for the same workflows. @default 0 */
  readonly schedule: number;
  /** Kinds of faults, and features, that are switched off. */
  readonly without: readonly Kind[];
  /** Calls at which nothing goes wrong. */
  readonly spared: readonly number[];
  /** Steps by which the workflows were made smaller. */
  readonly cuts: readonly number[];
}

export const ofSeed = (seed: number, small = false): CaseName => ({
  seed,
  small,
  schedule: 0,
  without: [],
  spared: [],
  cuts: [],
});

export interface Tenant {
  readonly run: string;
  readonly workflow: Workflow;
  readonly onFailure: "fail-fast" | "finish";
  readonly deadlineSeconds: number | undefined;
  readonly budget: Budget | undefined;
  /** One of its tasks kills every process that it runs in. */
  readonly isPoisoned: boolean;
}

export interface Case {
  readonly name: CaseName;
  readonly mix: Mix;
  /** B, and A where there is one. */
  readonly tenants: readonly Tenant[];
  /** Whether the sweeper runs. Where nothing needs it, messages alone must bring the runs to their ends. */
  readonly sweeps: boolean;
}

/** Their runs; the evaluator's is called `run-1`. */
export const runOfB = "run-1";
export const runOfA = "run-2";

export function caseOf(name: CaseName): Case {
  const mix = drawMix(name);
  const random = createRandom(name.seed, streams.workflows);
  const failing = random.pick([0, 0.05, 0.25]);
  const isRich = featureKinds.some((kind) => mix.on.has(kind));
  const sizes = name.small ? drawFew(random) : drawSizes(random, isRich);
  const drawn = [runOfB, runOfA].map((run, at) =>
    drawTenant(random, mix, { run, failing, tasks: sizes[at] as number }),
  );
  const workflows = cut(
    drawn.map(({ workflow }) => workflow),
    name.cuts,
  );
  const tenants = drawn.flatMap((tenant, at) => {
    const workflow = workflows[at];
    return workflow ? [{ ...tenant, workflow }] : [];
  });
  const needsSweeper =
    sweptKinds.some((kind) => mix.on.has(kind)) || tenants.some(({ workflow }) => waitsLong(workflow));
  return { name, mix, tenants, sweeps: random.chance(0.3) || needsSweeper };
}

/**
 * Most bugs need few members: most histories are small, with one task beside a few, and some are large.
 *
 * @param isRich - Whether more than the usual is on, which needs room to show.
 */
function drawSizes(random: Random, isRich: boolean): readonly number[] {
  const luck = random.below(100);
  if (luck < 1) return [random.between(4, 8), random.pick([12, 20])];
  if (luck < (isRich ? 60 : 15)) return [0, 0].map(() => random.pick([1, 2, 2, 3, 4, 5, 8]));
  const few = random.pick([1, 2, 3, 3, 4, 4, 5]);
  return random.chance(0.5) ? [1, few] : [few, 1];
}

/** One task, beside one to three. */
function drawFew(random: Random): readonly number[] {
  const few = random.pick([1, 1, 2, 2, 3]);
  return random.chance(0.5) ? [1, few] : [few, 1];
}

/**
 * What only the sweeper finds out: messages that are lost or gone, deadlines, programs elsewhere whose time is over, what a retry has to open and
 * a chord to end where their process has died. It alone removes anything.
 */
const sweptKinds: readonly Kind[] = [
  ...(["lost", "deadline", "retry", "sweeper-absent"] as const),
  ...(["late-reports", "chord-deadline", "cancel-rest", "clean-up", "gone"] as const),
];

/** Deadlines of chords that pass at times, and such as never do. */
const shortDeadlines: readonly Deadline[] = [1, 5, 30, 200, "auto", { auto: { floorSeconds: 10, secondsPerTask: 5 } }];
const longDeadlines: readonly Deadline[] = [100_000, { auto: { floorSeconds: 100_000 } }];

/** Longer than a message can be delayed. */
function waitsLong(workflow: Workflow): boolean {
  return tasksOf(workflow).some(({ delaySeconds = 0 }) => delaySeconds > limits.messageDelaySeconds);
}

function drawTenant(
  random: Random,
  mix: Mix,
  { run, failing, tasks }: { readonly run: string; readonly failing: number; readonly tasks: number },
): Tenant {
  const isA = run === runOfA;
  const mayBePoisoned = isA && random.chance(0.5) && mix.on.has("poison");
  const more = createRandom(mix.seed, isA ? streams.shapes : streams.shapes + 1);
  const workflow = drawWorkflow({
    random,
    more,
    on: mix.on,
    deadlines: !mix.on.has("chord-deadline") ? [] : isA ? shortDeadlines : longDeadlines,
    tasks,
    // Where processes die by chance, only the poison may use up what a task may lose.
    maxLost: mix.loses && !mayBePoisoned ? 100 : undefined,
    names: taskNames,
    failing,
    skips: !mix.on.has("retry"),
  });
  if (mix.on.has("hedge")) {
    hedgeParts(workflow, createRandom(mix.seed, isA ? streams.hedges : streams.hedges + 1));
    for (const one of tasksOf(workflow)) allowCopy(one);
  }
  // The poison kills none of them.
  for (const one of tasksOf(workflow))
    if (one.task === outsideTask && mix.losesElsewhere) one.retry = { ...one.retry, maxLost: 100 };
  const here = tasksOf(workflow).filter(({ task }) => task !== outsideTask);
  const deadly = mayBePoisoned ? random.pick<Task | undefined>(here) : undefined;
  if (deadly) deadly.headers = { does: "die" };
  const deadline = random.chance(0.5) ? random.pick([1, 20, 200]) : undefined;
  return {
    run,
    workflow,
    onFailure: random.chance(0.3) ? "finish" : "fail-fast",
    deadlineSeconds: isA && mix.on.has("deadline") ? deadline : undefined,
    budget: mix.on.has("budget") ? budgetOf(more, isA, workflow) : undefined,
    isPoisoned: deadly !== undefined,
  };
}

/** A copy may fail as its member does at the same time: what succeeds at last gets an attempt more. */
function allowCopy({ headers, retry }: Task): void {
  if (retry?.maxAttempts !== undefined && /^(?:throw|hang).* succeed$/.test(headers?.does ?? "")) retry.maxAttempts++;
}

/** Gives groups, chords and maps in a workflow a `hedge`, where they may have one. */
function hedgeParts(workflow: DagNode, random: Random): void {
  const hedge = random.chance(0.7) ? { afterPercentile: random.pick([50, 50, 75, 90]) } : undefined;
  const hedged =
    "group" in workflow
      ? workflow
      : "map" in workflow
        ? workflow.map
        : "chord" in workflow
          ? workflow.chord
          : undefined;
  const list =
    "map" in workflow
      ? workflow
      : "chord" in workflow && !Array.isArray(workflow.chord.header)
        ? workflow.chord.header
        : undefined;
  if (hedged !== undefined && hedge !== undefined && list?.map.maxConcurrency === undefined) hedged.hedge = hedge;
  for (const part of new Set(partsOf(workflow))) hedgeParts(part, random);
}

/** B's is ample, A's as large as its plan or not much larger. */
function budgetOf(random: Random, isA: boolean, workflow: Workflow): Budget {
  if (!isA) return { maxTasks: 10_000, maxAttemptsTotal: 10_000 };
  const planned = nodesIn(workflow);
  const beyond = () => Math.max(1, planned + random.pick([0, 1, 3, 6]));
  return random.chance(0.5) ? { maxTasks: beyond() } : { maxTasks: 10_000, maxAttemptsTotal: beyond() };
}

/** Tasks of the plan: a map over a result is one. */
function nodesIn(workflow: DagNode): number {
  if ("task" in workflow || "sleep" in workflow || dynamicMapOf(workflow)) return 1;
  return partsOf(workflow).reduce((sum, part) => sum + nodesIn(part), 0);
}

/** Whether control may refuse it: it has to wait longer than a deadline allows. */
export function mayBeRefused({ deadlineSeconds, workflow, run }: Tenant): boolean {
  return deadlineSeconds !== undefined || (run === runOfA && hasDeadlines(workflow));
}

/** Whether a chord in it has a deadline. */
export function hasDeadlines(workflow: Workflow): boolean {
  return JSON.stringify(workflow).includes('"deadlineSeconds"');
}

/** Whether it has a map over a result. */
export function expands(workflow: DagNode): boolean {
  return dynamicMapOf(workflow) !== undefined || partsOf(workflow).some(expands);
}

/** The tasks of a workflow, sleeps apart. */
export function tasksOf(workflow: Workflow): Task[] {
  return "task" in workflow ? [workflow] : partsOf(workflow).flatMap(tasksOf);
}

export function requestOf(
  { run, workflow, onFailure, deadlineSeconds, budget }: Tenant,
  requestId: string,
): SubmitRequest {
  return {
    tutti: 1,
    type: "submit",
    id: run,
    requestId,
    onFailure,
    fairnessKey: fairnessKeyOf(run),
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
    ...(budget === undefined ? {} : { budget }),
    workflow,
  };
}
