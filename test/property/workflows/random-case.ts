/**
 * Random workflows in which tasks fail, time out and lose their workers, and random circumstances to run them in.
 *
 * A workflow is drawn as a tree, so that shrinking leaves a smaller tree; the document is written from it. Everything about
 * a task is in the document, its script included.
 */
import fc from "fast-check";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import type { Json } from "../../../lib/model/json.ts";
import type {
  DagNode,
  Hedge,
  MapWorkflow,
  NodeCondition,
  Sleep,
  Task,
  When,
  Workflow,
} from "../../../lib/model/workflow.ts";
import { partsOf, tasksIn } from "../../unit/plan/random-workflows.ts";
import type { Submitted } from "./reference.ts";
import type { Circumstances } from "./run-case.ts";
import { type Act, headersOf, scriptOf, valueKinds } from "./script.ts";

export interface Case extends Submitted {
  readonly circumstances: Circumstances;
}

/** The longest that is run: more only takes longer. */
const maxTasks = 60;

/** `maxAttempts` belongs to what is done: it says whether that is enough. */
interface Doing {
  readonly does: readonly Act[];
  readonly maxAttempts: number;
}

const doing = (text: string, ...maxAttempts: readonly number[]): readonly Doing[] =>
  maxAttempts.map((max) => ({ does: text.split(" ") as Act[], maxAttempts: max }));

const plain: readonly Doing[] = doing("succeed", 1, 3);
const succeedingAtLast: readonly Doing[] = [
  ...doing("throw succeed", 2, 3),
  ...doing("hang succeed", 2),
  ...doing("throw hang throw succeed", 4),
  ...doing("die succeed", 1),
  ...doing("throw die succeed", 2),
];
const failing: readonly Doing[] = [
  ...doing("fatal", 1, 3),
  ...doing("throw", 1, 2, 3),
  ...doing("hang", 1, 2),
  ...doing("throw succeed", 1),
  ...doing("throw hang", 2),
  ...doing("hang throw", 2),
  ...doing("throw fatal", 3),
  ...doing("die fatal", 2),
];

const skipping: readonly Doing[] = [...doing("skip", 1, 3), ...doing("throw skip", 2), ...doing("die skip", 1)];

/** How often tasks go wrong: `[at first, for good]`, of a hundred. */
const moods = { calm: [10, 0], rough: [10, 6], stormy: [15, 35] } as const;

interface Leaf {
  readonly kind: "task";
  readonly doing: Doing;
  readonly seconds: number;
  readonly value: (typeof valueKinds)[number];
  readonly args: readonly Json[];
  readonly more: Pick<Task, "immutable" | "delaySeconds" | "at" | "label">;
  readonly name: string;
  readonly backoffSeconds: number;
}

type Tree =
  | Leaf
  | { readonly kind: "sleep"; readonly sleep: Sleep["sleep"] }
  | { readonly kind: "chain" | "group"; readonly parts: readonly Tree[] }
  | Mapped
  | {
      readonly kind: "chord";
      readonly parts: readonly Tree[] | Mapped;
      readonly callback: Tree | null;
      readonly when: DrawnWhen | null;
      readonly onError: Leaf | null;
    }
  | { readonly kind: "dag"; readonly nodes: readonly TreeNode[]; readonly output: number | null };

interface Mapped {
  readonly kind: "map";
  readonly part: Tree;
  readonly items: readonly Json[];
  readonly maxConcurrency: number | null;
}

/** `nthLast`: a quorum of all members but so many, of one at least. */
type DrawnWhen = Exclude<When, { readonly quorum: number }> | { readonly nthLast: number };

const whens: readonly DrawnWhen[] = [
  "all-succeeded",
  "all-settled",
  { tolerate: { count: 0 } },
  { tolerate: { count: 1 } },
  { tolerate: { count: 2 } },
  { tolerate: { percent: 12.5 } },
  { tolerate: { percent: 34 } },
  { tolerate: { percent: 50 } },
  { nthLast: 0 },
  { nthLast: 1 },
  { nthLast: 2 },
  { nthLast: 20 },
];

/** The time a run begins is in `startMs` of the world. */
const soon = "2026-01-01T00:00:25Z";
const sleeps: readonly Sleep["sleep"][] = [1, 7, 30, { until: soon }];

/** For each earlier node two bits: none, after, result, both; `pick` chooses the task that uses a result. */
interface TreeNode {
  readonly part: Tree;
  readonly edges: number;
  readonly pick: number;
  readonly path: string | null;
  readonly condition: DrawnCondition | null;
}

/** Over the result of an earlier node, where that is a task. */
interface DrawnCondition extends Pick<NodeCondition, "path" | "equals"> {
  readonly of: number;
}

