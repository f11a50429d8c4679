/**
 * Builders for plans: what a test does not say has the value that a bare task or join has.
 */
import { InvalidRequestError } from "../../../lib/errors.ts";
import { requestOf } from "../../../lib/model/request.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import { type CompileOptions, compile } from "../../../lib/plan/compile.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import type { Failure, Next, Plan, PlanJoin, PlanNode, Start, TaskCatalog, TaskInfo } from "../../../lib/plan/types.ts";

export const anyArgs: TaskInfo = { queue: "default", minArgs: 0, maxArgs: Number.POSITIVE_INFINITY };

/** Tasks that take anything. */
export const catalog: TaskCatalog = new Map(["a", "b", "c", "d", "e"].map((name) => [name, anyArgs]));

/** Nothing absorbs it. */
export const toHead: Failure = { decide: [], then: { kind: "head" } };

export const toNobody: Failure = { decide: [], then: { kind: "none" } };

/** The run fails once these joins have decided *error*. */
export const deciding = (...decide: readonly string[]): Failure => ({ decide, then: { kind: "head" } });

export function absorbedBy(join: string, index: number, ...decide: readonly string[]): Failure {
  return { decide, then: { kind: "slot", join, index } };
}

export function aNode(id: string, task: string, more: Partial<PlanNode> = {}): PlanNode {
  return {
    id,
    task,
    args: [],
    input: null,
    queue: "default",
    retry: { maxAttempts: 3, maxLost: 3, backoffSeconds: 1, maxBackoffSeconds: 60 },
    timeoutSeconds: 300,
    slot: null,
    next: [],
    failure: toHead,
    afterEnd: false,
    ...more,
  };
}

/** What a task used as callback has instead. */
export const asCallback = { timeoutSeconds: 900, softTimeoutSeconds: 600 };

export function aJoin(id: string, kind: PlanJoin["kind"], size: number, more: Partial<PlanJoin> = {}): PlanJoin {
  return {
    id,
    kind,
    size,
    leafSize: 4,
    fan: 256,
    buckets: 1,
    when: "all-succeeded",
    next: [],
    onError: null,
    failure: toHead,
    releasedBy: null,
    afterEnd: false,
    ...more,
  };
}

type Rest = Omit<Plan, "version" | "messagesPerRange" | "nodes" | "joins">;

export function aPlan(nodes: readonly PlanNode[], joins: readonly PlanJoin[], rest: Rest): Plan {
  return {
    version: 1,
    messagesPerRange: 100,
    nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
    joins: Object.fromEntries(joins.map((join) => [join.id, join])),
    ...rest,
  };
}

export const node = (id: string) => ({ kind: "node", node: id }) as const;
export const join = (id: string) => ({ kind: "join", join: id }) as const;
export const slot = (id: string, index: number) => ({ kind: "slot", join: id, index }) as const;
export const end = { kind: "end" } as const;

/** Every member travels alone, unless a test says otherwise. */
const alone: CompileOptions = { tasksPerMessage: () => 1 };

/** Parses and compiles a workflow as it would come from outside. */
export function plan(workflow: unknown, tasks: TaskCatalog = catalog, options: CompileOptions = {}): Plan {
  return compile(requestOf(parseWorkflowDocument(workflow)), tasks, { ...alone, ...options });
}

/** Compiles without parsing. */
export function compiled(workflow: Workflow, tasks: TaskCatalog = catalog, options: CompileOptions = {}): Plan {
  return compile(requestOf(workflow), tasks, { ...alone, ...options });
}

/** What a release starts, packs taken apart. */
export function unpacked(plan: Plan, starts: readonly Start[]): readonly Next[] {
  return starts.flatMap((start) => {
    if (start.kind !== "pack") return [start];
    return start.members.map((index) => plan.members[start.join]?.[index] as Extract<Next, { kind: "node" }>);
  });
}

/** What a call is refused with. */
export function refusal(call: () => unknown): {
  readonly path: string;
  readonly value: unknown;
  readonly rule: string;
} {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidRequestError) return { path: error.path, value: error.value, rule: error.rule };
    throw error;
  }
  throw new Error("was not refused");
}

/**
 * True when a call takes less processor time than that, at one of three tries. What other processes do meanwhile does not
 * count. Bounds leave a factor of two and more to what was measured.
 */
export function takesUnderMs(boundMs: number, call: () => unknown): boolean {
  return [1, 2, 3].some(() => {
    const before = process.cpuUsage();
    call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 < boundMs;
  });
}
