import { importDeployedTasks } from "../deployed-tasks.ts";
import { createControlFunction } from "../functions.ts";

export const handler = createControlFunction(await importDeployedTasks());
