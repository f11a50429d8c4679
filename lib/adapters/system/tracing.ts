/**
 * Spans by the OpenTelemetry API: without an SDK that somebody has registered each call does nothing.
 *
 * The API finds the SDK in a global of the process, so it need not be the copy that the application has. But it passes over
 * one that was registered by an older copy than itself: therefore this one is not the newest.
 */
import {
  context,
  type Exception,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import type { TraceParent } from "../../model/traceparent.ts";
import type { SpanAbout, Tracing } from "../../ports/tracing.ts";

/** Name of the instrumentation, as a collector shows it. */
const tracerName = "tutti";

export const openTelemetry: Tracing = {
  within: (parent, run) => context.with(contextOf(parent), run),

  span: ({ name, attributes }, run, errorIn) =>
    trace
      .getTracer(tracerName)
      .startActiveSpan(name, { kind: SpanKind.CONSUMER, attributes: ownAttributes(attributes) }, async (span) => {
        try {
          const result = await run();
          fail(span, errorIn(result));
          return result;
        } catch (error) {
          fail(span, error ?? new Error(String(error)));
          throw error;
        } finally {
          span.end();
        }
      }),

  mark({ name, attributes }, parent) {
    const current = trace.getSpanContext(context.active()) === undefined ? contextOf(parent) : context.active();
    trace
      .getTracer(tracerName)
      .startSpan(name, { attributes: ownAttributes(attributes) }, current)
      .end();
  },
};

function ownAttributes(attributes: SpanAbout["attributes"]): SpanAbout["attributes"] {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`tutti.${name}`, value]));
}

function contextOf({ traceId, spanId, sampled }: TraceParent) {
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function fail(span: Span, error: unknown): void {
  if (error === undefined) return;
  try {
    const exception: Exception = error instanceof Error ? error : String(error);
    span.recordException(exception);
    span.setStatus({ code: SpanStatusCode.ERROR });
  } catch {
    // What was thrown throws when it is looked at.
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
}
