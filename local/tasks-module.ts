/**
 * Finds and loads the tasks module of a project.
 *
 * TypeScript is read by tsx, registered in this process and then imported: so the module's `import "tutti"` is the very
 * instance that runs it (tsx's own `tsImport` would make a second one). In a project without `"type": "module"` a
 * TypeScript file is CommonJS and gets a copy of its own all the same; definitions and errors are known by their brands,
 * so it works alike.
 */
import { readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { TuttiError } from "../lib/errors.ts";
import { checkScheduled } from "../lib/plan/check-scheduled.ts";
import type { TaskCatalog } from "../lib/plan/types.ts";
import { type ScheduleDefinition, schedulesOf } from "../lib/tasks/define-schedule.ts";
import { catalogOf, registryOf, type TaskRegistry } from "../lib/tasks/registry.ts";
import { importModule } from "./import-module.ts";

/** A loaded tasks module. */
export interface TasksModule {
  /** Absolute path. */
  readonly file: string;
  readonly registry: TaskRegistry;
  readonly catalog: TaskCatalog;
  /** Their requests are checked. */
  readonly schedules: readonly ScheduleDefinition[];
}

/** There is no tasks module, or it cannot be loaded, or it holds no task. */
export class TasksModuleError extends TuttiError {
  override readonly name = "TasksModuleError";
  readonly code = "invalid-tasks";
}

/** Where a tasks module is looked for when nobody names one, after `tutti.tasks` of package.json. */
const usualPlaces = ["src/tasks.ts", "tasks.ts"] as const;

export interface FindOptions {
  /** Where relative paths start. */
  readonly cwd: string;
  /** As the user gave it. @default `tutti.tasks` of package.json, then src/tasks.ts, then tasks.ts */
  readonly file?: string | undefined;
}

/**
 * The path of the tasks module, absolute; undefined when nobody named one and there is none in the usual places.
 *
 * @throws {@link TasksModuleError} when a file is named that does not exist.
 */
export async function findTasksModule({ cwd, file }: FindOptions): Promise<string | undefined> {
  if (file !== undefined) return existing(resolve(cwd, file), file);
  const configured = await configuredTasks(cwd);
  if (configured !== undefined)
    return existing(resolve(cwd, configured), `${configured} ("tutti": { "tasks": … } in package.json)`);
  for (const place of usualPlaces) {
    const path = join(cwd, place);
    if (await isFile(path)) return path;
  }
  return undefined;
}

async function existing(path: string, named: string): Promise<string> {
  if (await isFile(path)) return path;
  throw new TasksModuleError(`the tasks module ${named} does not exist: looked for ${path}`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

const packageSchema = z.object({ tutti: z.object({ tasks: z.string().optional() }).optional() });

async function configuredTasks(cwd: string): Promise<string | undefined> {
  const path = join(cwd, "package.json");
  if (!(await isFile(path))) return undefined;
  const parsed = packageSchema.safeParse(await readJson(path));
  if (!parsed.success)
    throw new TasksModuleError(`${path}: "tutti" must be an object such as { "tasks": "src/tasks.ts" }`);
  return parsed.data.tutti?.tasks;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new TasksModuleError(`${path} is not JSON`, { cause });
  }
}

/**
 * Loads a tasks module. Its top level runs, in this process.
 *
 * @param file - Absolute path.
 * @throws {@link TasksModuleError} when it throws while it loads, or exports no task; InvalidTasksError when two tasks or
 *   schedules have one name; InvalidRequestError when a schedule's workflow is none.
 */
export async function loadTasksModule(file: string): Promise<TasksModule> {
  const moduleExports = await exportsOf(file);
  const registry = registryOf(moduleExports);
  if (registry.size === 0) {
    throw new TasksModuleError(
      `${file} exports no task: export what defineTask returns, for example export const resize = defineTask({ name: "resize", … }, …)`,
    );
  }
  const catalog = catalogOf(registry);
  const schedules = schedulesOf(moduleExports);
  checkScheduled(schedules, catalog);
  return { file, registry, catalog, schedules };
}

async function exportsOf(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const namespace = await importModule(file);
    // The exports of a CommonJS module arrive as the default one.
    const inner = namespace.default;
    return typeof inner === "object" && inner !== null ? { ...inner, ...namespace } : namespace;
  } catch (cause) {
    throw new TasksModuleError(`${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Every queue a module's tasks are on, in order of appearance; tasks without a body, which others run, included. */
export function queuesOf(registry: TaskRegistry): readonly string[] {
  return [...new Set([...registry.values()].map(({ queue }) => queue))];
}

/** The queues a worker with this module reads: those of its tasks with a body. Others' workers read the rest. */
export function servedQueues(registry: TaskRegistry): readonly string[] {
  const withBody = [...registry.values()].filter(({ body }) => body !== null);
  return [...new Set(withBody.map(({ queue }) => queue))];
}

/** A path as a person at `cwd` would write it. */
export function shownPath(cwd: string, path: string): string {
  const shown = relative(cwd, path);
  return shown.startsWith("..") ? path : shown;
}