const boundArguments: readonly (readonly Json[])[] = [
  [],
  [1],
  ["bound", null],
  [{ $literal: { $result: "n0" } }, [{ a: { $literal: [1] } }]],
];

function leaves([atFirst, forGood]: readonly [number, number]): fc.Arbitrary<Leaf> {
  const rarely = <T>(usual: T, ...others: readonly T[]) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
  const bad = forGood === 0 ? plain : failing;
  return fc.record({
    kind: fc.constant("task" as const),
    doing: fc.oneof(
      { withCrossShrink: true },
      { weight: 100 - atFirst - forGood, arbitrary: fc.constantFrom(...plain) },
      { weight: atFirst, arbitrary: fc.constantFrom(...succeedingAtLast) },
      { weight: Math.max(1, forGood), arbitrary: fc.constantFrom(...bad) },
      { weight: 4, arbitrary: fc.constantFrom(...skipping) },
    ),
    seconds: fc.constantFrom(0, 0, 1, 5, 40),
    value: fc.oneof(
      { weight: 2, arbitrary: fc.constant("object" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...valueKinds) },
    ),
    args: fc.constantFrom(...boundArguments),
    more: rarely<Leaf["more"]>(
      {},
      { immutable: true },
      { delaySeconds: 3 },
      { delaySeconds: 1000 },
      { at: soon },
      { label: "named" },
    ),
    name: fc.constantFrom("a", "a", "a", "b"),
    backoffSeconds: rarely(1, 0, 2000),
  });
}

/** After which percentile the members that are left get a second copy. Of the case's own seed: other draws stay as they are. */
const percentiles = [null, null, null, 50, 50, 75, 90] as const;

function hedgesOf(seed: number): () => number | null {
  const { fraction } = createSeededIds(seed);
  return () => percentiles[Math.floor(fraction() * percentiles.length)] ?? null;
}

/** What is counted, and drawn, on the way through a tree. */
interface Count {
  dags: number;
  readonly hedge: () => number | null;
}

function trees(leaf: fc.Arbitrary<Leaf>): fc.Arbitrary<Tree> {
  const { tree, mapped } = fc.letrec<{ tree: Tree; mapped: Mapped; node: TreeNode; parts: readonly Tree[] }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, depthSize: "medium", withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("chain" as const),
          parts: fc.array(tie("tree"), { minLength: 1, maxLength: 4, size: "max" }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("sleep" as const), sleep: fc.constantFrom(...sleeps) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("group" as const), parts: tie("parts") }) },
      { weight: 2, arbitrary: tie("mapped") },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("chord" as const),
          parts: fc.oneof({ weight: 4, arbitrary: tie("parts") }, { weight: 1, arbitrary: tie("mapped") }),
          callback: fc.option(tie("tree"), { freq: 4 }),
          when: fc.constantFrom(null, ...whens),
          onError: fc.option(leaf, { freq: 2 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("dag" as const),
          nodes: fc.array(tie("node"), { minLength: 1, maxLength: 4, size: "max" }),
          output: fc.option(fc.nat(3)),
        }),
      },
    ),
    // A few copies of anything, or many of a task.
    mapped: fc.oneof(
      { weight: 3, arbitrary: mappedOver(tie("tree"), 4) },
      { weight: 1, arbitrary: mappedOver(leaf, 15) },
    ),
    // Short lists of anything, or long ones of tasks, so that tallies have several levels and lists several ranges.
    parts: fc.oneof(
      { weight: 4, arbitrary: fc.array(tie("tree"), { maxLength: 4, size: "max" }) },
      { weight: 1, arbitrary: fc.array(leaf, { minLength: 3, maxLength: 25, size: "max" }) },
    ),
    node: fc.record({
      part: tie("tree"),
      edges: fc.nat(63),
      pick: fc.nat(20),
      path: fc.constantFrom(null, null, null, "of", "more[1].deep", "missing[0]"),
      condition: fc.option(
        fc.tuple(fc.nat(3), fc.constantFrom(...conditions)).map(([of, over]) => ({ of, ...over })),
        { freq: 2 },
      ),
    }),
  }));
  // Whole workflows that are maps, and chords over them: what can expand at run time.
  const chord = fc.record({
    kind: fc.constant("chord" as const),
    parts: mapped,
    callback: fc.option(tree, { freq: 4 }),
    when: fc.constantFrom(null, ...whens),
    onError: fc.option(leaf, { freq: 2 }),
  });
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 8, arbitrary: tree },
    { weight: 1, arbitrary: mapped },
    { weight: 1, arbitrary: chord },
  );
}

