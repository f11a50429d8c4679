/**
 * What the stack needs to know of the tasks, their queues and time limits, and of the schedules beside them: read from
 * the tasks module at synthesis.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { InvalidTasksError } from "../../lib/index.ts";
import { fromSource, ownModule } from "./source.ts";

const taskSchema = z.object({
  name: z.string(),
  queue: z.string(),
  /** False for a task that a program in another language runs. */
  hasBody: z.boolean(),
  /** Hard limit of one attempt, the default filled in. */
  timeoutSeconds: z.number(),
});
/** A task, as far as the stack looks. */
export type TaskFacts = z.infer<typeof taskSchema>;

const scheduleSchema = z.object({
  name: z.string(),
  /** As EventBridge Scheduler has it: `cron(…)` or `rate(…)`. */
  expression: z.string(),
  timeZone: z.string(),
  /** What it sends, as JSON, with a keyword of Scheduler in the place of the time. */
  request: z.string(),
});
/** A schedule, as far as the stack looks. */
export type ScheduleFacts = z.infer<typeof scheduleSchema>;

const answerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("tasks"), tasks: z.array(taskSchema), schedules: z.array(scheduleSchema) }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);
/** What tasks-reader.ts writes. */
export type TasksAnswer = z.infer<typeof answerSchema>;

/** A module takes well under a second to load; one that waits for something would wait for ever. */
const loadTimeoutMs = 60_000;

/** The tasks module of a stack. */
export interface TasksModule {
  /** Absolute path. */
  readonly file: string;
  /** At least one. */
  readonly tasks: readonly TaskFacts[];
  readonly schedules: readonly ScheduleFacts[];
}

/**
 * Reads a tasks module, in a process of its own.
 *
 * @param named - Its path as the user gave it, from the working directory.
 * @throws InvalidTasksError when it does not exist, cannot be loaded or exports no task, two tasks or schedules have one
 *   name, or a schedule's workflow is none.
 */
export function readTasks(named: string): TasksModule {
  const file = resolve(named);
  if (!existsSync(file)) throw new InvalidTasksError(`the tasks module ${named} does not exist: looked for ${file}`);
  const answer = askReader(file);
  if (answer.kind === "failed") throw new InvalidTasksError(`the tasks module ${named}: ${answer.message}`);
  const { tasks, schedules } = answer;
  if (tasks.length > 0) return { file, tasks, schedules };
  throw new InvalidTasksError(
    `the tasks module ${named} exports no task: export what defineTask returns, for example export const resize = defineTask({ name: "resize", … }, …)`,
  );
}

function askReader(file: string): TasksAnswer {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const conditions = fromSource ? ["--conditions=source"] : [];
  const run = spawnSync(process.execPath, [...conditions, "--import", tsx, ownModule("infra/tasks-reader"), file], {
    // What the module prints is for people: to standard error, as the CDK's own progress.
    stdio: ["ignore", 2, 2, "pipe"],
    encoding: "utf8",
    timeout: loadTimeoutMs,
  });
  const text = run.output?.[3];
  if (text) return answerSchema.parse(JSON.parse(text));
  const why = run.error?.message ?? `its process ended with ${run.signal ?? `code ${run.status}`}`;
  return { kind: "failed", message: `it could not be loaded: ${why}` };
}
