/**
 * Random workflows, small and quickly drawn. Every task's script leads to the same end however often it is begun again, so
 * the outcome of a run does not depend on faults: what fails once succeeds when it is repeated, or fails for good.
 */
import type { Json } from "../../lib/model/json.ts";
import type { DagNode, Deadline, MapWorkflow, Task, When, Workflow } from "../../lib/model/workflow.ts";
import { type Act, headersOf, type ValueKind } from "../property/workflows/script.ts";
import type { Kind } from "./faults.ts";
import type { Random } from "./random.ts";

export interface WorkflowOptions {
  readonly random: Random;
  /** Tasks it has about. */
  readonly tasks: number;
  /** Of each task: lost attempts after which it fails. @default that of the product */
  readonly maxLost: number | undefined;
  /** Task names; the last may be unknown to the older code. */
  readonly names: readonly string[];
  /** Share of tasks that fail for good. */
  readonly failing: number;
  /** Whether the run may be retried: then no member of a quorum skips itself. */
  readonly skips: boolean;
  /** What is on, and the chance of what belongs to it: so that what is off leaves the rest as it is. */
  readonly on: ReadonlySet<Kind>;
  readonly more: Random;
  /** Deadlines that a chord may have. */
  readonly deadlines: readonly Deadline[];
}

interface Drawing extends WorkflowOptions {
  dags: number;
  sleeps: number;
}

/** The name of tasks that programs elsewhere run. */
export const outsideTask = "elsewhere";

/** More sleeps one after the other only multiply copies of messages. */
const maxSleeps = 2;

export function drawWorkflow(options: WorkflowOptions): Workflow {
  const drawing = { ...options, dags: 0, sleeps: 0 };
  const { tasks, more, on } = options;
  // What only a chord can have would seldom be there.
  const wantsChord = tasks > 1 && more.chance(0.7) && ofChords.some((kind) => on.has(kind));
  return wantsChord ? overResult(drawing, chord(drawing, tasks, 0)) : part(drawing, tasks, 0);
}

const ofChords: readonly Kind[] = ["run-time-maps", "cancel-rest", "chord-deadline"];

type Canvas = "task" | "sleep" | "chain" | "group" | "chord" | "dag" | "map";
const canvases: readonly Canvas[] = [
  ...(["chain", "chain", "chord", "chord", "chord", "group"] as const),
  ...(["dag", "dag", "map", "task", "sleep"] as const),
];

function part(drawing: Drawing, tasks: number, depth: number): Workflow {
  if (tasks <= 1 || depth > 3) return task(drawing);
  const canvas = drawing.random.pick(canvases);
  switch (canvas) {
    case "task":
      return task(drawing);
    case "sleep":
      if (drawing.sleeps++ >= maxSleeps) return task(drawing);
      return { chain: [{ sleep: drawing.random.pick([1, 7, 40]) }, part(drawing, tasks - 1, depth + 1)] };
    case "chain":
      return { chain: parts(drawing, tasks, depth) };
    case "group":
      return { group: parts(drawing, tasks, depth) };
    case "map":
      return overResult(drawing, map(drawing, tasks, depth));
    case "chord":
      return overResult(drawing, chord(drawing, tasks, depth));
    case "dag":
      return dag(drawing, tasks, depth);
  }
}

/** Shares tasks out among one to four parts. */
function parts(drawing: Drawing, tasks: number, depth: number): Workflow[] {
  const { random } = drawing;
  const count = Math.min(tasks, random.between(1, random.chance(0.15) ? 9 : 4));
  return Array.from({ length: count }, (_, at) =>
    part(drawing, Math.floor(tasks / count) + (at < tasks % count ? 1 : 0), depth + 1),
  );
}

const items: readonly Json[] = [1, null, "item", { a: [2] }];

function map(drawing: Drawing, tasks: number, depth: number): MapWorkflow {
  const { random } = drawing;
  const size = random.chance(0.1) ? 0 : Math.min(tasks, random.between(1, 6));
  const each = part(drawing, Math.max(1, Math.floor(tasks / Math.max(1, size))), depth + 1);
  const over = Array.from({ length: size }, () => random.pick(items));
  return { map: { each, over, ...(random.chance(0.3) ? { maxConcurrency: random.between(1, 3) } : {}) } };
}

/** A map, or a chord over one, after a task that gives its list: three items. */
function overResult(drawing: Drawing, made: Workflow): Workflow {
  const over = drawing.more.chance(0.7) && drawing.on.has("run-time-maps") ? withoutList(made) : undefined;
  if (over === undefined) return made;
  const { headers, ...list } = task({ ...drawing, skips: false });
  return { chain: [{ ...list, headers: { ...headers, value: "list" } }, over] };
}

/** Undefined where there is no map, or its chord has a policy that a list of another length may not fit. */
function withoutList(made: Workflow): Workflow | undefined {
  if ("map" in made) return { map: bodyOf(made) };
  if (!("chord" in made) || Array.isArray(made.chord.header)) return undefined;
  const { when, ...chord } = made.chord;
  const fits = when === undefined || typeof when === "string" || "tolerate" in when;
  return { chord: { ...chord, ...(fits && when ? { when } : {}), header: { map: bodyOf(made.chord.header) } } };
}

const bodyOf = ({ map: { over: _, ...map } }: MapWorkflow): MapWorkflow["map"] => map;

