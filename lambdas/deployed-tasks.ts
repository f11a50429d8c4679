/** The tasks module beside a deployed function, for the entry points that are bundled without one. */
import { InvalidEnvironmentError, readEnvironment } from "./environment.ts";
import type { TasksModuleExports } from "./functions.ts";

/**
 * Imports the module that `TUTTI_TASKS_MODULE` names, from the function's folder.
 *
 * @throws {@link InvalidEnvironmentError} when none is named.
 */
export async function importDeployedTasks(): Promise<TasksModuleExports> {
  const { tasksModule } = readEnvironment();
  if (tasksModule === undefined)
    throw new InvalidEnvironmentError(["TUTTI_TASKS_MODULE is not set: it names the bundled tasks module"]);
  return (await import(new URL(tasksModule, `file://${process.cwd()}/`).href)) as TasksModuleExports;
}
