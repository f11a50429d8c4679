/**
 * Composing workflows. Every function gives a plain workflow document: JSON.stringify of it is what a request holds.
 *
 * Nothing is checked here beyond types; parsing and compiling a request does that, with paths into the whole document.
 */

import type { Json } from "../model/json.ts";
import type { Reference } from "../model/reference.ts";
import type { Chain, Chord, Dag, DagNode, Deadline, Group, MapOver, When } from "../model/workflow.ts";
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

/** All at once. The value is the list of results, in the order of the members as written. */
export function group(members: readonly Composable[]): Group {
  return { group: members.map(documentOf) };
}

/** What a map runs over, and how. */
export interface MapOptions {
  /** The list: as written, or {@link ref} to a dag node's result. @default the result that comes before */
  readonly over?: readonly Json[] | Reference;
  /** Items at work at the same time. @default all */
  readonly maxConcurrency?: number;
}

/**
 * One copy of a workflow for each item of a list, which it gets as its first argument. The value is the list of results, in
 * the order of the items; of no items it is the empty list.
 *
 * As the header of a {@link chord} its callback gets that list.
 */
export function map(each: Composable, { over, maxConcurrency }: MapOptions = {}): MapOver {
  return {
    map: {
      each: documentOf(each),
      ...(over === undefined ? {} : { over: isList(over) ? [...over] : over }),
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    },
  };
}

function isList(over: readonly Json[] | Reference): over is readonly Json[] {
  return Array.isArray(over);
}

/** How a chord joins. */
export interface ChordOptions {
  /**
   * `"all-succeeded"`: one failure fails the chord at once. `"all-settled"`: the callback gets `{status, value | error, taskId}`
   * of every member. `{tolerate: {count} | {percent}}`: the same, but the chord fails as soon as more have failed.
   * `{quorum: n}`: the callback is called at the n-th success; what is not settled then is SKIPPED for it.
   *
   * @default "all-succeeded"
   */
  readonly when?: When;
  /** After the release of the header, what is missing is settled as TIMED_OUT. @default none */
  readonly deadlineSeconds?: Deadline;
  /** Called once as `onError(ctx, {failed, total, failures}, ...bound)` when the chord fails. @default none */
  readonly onError?: ComposableTask;
}

/**
 * Members in parallel, then one callback with the list of all their results.
 *
 * @param header - The members, or a {@link map} that makes one for each item of its list.
 * @param callback - Called as `callback(ctx, results, ...bound)`. Without one the value is the list.
 */
export function chord(
  header: readonly Composable[] | MapOver,
  callback?: Composable,
  options: ChordOptions = {},
): Chord {
  const { when, deadlineSeconds, onError } = options;
  return {
    chord: {
      header: isMap(header) ? header : header.map(documentOf),
      ...(callback === undefined ? {} : { callback: documentOf(callback) }),
      ...(when === undefined ? {} : { when }),
      ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
      ...(onError === undefined ? {} : { onError: taskDocumentOf(onError) }),
    },
  };
}

function isMap(header: readonly Composable[] | MapOver): header is MapOver {
  return !Array.isArray(header);
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
export function after(names: readonly string[], workflow: Composable): DagNode {
  return { ...documentOf(workflow), after: [...names] };
}
