/**
 * Spans of a run, by the OpenTelemetry API and an SDK as an application registers it.
 */
import { trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { openTelemetry } from "../../../lib/adapters/system/tracing.ts";
import { FatalError } from "../../../lib/errors.ts";
import { parseTraceParent, traceOf, traceParentText } from "../../../lib/model/traceparent.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
afterAll(() => provider.shutdown());

const args = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args }, async () => {
    trace.getTracer("of the user").startSpan("inner").end();
    return 1;
  }),
  fails: defineTask({ name: "fails", args }, async () => {
    throw new FatalError("broken");
  }),
  list: defineTask({ name: "list", args }, async () => [1, 2]),
  elsewhere: declareTask({ name: "elsewhere", queue: "printers", args }),
};
const chord = { chord: { header: [{ task: "one" }, { task: "one" }], callback: { task: "one" } } };
const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

let deployment: Deployment;
beforeEach(() => {
  exporter.reset();
  deployment = createDeployment({ tasks, tracing: openTelemetry });
});

async function spansOf(id: string, workflow: unknown, headers?: Record<string, string>): Promise<ReadableSpan[]> {
  const run = await deployment.until(
    deployment.client.submit(workflow as never, { id, ...(headers === undefined ? {} : { headers }) }),
  );
  await deployment.until(run.wait());
  return exporter.getFinishedSpans();
}

const tracesIn = (spans: readonly ReadableSpan[]) => new Set(spans.map((span) => span.spanContext().traceId));

describe("the spans of a run", () => {
  it("are one trace, which follows from its id: tasks, joins, and what a body makes itself", async () => {
    const spans = await spansOf("nightly", chord);
    const { traceId, spanId } = traceOf("nightly", undefined);
    expect(spans.map(({ name }) => name).sort()).toEqual([
      ...["inner", "inner", "inner"],
      ...["join .", "one", "one", "one"],
    ]);
    expect(tracesIn(spans)).toEqual(new Set([traceId]));
    const own = spans.filter(({ name }) => name !== "inner");
    expect(new Set(own.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([spanId]));
    const bodies = own.filter(({ name }) => name === "one").map((span) => span.spanContext().spanId);
    expect(
      spans
        .filter(({ name }) => name === "inner")
        .map(({ parentSpanId }) => parentSpanId)
        .sort(),
    ).toEqual(bodies.sort());
    expect(own.find(({ name }) => name === "one")?.attributes).toEqual({
      "tutti.run_id": "nightly",
      "tutti.task_id": "nightly/header[0]",
      "tutti.task": "one",
      "tutti.attempt": 1,
      "tutti.generation": 1,
    });
    expect(own.find(({ name }) => name === "join .")?.attributes).toMatchObject({ "tutti.decision": "callback" });
  });

  it("are in the trace of the request's traceparent", async () => {
    const spans = await spansOf("nightly", chord, { traceparent: given });
    expect(tracesIn(spans)).toEqual(new Set(["0af7651916cd43dd8448eb211c80319c"]));
    const parents = spans.filter(({ name }) => name === "join .").map(({ parentSpanId }) => parentSpanId);
    expect(parents).toEqual(["b7ad6b7169203331"]);
  });

  it("are in the trace of the run that a map is in", async () => {
    const spans = await spansOf("mapped", { chain: [{ task: "list" }, { map: { each: { task: "one" } } }] });
    expect(spans.filter(({ name }) => name === "one")).toHaveLength(2);
    expect(tracesIn(spans)).toEqual(new Set([traceOf("mapped", undefined).traceId]));
  });

  it("say that a task has failed, and with what", async () => {
    const [span] = await spansOf("daily", { task: "fails" });
    expect(span).toMatchObject({ name: "fails", status: { code: 2 }, events: [{ name: "exception" }] });
  });

  it("go on elsewhere: the message of an outside task has the traceparent", async () => {
    const run = await deployment.until(deployment.client.submit({ task: "elsewhere" } as never, { id: "printed" }));
    await deployment.advance(1);
    const [held] = await deployment.queue.receive("task:printers", 1);
    expect(JSON.parse(held?.body ?? "").headers).toEqual({
      traceparent: traceParentText(traceOf(run.runId, undefined)),
    });
  });
});

it("a body that throws is not changed by its span", async () => {
  const failing = openTelemetry.span({ name: "x", attributes: {} }, () => Promise.reject(undefined), String);
  await expect(failing).rejects.toBeUndefined();
});

describe("a traceparent", () => {
  it("is read as W3C Trace Context writes it, and written again", () => {
    expect(parseTraceParent(given)).toEqual({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      sampled: true,
    });
    for (const text of [given, given.replace(/01$/, "00")])
      expect(traceParentText(parseTraceParent(text) ?? traceOf("x", undefined))).toBe(text);
    expect(parseTraceParent(`${given.replace(/^00/, "01")}-more`)).toMatchObject({ sampled: true });
  });

  it.each([
    "",
    "ff".concat(given.slice(2)),
    given.toUpperCase(),
    given.replace(/b7ad\w+/, "0".repeat(16)),
    `${given}0`,
  ])("that is none is passed over: %s", (text) => {
    expect(traceOf("nightly", { traceparent: text })).toEqual(traceOf("nightly", {}));
  });

  it("of a run without one is valid, and the same in every worker", () => {
    const text = traceParentText(traceOf("nightly", { traceparent: null }));
    expect(text).toBe(traceParentText(traceOf("nightly", undefined)));
    expect(parseTraceParent(text)).toEqual(traceOf("nightly", undefined));
    expect(text).not.toBe(traceParentText(traceOf("daily", undefined)));
  });
});
