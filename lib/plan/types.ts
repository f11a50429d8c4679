/**
 * The plan: a workflow in its flat, immutable form, compiled once at submit.
 *
 * Two kinds of unit. A *node* is one task. A *join* waits for several units and is then decided: chord headers, groups,
 * dag nodes with several parents, and the end of a dag with several sinks. Every relation is explicit: nothing at run
 * time infers who follows whom, or how many there are (S2).
 *
 * Everything here is plain JSON: the plan is stored, and fragments of it travel in messages.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { RetryPolicy } from "../model/task-info.ts";
import type { Chord, MapWorkflow } from "../model/workflow.ts";

export type { RetryPolicy, TaskCatalog, TaskInfo } from "../model/task-info.ts";

/** Where a value comes from. Resolved when a body starts, from stored outcomes that no longer change. */
export type Source =
  | { readonly kind: "node"; readonly node: NodeId }
  /** An item of a map, as it is. */
  | { readonly kind: "item"; readonly value: Json }
  /** The list of a join's members: values when all had to succeed, member outcomes when all had to settle. */
  | { readonly kind: "join"; readonly join: JoinId }
  /** The failure summary of a join that was decided *error*. */
  | { readonly kind: "failures"; readonly join: JoinId }
  /** A dag's sinks by name. */
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Source])[] };

/** What a success, or a decision *callback*, sets in motion. */
export type Next =
  | { readonly kind: "node"; readonly node: NodeId }
  /** Release the header of that join: start its members, and its deadline. */
  | { readonly kind: "join"; readonly join: JoinId }
  /** Settle that slot of that join: the unit's value is the member's value. */
  | { readonly kind: "slot"; readonly join: JoinId; readonly index: number }
  | { readonly kind: "end" };

/**
 * What a release starts: as {@link Next}, or several members of one leaf whose tasks share a queue and a fairness key and
 * travel in one message. Packing is fixed here, never computed by running code: two versions of it must not disagree.
 */
export type Start = Next | Pack;
export interface Pack {
  readonly kind: "pack";
  readonly join: JoinId;
  /** Numbers of the members, two or more; each is a task whose slot is in that join. */
  readonly members: readonly number[];
}

/** One lane of a bounded join, from its first open unit on. What releases start instead of its members; in no plan. */
export interface Lane {
  readonly kind: "lane";
  readonly join: JoinId;
  readonly lane: number;
}

/** How the members of a bounded join go: in units of so many, one after the other in each of so many lanes. */
export interface Lanes {
  readonly unitSize: number;
  readonly count: number;
}

/**
 * Where a failure goes, fixed at compile: joins that decide *error*, inner to outer, then what absorbs it or ends the run.
 *
 * `slot`: an enclosing all-settled header takes it as that member's outcome. `head`: nothing absorbs it, the run fails.
 * `skip`: what would have followed is skipped, up to the end, while everything else goes on. `none`: nobody waits for it (an
 * error callback).
 */
export interface Failure {
  readonly decide: readonly JoinId[];
  readonly then:
    | { readonly kind: "slot"; readonly join: JoinId; readonly index: number }
    | { readonly kind: "head" }
    | { readonly kind: "skip" }
    | { readonly kind: "none" };
}

/**
 * A condition over a stored result: it holds when that part of it is that value. What has one, and it does not hold, is
 * skipped.
 */
export interface Condition {
  /** As the document names it. */
  readonly name: string;
  readonly of: Source;
  readonly path?: string;
  readonly equals: Json;
}

/** One task of the plan, or a sleep. */
export interface PlanNode {
  readonly id: NodeId;
  readonly task: string;
  /** Empty for a sleep: no worker takes it. */
  readonly queue: string;
  /**
   * True for a sleep: a node without task, settled when its time has come. Its value is its `input`, or null where nothing
   * came before.
   */
  readonly sleep?: true;
  /** Set when a program elsewhere runs it: control hands it out, and reports settle it. */
  readonly outside?: true;
  /** The bound arguments. A `{"$result": name}` in a dag is kept as written and resolved through `results`. */
  readonly args: readonly Json[];
  /** First argument before the bound ones, or null (no predecessor, or `immutable`). */
  readonly input: Source | null;
  /** Sources of the `$result` references in `args`, by name. Absent when there are none. */
  readonly results?: Readonly<Record<string, Source>>;
  readonly label?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Whose work it is: its own key, else the request's. */
  readonly fairnessKey?: string;
  /** How long after its release it starts. */
  readonly delaySeconds?: number;
  /** Before that time it does not start. At most one of the two is there. */
  readonly notBeforeMs?: number;
  /** Hard limit of one attempt. */
  readonly timeoutSeconds: number;
  readonly softTimeoutSeconds?: number;
  readonly retry: RetryPolicy;
  /** Place of its slot: member `index` of the one join it feeds, or null: an item of its own. */
  readonly slot: { readonly join: JoinId; readonly index: number } | null;
  /** What its success sets in motion beside its slot. Empty for a node whose slot is in a join. */
  readonly next: readonly Next[];
  readonly failure: Failure;
  /** All must hold, or it is skipped. Looked at when it is ready. */
  readonly if?: readonly Condition[];
  /** True for nodes of error branches: they may start after the run has failed. */
  readonly afterEnd: boolean;
  /** Set for a map whose list is known at run time: no task, but a run of its own. Its list is what a task would get. */
  readonly map?: PlanMap;
}

