/**
 * A program of its own: imports a tasks module, TypeScript included, and says what its tasks need. constructs/tasks.ts
 * starts it, since a construct cannot wait for an import, and what a module does while it loads stays out of the synthesis.
 *
 * The answer goes to file descriptor 3: standard output belongs to the module.
 */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { ScheduleDefinition } from "../lib/index.ts";
// biome-ignore lint/style/noRestrictedImports: not a construct: it collects tasks as the functions will, from what they are made of
import { catalogOf, checkScheduled, defaults, registryOf, schedulesOf } from "../lib/lambda.ts";
import type { ScheduleFacts, TasksAnswer } from "./constructs/tasks.ts";

const answerDescriptor = 3;

async function answer(file: string): Promise<TasksAnswer> {
  try {
    const namespace = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    // The exports of a CommonJS module arrive as the default one.
    const inner = namespace.default;
    const moduleExports = typeof inner === "object" && inner !== null ? { ...inner, ...namespace } : namespace;
    const registry = registryOf(moduleExports);
    const schedules = schedulesOf(moduleExports);
    if (schedules.length > 0) checkScheduled(schedules, catalogOf(registry));
    const tasks = [...registry.values()].map(({ name, queue, body, timeoutSeconds }) => ({
      name,
      queue,
      hasBody: body !== null,
      timeoutSeconds: timeoutSeconds ?? defaults.timeoutSeconds,
    }));
    return { kind: "tasks", tasks, schedules: schedules.map(factsOf) };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

function factsOf({ name, cron, rate, timeZone, request }: ScheduleDefinition): ScheduleFacts {
  return {
    name,
    expression: cron === undefined ? `rate(${rate})` : `cron(${cron})`,
    timeZone,
    // Scheduler puts the time in its place: the same in every delivery of one fire.
    request: JSON.stringify(request("<aws.scheduler.scheduled-time>")),
  };
}

const [, , file = ""] = process.argv;
writeSync(answerDescriptor, JSON.stringify(await answer(file)));
// Ends here even when the module has left a connection or a timer open.
process.kill(process.pid, "SIGKILL");
