/**
 * `.tutti/dev.json`: where a running engine tells other commands how to reach it.
 */
import { mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { TuttiError } from "../lib/errors.ts";
import { type DevFile, devFileSchema } from "./connection.ts";

/** Another engine has the file. */
export class EngineRunningError extends TuttiError {
  override readonly name = "EngineRunningError";
  readonly code = "engine-unavailable";
}

/** The file of a folder. */
export function devFilePath(folder: string): string {
  return join(folder, ".tutti", "dev.json");
}

/**
 * Refuses to go on where an engine runs already. The file of one that is gone is passed over.
 *
 * @throws {@link EngineRunningError}
 */
export async function checkNoEngine(path: string): Promise<void> {
  const found = await readDevFile(path);
  if (found === undefined || found.pid === process.pid || !isAlive(found.pid)) return;
  throw new EngineRunningError(
    `an engine runs here already: ${path} names process ${found.pid} (SQS ${found.endpoints.sqs}); stop it, or remove the file if that is another program`,
  );
}

/** What a file says; undefined when there is none, or none that can be read. */
export async function readDevFile(path: string): Promise<DevFile | undefined> {
  try {
    return devFileSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes the file: a reader sees all of it or none. */
export async function writeDevFile(path: string, content: DevFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`);
  await rename(temporary, path);
}

/** Removes the file if it is this process's, and its folder if that leaves it empty. Repeatable. */
export async function removeDevFile(path: string): Promise<void> {
  const found = await readDevFile(path);
  if (found?.pid !== process.pid) return;
  await rm(path, { force: true });
  // Not empty, when data is kept beside it.
  await rmdir(dirname(path)).catch(() => {});
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process: it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