/** What a map expands into once its list is known (docs/maps.md). */
export interface PlanMap {
  /** The map, without its list. */
  readonly map: Omit<MapWorkflow["map"], "over">;
  /** Set when the map is the header of a chord: what else is said of that. */
  readonly chord?: Omit<Chord["chord"], "header">;
  /** Of the request. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Of the request, as far as it holds here. */
  readonly onFailure?: "finish";
}

/** One join, of constant size: its members are listed apart, in {@link Plan.members}. */
export interface PlanJoin {
  readonly id: JoinId;
  readonly kind: "chord" | "group" | "dag";
  /** Number of members; 0 is decided as soon as it is released. */
  readonly size: number;
  /** Slots per tally leaf. */
  readonly leafSize: number;
  /** Children per inner tally. */
  readonly fan: number;
  /** Partition keys over which the tallies below the top are spread; 1: they lie with the run. */
  readonly buckets: number;
  readonly when: "all-succeeded" | "all-settled" | "tolerate" | "quorum";
  /** Failures that are tolerated, or successes that are enough. Only for those two. */
  readonly count?: number;
  /** Members without an outcome are ended when the join is decided early. */
  readonly cancelRest?: true;
  /** When that many percent of the members have ended, the others get a second copy. */
  readonly hedgePercentile?: number;
  /** After the decision *callback*. */
  readonly next: readonly Next[];
  /** Started after the decision *error*. */
  readonly onError: NodeId | null;
  /** Where the decision *error* goes on to; this join itself is not in the list. */
  readonly failure: Failure;
  /** All must hold before the header is released, or the join is skipped. */
  readonly if?: readonly Condition[];
  /**
   * Of a dag join: how many members skipped by choice make it skipped. `any`: what comes after them needs each; `all`: the
   * end of a dag. Other joins hand on to their callback that a member was skipped.
   */
  readonly skipped?: "any" | "all";
  /** What released its header (null: the submit); its time is the start of the deadline. */
  readonly releasedBy: Source | null;
  readonly deadlineSeconds?: number;
  /** Members that may run at the same time. Absent: all of them. */
  readonly maxConcurrency?: number;
  /** Set where that is fewer than there are. */
  readonly lanes?: Lanes;
  readonly afterEnd: boolean;
}

/** The parts of a plan that a message needs on the common path. */
export interface PlanFragment {
  readonly nodes: Readonly<Record<NodeId, PlanNode>>;
  readonly joins: Readonly<Record<JoinId, PlanJoin>>;
}

/** A whole plan. */
export interface Plan extends PlanFragment {
  readonly version: 1;
  /** Messages that a releaser sends itself; a longer list is cut into ranges of as many. */
  readonly messagesPerRange: number;
  /** Of the request: whose work its messages to control are. */
  readonly fairnessKey?: string;
  /** What the submit starts. */
  readonly start: readonly Next[];
  /** The run's value. */
  readonly output: Source;
  /** The task whose id `submit` hands back as `callbackTaskId`: the root chord's callback, else the node that gives the run's value. */
  readonly callback: NodeId | null;
  /** What fills slot `i` of a join: a node whose slot is there, or a unit whose value is taken over. */
  readonly members: Readonly<Record<JoinId, readonly Source[]>>;
  /** Set for a generation that runs tasks again which have succeeded: those tasks, and all that follows from them. */
  readonly again?: readonly NodeId[];
  /** What starts the members of a join's header, in header order. Empty for dag joins. */
  readonly releases: Readonly<Record<JoinId, readonly Start[]>>;
}
