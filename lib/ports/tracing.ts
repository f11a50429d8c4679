/**
 * Spans of what a worker does, for whoever collects traces. Nothing depends on one: a call never fails what it tells of.
 */
import type { TraceParent } from "../model/traceparent.ts";

/** What a span says of itself. */
export interface SpanAbout {
  readonly name: string;
  /** By name, without what tells ours from those of others. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface Tracing {
  /** Runs something within a trace: spans that are made meanwhile belong to it. */
  within<T>(trace: TraceParent, run: () => Promise<T>): Promise<T>;
  /**
   * Runs something as a span, which is the current one meanwhile.
   *
   * @param errorIn - What went wrong, if anything did, of a result that is no throw.
   */
  span<T>(about: SpanAbout, run: () => Promise<T>, errorIn: (result: T) => unknown): Promise<T>;
  /** A span of something that has just happened: of the current trace, or where there is none, of that one. */
  mark(about: SpanAbout, trace: TraceParent): void;
}
