import { importDeployedTasks } from "../deployed-tasks.ts";
import { createWorkerFunction } from "../functions.ts";

export const handler = createWorkerFunction(await importDeployedTasks());