function chord(drawing: Drawing, tasks: number, depth: number): Workflow {
  const { random, more, on, deadlines } = drawing;
  const callback = random.chance(0.85);
  const left = Math.max(1, tasks - (callback ? 1 : 0));
  const header = random.chance(0.2) ? map(drawing, left, depth + 1) : parts(drawing, left, depth);
  const members = Array.isArray(header) ? header.length : (header.map.over as readonly Json[]).length;
  const isEarly = members > 1 && more.chance(0.4) && on.has("cancel-rest");
  const when = isEarly ? { quorum: members - 1 } : whenOf(random, members);
  const cancels = more.chance(0.8) && on.has("cancel-rest") && when !== "all-settled";
  const deadline = more.chance(0.7) ? more.pick(deadlines) : undefined;
  return {
    chord: {
      header,
      ...(callback ? { callback: random.chance(0.85) ? task(drawing) : part(drawing, 2, depth + 1) } : {}),
      ...(when === undefined ? {} : { when }),
      ...(cancels ? { cancelRest: true } : {}),
      ...(deadline === undefined ? {} : { deadlineSeconds: deadline }),
      ...(random.chance(0.5) ? { onError: task({ ...drawing, failing: 0.05 }) } : {}),
    },
  };
}

function whenOf(random: Random, members: number): When | undefined {
  switch (random.below(6)) {
    case 0:
      return "all-settled";
    case 1:
      return { tolerate: random.chance(0.5) ? { count: random.below(3) } : { percent: random.pick([12.5, 34, 50]) } };
    case 2:
      return members === 0 ? undefined : { quorum: Math.max(1, members - random.below(3)) };
    case 3:
      return "all-succeeded";
    default:
      return undefined;
  }
}

function dag(drawing: Drawing, tasks: number, depth: number): Workflow {
  const { random } = drawing;
  const names: string[] = [];
  const nodes: Record<string, DagNode> = {};
  const number = drawing.dags++;
  for (const [at, made] of parts(drawing, tasks, depth).entries()) {
    const name = `d${number}n${at}`;
    const after = names.filter(() => random.chance(0.4));
    const user = "task" in made ? made : undefined;
    const used = names.filter(() => user !== undefined && random.chance(0.3));
    if (user && used.length > 0) user.args = [...(user.args ?? []), ...used.map((of) => ({ $result: of }))];
    const placed = after.length > 0 ? { ...made, after } : made;
    const looked = random.chance(0.2) ? random.pick([null, ...names]) : null;
    const isTask = looked !== null && "task" in (nodes[looked] as DagNode);
    nodes[name] = isTask && !waits(made) ? { ...placed, if: { $result: looked, ...random.pick(conditions) } } : placed;
    names.push(name);
  }
  return { dag: { nodes, ...(random.chance(0.3) ? { output: random.pick(names) } : {}) } };
}

/** Of what most tasks give, the first holds and the second does not. */
const conditions = [
  { path: "more[0]", equals: 1 },
  { path: "more[0]", equals: "1" },
] as const;

/** What begins with a sleep has no condition. */
const waits = (made: Workflow) => JSON.stringify(made).includes('"sleep"');

const values: readonly ValueKind[] = ["object", "object", "object", "object", "null", "false", "medium", "large"];
const fails: readonly (readonly [Act, number])[] = [
  ["fatal", 1],
  ["fatal", 3],
  ["throw", 1],
  ["throw", 2],
  ["hang", 1],
];
const atLast: readonly (readonly [string, number])[] = [
  ["throw succeed", 2],
  ["throw throw succeed", 3],
  ["hang succeed", 2],
  ["die succeed", 1],
];

function task({ random, more, on, maxLost: mostLost, names, failing, skips }: Drawing): Task {
  const luck = random.below(1000) / 1000;
  const [drawn, maxAttempts] = doing(random, luck, failing, skips);
  const made: Task = { task: random.chance(0.7) ? (names[0] as string) : random.pick(names) };
  const isLate = on.has("late-reports");
  const isOutside = more.chance(isLate ? 0.6 : 0.3) && (isLate || on.has("outside"));
  if (isOutside) made.task = outsideTask;
  // A program elsewhere that is silent has lost its attempt, and cannot skip.
  const does = isOutside && /hang|skip/.test(drawn) ? "succeed" : drawn;
  const maxLost = isOutside && isLate ? 100 : mostLost;
  const seconds = random.pick([0, 0, 0, 0, 1, 5, 40]);
  made.headers = headersOf({ does: does.split(" ") as Act[], seconds, value: random.pick(values) });
  const backoff = { backoffSeconds: random.pick([0, 1, 20]), maxBackoffSeconds: 20 };
  if (maxAttempts !== undefined || maxLost !== undefined)
    made.retry = { maxAttempts: maxAttempts ?? 3, ...backoff, ...(maxLost === undefined ? {} : { maxLost }) };
  if (does.includes("hang")) made.timeoutSeconds = 50;
  if (random.chance(0.04)) made.delaySeconds = random.pick([3, 30, 1000]);
  return made;
}

function doing(random: Random, luck: number, failing: number, skips: boolean): readonly [string, number | undefined] {
  if (luck < failing) return random.pick(fails);
  if (luck < failing + 0.1) return random.pick(atLast);
  if (skips && luck < failing + 0.13) return ["skip", undefined];
  return ["succeed", undefined];
}
