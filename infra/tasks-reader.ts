/**
 * A program of its own: imports a tasks module, TypeScript included, and says what its tasks need. constructs/tasks.ts
 * starts it, since a construct cannot wait for an import, and what a module does while it loads stays out of the synthesis.
 *
 * The answer goes to file descriptor 3: standard output belongs to the module.
 */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
// biome-ignore lint/style/noRestrictedImports: not a construct: it collects tasks as the functions will, from what they are made of
import { defaults, registryOf } from "../lib/lambda.ts";
import type { TasksAnswer } from "./constructs/tasks.ts";

const answerDescriptor = 3;

async function answer(file: string): Promise<TasksAnswer> {
  try {
    const namespace = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    // The exports of a CommonJS module arrive as the default one.
    const inner = namespace.default;
    const moduleExports = typeof inner === "object" && inner !== null ? { ...inner, ...namespace } : namespace;
    const tasks = [...registryOf(moduleExports).values()].map(({ name, queue, body, timeoutSeconds }) => ({
      name,
      queue,
      hasBody: body !== null,
      timeoutSeconds: timeoutSeconds ?? defaults.timeoutSeconds,
    }));
    return { kind: "tasks", tasks };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

const [, , file = ""] = process.argv;
writeSync(answerDescriptor, JSON.stringify(await answer(file)));
// Ends here even when the module has left a connection or a timer open.
process.kill(process.pid, "SIGKILL");
