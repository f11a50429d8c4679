/**
 * What the tests of this folder share: engines that are closed after each test, and tasks of any arguments.
 */
import { afterEach } from "vitest";
import { z } from "zod";
import type { TaskContext } from "../../../lib/tasks/context.ts";
import { defineTask, type TaskOptions } from "../../../lib/tasks/define-task.ts";
import { createTestEngine, type TestEngine, type TestEngineOptions } from "../../../lib/testing/index.ts";

/** Where virtual time begins. */
export const startMs = Date.UTC(2026, 0, 1);

const engines: TestEngine[] = [];
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

export function engineOf(
  tasks: TestEngineOptions["tasks"],
  settings: NonNullable<TestEngineOptions["settings"]> = {},
): TestEngine {
  const engine = createTestEngine({ tasks, settings });
  engines.push(engine);
  return engine;
}

const any = z.array(z.any());

export function task(
  name: string,
  body: (ctx: TaskContext, ...args: never[]) => unknown,
  options: Partial<TaskOptions<typeof any>> = {},
) {
  return defineTask({ name, args: any, ...options }, body as never);
}

/** When each task was first entered, in seconds since the start; by its path. */
export function startsOf(engine: TestEngine): Readonly<Record<string, number>> {
  const starts = engine.calls.map(({ taskId, atMs }) => [taskId.replace(/^[^/]*\//, ""), (atMs - startMs) / 1000]);
  return Object.fromEntries(starts.reverse());
}