/** Some hold for what tasks give, some do not. */
const conditions: readonly Pick<NodeCondition, "path" | "equals">[] = [
  { path: "more[0]", equals: 1 },
  { path: "more[0]", equals: 1 },
  { path: "more[0]", equals: "1" },
  { path: "missing[0]", equals: null },
  { equals: null },
  { equals: false },
];

function mappedOver(part: fc.Arbitrary<Tree>, maxLength: number): fc.Arbitrary<Mapped> {
  return fc.record({
    kind: fc.constant("map" as const),
    part,
    items: fc.array(fc.constantFrom<Json>(1, null, "item", { $result: "no" }), { maxLength, size: "max" }),
    maxConcurrency: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 3 }),
  });
}

const circumstances: fc.Arbitrary<Omit<Circumstances, "sweeper">> = fc.record({
  seed: fc.noShrink(fc.nat()),
  packSize: fc.integer({ min: 1, max: 10 }),
  tasksPerInvocation: fc.integer({ min: 1, max: 10 }),
  batchSize: fc.integer({ min: 1, max: 5 }),
  leafSize: fc.integer({ min: 1, max: 4 }),
  fan: fc.integer({ min: 2, max: 4 }),
  messagesPerRange: fc.integer({ min: 2, max: 4 }),
  membersPerBucket: fc.integer({ min: 2, max: 20 }),
  copies: fc.constantFrom(0, 0, 10, 40),
  retries: fc.boolean(),
  expands: fc.boolean(),
});

/** Cases of every mood. */
export const cases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.oneof(
      { withCrossShrink: true },
      { weight: 3, arbitrary: trees(leaves(moods.calm)) },
      { weight: 3, arbitrary: trees(leaves(moods.rough)) },
      { weight: 2, arbitrary: trees(leaves(moods.stormy)) },
    ),
    circumstances,
    fc.boolean(),
    fc.constantFrom("fail-fast" as const, "fail-fast" as const, "finish" as const),
  )
  .map(([tree, around, sweeper, onFailure]): Case => {
    const workflow = documentOf(tree, { dags: 0, hedge: hedgesOf(around.seed) }, []);
    if (tasksOf(workflow).some(dies)) for (const task of tasksOf(workflow)) failForGood(task);
    const circumstances = { ...around, sweeper: sweeper || needsSweeper(workflow, around) };
    return { workflow, onFailure, circumstances };
  })
  .filter(({ workflow }) => tasksIn(workflow) <= maxTasks);

function dies({ headers = {} }: Task): boolean {
  return scriptOf(headers).does.includes("die");
}

/** A failure that is lost with the process of another task does not count: the next attempt must not do better. */
function failForGood(task: Task): void {
  const script = scriptOf(task.headers ?? {});
  if (task.retry?.maxAttempts === 1 && script.does.join(" ") === "throw succeed")
    task.headers = headersOf({ ...script, does: ["throw"] });
}

/** What is further away than a message can be delayed is released by the sweeper, and so is what a lost worker has leased. */
function needsSweeper(workflow: Workflow, { retries }: Pick<Circumstances, "retries">): boolean {
  return tasksOf(workflow).some(
    (task) => Math.max(task.delaySeconds ?? 0, task.retry?.backoffSeconds ?? 0) > 900 || (retries && dies(task)),
  );
}

// ---- The document ----------------------------------------------------------------------------------------------------

/** @param hidable - Names of an outer dag that a dag in here may have too: nothing in here refers to those. */
function documentOf(tree: Tree, count: Count, hidable: readonly string[]): Workflow {
  const partOf = (part: Tree) => documentOf(part, count, hidable);
  switch (tree.kind) {
    case "task":
      return taskOf(tree);
    case "sleep":
      return { sleep: tree.sleep };
    case "chain":
      return { chain: tree.parts.map(partOf) };
    case "group": {
      const group = tree.parts.map(partOf);
      return { group, ...hedgeOf(count.hedge(), group) };
    }
    case "map":
      return mapOf(tree, count, partOf);
    case "chord": {
      const header = "kind" in tree.parts ? mapOf(tree.parts, count, partOf) : tree.parts.map(partOf);
      const mayHedge =
        Array.isArray(header) || (header.map.maxConcurrency === undefined && header.map.hedge === undefined);
      return {
        chord: {
          header,
          ...(mayHedge ? hedgeOf(count.hedge(), Array.isArray(header) ? header : [header.map.each]) : {}),
          ...(tree.callback === null ? {} : { callback: partOf(tree.callback) }),
          ...whenOf(tree.when, "kind" in tree.parts ? tree.parts.items.length : tree.parts.length),
          ...(tree.onError === null ? {} : { onError: taskOf(tree.onError) }),
        },
      };
    }
    case "dag":
      return dagOf(tree, count, hidable);
  }
}

