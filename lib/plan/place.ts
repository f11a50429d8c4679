/**
 * What a canvas is told by what is around it.
 */
import type { JoinId, NodeId } from "../model/ids.ts";
import type { Headers } from "../model/workflow.ts";
import type { NameCache } from "./free-names.ts";
import type { Role } from "./policy.ts";
import type { Failure, Source, TaskCatalog } from "./types.ts";
import type { Draft, Exit } from "./units.ts";

/** What is the same for a whole plan. */
export interface Compilation {
  readonly draft: Draft;
  readonly catalog: TaskCatalog;
  /** Queues that some task with a body names, hence that a worker reads. */
  readonly queues: ReadonlySet<string>;
  /** The same of tasks that programs elsewhere run. No queue has both. */
  readonly outsideQueues: ReadonlySet<string>;
  readonly headers: Headers | undefined;
  /** Of the request. */
  readonly fairnessKey: string | undefined;
  /** Most members of one message, by queue; 1: each travels alone. */
  readonly packOf: (queue: string) => number;
  readonly leafSize: number;
  readonly fan: number;
  readonly buckets: (members: number) => number;
  readonly names: NameCache;
  /** Where the document says that a node waits. */
  readonly waitingAt: Map<NodeId, string>;
  /** Where it gives a chord its deadline, and whether that is computed. */
  readonly deadlineAt: Map<JoinId, { readonly doc: string; readonly isAuto: boolean }>;
}

/** The values of a dag's nodes, as far as they are compiled, and the dag around it. */
export interface Scope {
  readonly names: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, Source>;
  readonly outer: Scope | null;
}

/** Where a workflow stands. */
export interface Place {
  /** Path in the plan; empty at the root. */
  readonly path: string;
  /** Path in the document. */
  readonly doc: string;
  /** First argument of what starts it. */
  readonly input: Source | null;
  /** Where in the document the input is written, when it is an item of a map. */
  readonly itemDoc?: string;
  /** What starts it; null: the submit. */
  readonly releasedBy: Exit | null;
  readonly failure: Failure;
  readonly role: Role;
  readonly scope: Scope | null;
  /** Canvases around it. */
  readonly level: number;
}

/** A path one step further down. */
export function below(path: string, step: string): string {
  return path === "" ? step : `${path}/${step}`;
}
