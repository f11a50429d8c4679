/**
 * What the tests of this folder share: an engine that is closed after each test, and a chord of three.
 */
import { afterEach } from "vitest";
import { z } from "zod";
import { chord } from "../../../lib/canvas/canvas.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, type TestEngine, type TestEngineOptions } from "../../../lib/testing/index.ts";

/** Where virtual time begins. */
export const startMs = Date.UTC(2026, 0, 1);

export const double = defineTask({ name: "double", args: z.tuple([z.number()]) }, (_ctx, number) => number * 2);
export const add = defineTask({ name: "add", args: z.tuple([z.array(z.number())]) }, (_ctx, numbers) =>
  numbers.reduce((sum, number) => sum + number, 0),
);

/** 2 + 4 + 6. */
export const chordOfThree = chord([double.with(1), double.with(2), double.with(3)], add);

const engines: TestEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

export function engineOf(options: Partial<TestEngineOptions> = {}): TestEngine {
  const engine = createTestEngine({ tasks: { double, add }, ...options });
  engines.push(engine);
  return engine;
}

/** Bodies that were entered, as `path #attempt`. */
export function entered(engine: TestEngine): string[] {
  return engine.calls.map(({ runId, taskId, attempt }) => `${taskId.slice(runId.length + 1)} #${attempt}`);
}

/** Seconds since the engine began. */
export function secondsOf(engine: TestEngine): number {
  return (engine.clock.now() - startMs) / 1000;
}
