/**
 * The trace that a run is in, as W3C Trace Context writes it (https://www.w3.org/TR/trace-context/). Pure.
 */
import { sha256 } from "./hash.ts";

/** Name of the header in a request. */
export const traceHeader = "traceparent";

/** A trace, and the span in it that everything of a run lies below. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** @returns Undefined for what is none: a trace is no reason to refuse a request. */
export function parseTraceParent(text: string): TraceParent | undefined {
  const [, traceId, spanId, flags = "00"] = pattern.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/**
 * The trace of a task: the one that the headers name, else one that follows from the run's id, so that every worker comes to the
 * same without being told.
 */
export function traceOf(run: string, headers: Readonly<Record<string, string | null>> | undefined): TraceParent {
  const given = headers?.[traceHeader];
  const parsed = typeof given === "string" ? parseTraceParent(given) : undefined;
  if (parsed !== undefined) return parsed;
  const hash = sha256(`trace of ${run}`);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48), sampled: true };
}

/** As the header has it. */
export function traceParentText({ traceId, spanId, sampled }: TraceParent): string {
  return `00-${traceId}-${spanId}-0${sampled ? 1 : 0}`;
}
