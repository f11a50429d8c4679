/**
 * One history before it begins: two tenants' runs, the mix of faults, and what people do meanwhile; all of it drawn from a seed.
 *
 * Tenant B is the quiet one: whatever happens around it, and to A, its run must come to what its document says (S12).
 */
import { limits } from "../../lib/model/limits.ts";
import type { SubmitRequest } from "../../lib/model/request.ts";
import type { Task, Workflow } from "../../lib/model/workflow.ts";
import { partsOf } from "../unit/plan/random-workflows.ts";
import { fairnessKeyOf } from "./calls.ts";
import { cut } from "./cut.ts";
import { drawMix, type FaultKind, type Mix } from "./faults.ts";
import { createRandom, type Random, streams } from "./random.ts";
import { drawWorkflow } from "./workflow.ts";
import { taskNames } from "./world.ts";

/** What names a history; a shrunk one differs from its seed's own. */
export interface CaseName {
  readonly seed: number;
  /** Another order and other faults for the same workflows. @default 0 */
  readonly schedule: number;
  /** Kinds of faults that are switched off. */
  readonly without: readonly FaultKind[];
  /** Calls at which nothing goes wrong. */
  readonly spared: readonly number[];
  /** Steps by which the workflows were made smaller. */
  readonly cuts: readonly number[];
}

export const ofSeed = (seed: number): CaseName => ({ seed, schedule: 0, without: [], spared: [], cuts: [] });

export interface Tenant {
  readonly run: string;
  readonly workflow: Workflow;
  readonly onFailure: "fail-fast" | "finish";
  readonly deadlineSeconds: number | undefined;
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
  const drawn = [runOfB, runOfA].map((run) => drawTenant(random, mix, { run, failing }));
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

/** What only the sweeper finds out: lost messages, deadlines, and what a retry has to open where its process has died. */
const sweptKinds: readonly FaultKind[] = ["lost", "deadline", "retry", "sweeper-absent"];

/** Longer than a message can be delayed. */
function waitsLong(workflow: Workflow): boolean {
  return tasksOf(workflow).some(({ delaySeconds = 0 }) => delaySeconds > limits.messageDelaySeconds);
}

function drawTenant(
  random: Random,
  mix: Mix,
  { run, failing }: { readonly run: string; readonly failing: number },
): Tenant {
  const isA = run === runOfA;
  const mayBePoisoned = isA && random.chance(0.5) && mix.on.has("poison");
  const workflow = drawWorkflow({
    random,
    tasks: random.pick([1, 1, 2, 2, 2, 3, 3, 4, 5, 8]),
    // Where processes die by chance, only the poison may use up what a task may lose.
    maxLost: mix.loses && !mayBePoisoned ? 100 : undefined,
    names: taskNames,
    failing,
    skips: !mix.on.has("retry"),
  });
  const deadly = mayBePoisoned ? random.pick<Task | undefined>(tasksOf(workflow)) : undefined;
  if (deadly) deadly.headers = { does: "die" };
  const deadline = random.chance(0.5) ? random.pick([1, 20, 200]) : undefined;
  return {
    run,
    workflow,
    onFailure: random.chance(0.3) ? "finish" : "fail-fast",
    deadlineSeconds: isA && mix.on.has("deadline") ? deadline : undefined,
    isPoisoned: deadly !== undefined,
  };
}

/** The tasks of a workflow, sleeps apart. */
export function tasksOf(workflow: Workflow): Task[] {
  return "task" in workflow ? [workflow] : partsOf(workflow).flatMap(tasksOf);
}

export function requestOf({ run, workflow, onFailure, deadlineSeconds }: Tenant, requestId: string): SubmitRequest {
  return {
    tutti: 1,
    type: "submit",
    id: run,
    requestId,
    onFailure,
    fairnessKey: fairnessKeyOf(run),
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
    workflow,
  };
}
