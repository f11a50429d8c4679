/**
 * Composing workflows. Every function gives a plain workflow document: JSON.stringify of it is what a request holds.
 *
 * Nothing is checked here beyond types; parsing and compiling a request does that, with paths into the whole document.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import type { Json } from "../model/json.ts";
import { findJsonProblem } from "../model/json-problem.ts";
import type { Reference } from "../model/reference.ts";
import type {
  Chain,
  Chord,
  Dag,
  DagNode,
  Deadline,
  Group,
  Hedge,
  MapWorkflow,
  Sleep,
  When,
} from "../model/workflow.ts";
import {
  type Composable,
  type ComposableNode,
  type ComposableTask,
  documentOf,
  nodeDocumentOf,
  taskDocumentOf,
} from "./composable.ts";

/** One after the other; each gets the result of the one before as its first argument. The value is that of the last. */
export function chain(first: Composable, ...more: readonly Composable[]): Chain {
  return { chain: [first, ...more].map(documentOf) };
}

/** What is done about slow members. */
export interface HedgeOptions {
  /**
   * When that many percent of the members have ended (50 to 99), a second copy of each that is still at work is started,
   * and the first outcome counts. For tasks that may run twice at a time.
   *
   * @default none
   */
  readonly hedge?: Hedge;
}

/** All at once. The value is the list of results, in the order of the members as written. */
export function group(members: readonly Composable[], { hedge }: HedgeOptions = {}): Group {
  return { group: members.map(documentOf), ...(hedge === undefined ? {} : { hedge }) };
}

/** Makes sleeps. */
export interface MakeSleep {
  /**
   * Waits that long. No worker is taken meanwhile, and nothing is billed.
   *
   * @param seconds - A whole number, up to 365 days.
   */
  (seconds: number): Sleep;
  /**
   * Waits until a time; not at all when that is past.
   *
   * @param time - A Date, or ISO-8601 with a zone: `2026-12-01T08:00:00Z`.
   * @throws InvalidRequestError for a Date that is none.
   */
  until(time: Date | string): Sleep;
}

/**
 * An element that waits, anywhere in a workflow. In a chain, what comes after it gets the result of what came before it.
 *
 * @example
 * ```ts
 * chain(invite.with("ada"), sleep(3 * 86_400), remind)
 * ```
 */
export const sleep: MakeSleep = Object.assign((seconds: number): Sleep => ({ sleep: seconds }), {
  until: (time: Date | string): Sleep => ({ sleep: { until: typeof time === "string" ? time : isoTime(time) } }),
});

function isoTime(time: Date): string {
  if (Number.isNaN(time.getTime())) throw new InvalidRequestError("sleep.until", undefined, "must be a valid Date");
  return time.toISOString();
}

/** What a map runs over, and how much of it at the same time. */
export interface MapOptions extends HedgeOptions {
  /** The items, taken as they are, or the result of a dag node. @default the result of what comes before */
  readonly over?: readonly unknown[] | Reference;
  /** Members that run at the same time, at most. Not beside `hedge`. @default all */
  readonly maxConcurrency?: number;
}

/**
 * One copy of a workflow for each item, which it gets as its first argument, as it would the result of what comes before.
 * The value is the list of results, in the order of the items. Also the header of a {@link chord}.
 *
 * @throws InvalidRequestError naming an item that JSON cannot hold.
 */
export function map(each: Composable, { over, maxConcurrency, hedge }: MapOptions = {}): MapWorkflow {
  const problem = over === undefined ? null : findJsonProblem(over);
  if (problem) throw new InvalidRequestError(pathText("over", problem.path), problem.value, problem.rule);
  return {
    map: {
      each: documentOf(each),
      ...(over === undefined ? {} : { over: (Array.isArray(over) ? [...over] : { ...over }) as Json[] | Reference }),
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
      ...(hedge === undefined ? {} : { hedge }),
    },
  };
}

/** How a chord joins. */
export interface ChordOptions extends HedgeOptions {
  /**
   * `"all-succeeded"`: one failure fails the chord at once. `"all-settled"`: the callback gets `{status, value | error, taskId}`
   * of every member. `{tolerate: {count} | {percent}}`: the same, but the chord fails as soon as more have failed.
   * `{quorum: n}`: the callback is called at the n-th success; what is not settled then is SKIPPED for it.
   *
   * @default "all-succeeded"
   */
  readonly when?: When;
  /**
   * Ends members that the chord was decided without: what is queued is SKIPPED, what runs is REVOKED and told by its signal.
   *
   * @default false: they go on, and what they come to is recorded
   */
  readonly cancelRest?: boolean;
  /** After the release of the header, what is missing is settled as TIMED_OUT. @default none */
  readonly deadlineSeconds?: Deadline;
  /** Called once as `onError(ctx, {failed, total, failures}, ...bound)` when the chord fails. @default none */
  readonly onError?: ComposableTask;
}

/**
 * Members in parallel, then one callback with the list of all their results.
 *
 * @param header - The members, or a {@link map}.
 * @param callback - Called as `callback(ctx, results, ...bound)`. Without one the value is the list.
 */
export function chord(
  header: readonly Composable[] | MapWorkflow,
  callback?: Composable,
  options: ChordOptions = {},
): Chord {
  const { when, cancelRest, hedge, deadlineSeconds, onError } = options;
  return {
    chord: {
      header: isList(header) ? header.map(documentOf) : header,
      ...(callback === undefined ? {} : { callback: documentOf(callback) }),
      ...(when === undefined ? {} : { when }),
      ...(cancelRest === undefined ? {} : { cancelRest }),
      ...(hedge === undefined ? {} : { hedge }),
      ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
      ...(onError === undefined ? {} : { onError: taskDocumentOf(onError) }),
    },
  };
}

function isList(header: readonly Composable[] | MapWorkflow): header is readonly Composable[] {
  return Array.isArray(header);
}

/** What a dag is made of. */
export interface DagOptions {
  /** Nodes by name. Edges are {@link after} and `ref` in arguments. */
  readonly nodes: Readonly<Record<string, ComposableNode>>;
  /** The node whose value is the dag's. @default the object of the sinks' values by name */
  readonly output?: string;
}

/** Any acyclic graph. A node starts when all it refers to and comes after has succeeded. */
export function dag({ nodes, output }: DagOptions): Dag {
  const documents = Object.entries(nodes).map(([name, node]) => [name, nodeDocumentOf(node)] as const);
  return { dag: { nodes: Object.fromEntries(documents), ...(output === undefined ? {} : { output }) } };
}

/** A node of a dag that waits for others without their results. */
export function after(names: readonly string[], workflow: ComposableNode): DagNode {
  return { ...nodeDocumentOf(workflow), after: [...names] };
}

/**
 * A node of a dag that runs only if a result of another node, or a part of it, is a certain value. Else it is SKIPPED, and
 * with it what needs it.
 *
 * @param result - As `ref("check", "status")`. It makes an edge.
 * @param equals - Compared as JSON. A part that is not there equals nothing.
 */
export function onlyIf(result: Reference, equals: Json, workflow: ComposableNode): DagNode {
  return { ...nodeDocumentOf(workflow), if: { ...result, equals } };
}