function mapOf({ part, items, maxConcurrency }: Mapped, count: Count, partOf: (part: Tree) => Workflow): MapWorkflow {
  const each = partOf(part);
  const bound = maxConcurrency === null ? hedgeOf(count.hedge(), [each]) : { maxConcurrency };
  return { map: { each, over: [...items], ...bound } };
}

/**
 * A copy may do what its member does at the same time, and so fail as it does: a script that succeeds at last gets the attempts for
 * that, and one that does not must fail in one way.
 */
function hedgeOf(hedge: number | null, members: readonly Workflow[]): { readonly hedge?: Hedge } {
  const tasks = members.flatMap(tasksOf);
  if (hedge === null || !tasks.every(mayOverlap)) return {};
  for (const task of tasks) {
    const fails = failsIn(task);
    if (task.retry?.maxAttempts !== undefined && fails > 0 && endsWell(task))
      task.retry.maxAttempts = Math.max(task.retry.maxAttempts, fails + 2);
  }
  return { hedge: { afterPercentile: hedge } };
}

const doesOf = ({ headers = {} }: Task) => scriptOf(headers).does;
/** Times that it fails before it succeeds. */
const failsIn = (task: Task) => doesOf(task).filter((act) => act === "throw" || act === "hang").length;
const endsWell = (task: Task) =>
  ["succeed", "skip"].includes(doesOf(task).at(-1) as string) && failsIn(task) < (task.retry?.maxAttempts ?? 3);
const mayOverlap = (task: Task) => doesOf(task).length === 1 || endsWell(task);

function whenOf(when: DrawnWhen | null, members: number): { readonly when?: When } {
  if (when === null) return {};
  if (typeof when === "string" || "tolerate" in when) return { when };
  return members === 0 ? {} : { when: { quorum: Math.max(1, members - when.nthLast) } };
}

/** Limits are shorter than the bodies that hang, and longer than those that do not. */
function taskOf({ doing: { does, maxAttempts }, seconds, value, args, more, name, backoffSeconds }: Leaf): Task {
  const task: Task = { task: name };
  if (args.length > 0) task.args = [...args];
  task.headers = headersOf({ does, seconds, value });
  if (does.length > 1 || does[0] !== "succeed")
    task.retry = { maxAttempts, backoffSeconds, maxBackoffSeconds: backoffSeconds };
  if (does.includes("hang")) task.timeoutSeconds = 50;
  return Object.assign(task, more);
}

function dagOf({ nodes, output }: Extract<Tree, { kind: "dag" }>, count: Count, hidable: readonly string[]): Workflow {
  const dag = count.dags++;
  const names = nodes.map((_, i) => hidable[i] ?? `d${dag}n${i}`);
  const nameOf = (i: number) => names[i] as string;
  const documents = nodes.map(({ part, edges, pick, path, condition }, i): DagNode => {
    const node: DagNode = documentOf(part, count, names.slice(i));
    const after: string[] = [];
    for (let from = 0; from < i; from++) {
      const kind = (edges >> (2 * from)) & 3;
      const inside = tasksOf(node);
      const user = kind >= 2 ? inside[pick % inside.length] : undefined;
      const taken = path !== null && nodes[from]?.part.kind === "task" ? { path } : {};
      if (user)
        user.args = [...(user.args ?? []), { x: [{ $result: nameOf(from) }] }, { $result: nameOf(from), ...taken }];
      if (kind === 1 || kind === 3) after.push(nameOf(from), nameOf(from));
    }
    const placed = after.length > 0 ? { ...node, after } : node;
    if (condition === null || condition.of >= i || startsWithSleep(part)) return placed;
    const { of, ...over } = condition;
    return nodes[of]?.part.kind === "task" ? { ...placed, if: { $result: nameOf(of), ...over } } : placed;
  });
  return {
    dag: {
      nodes: Object.fromEntries(documents.map((node, i) => [nameOf(i), node])),
      ...(output === null || output >= nodes.length ? {} : { output: nameOf(output) }),
    },
  };
}

/** What waits has no condition. */
function startsWithSleep(tree: Tree): boolean {
  if (tree.kind === "sleep") return true;
  if (tree.kind === "chain") return startsWithSleep(tree.parts[0] as Tree);
  return tree.kind === "dag" && tree.nodes.some(({ part }) => startsWithSleep(part));
}

function tasksOf(workflow: DagNode): Task[] {
  return "task" in workflow ? [workflow] : partsOf(workflow).flatMap(tasksOf);
}
