/**
 * Writing a file so that no reader, and no crash, ever sees half of it.
 */
import { promises as fs } from "node:fs";
import path from "node:path";

/**
 * Replaces a file as a whole: written beside it, then renamed over it. The folder is made when it is missing.
 *
 * @param attempt - Number of the execution, from 1. Each writes under a name of its own, and removes what the ones before it
 *   left behind when they were killed.
 */
export async function replaceFile(file: string, content: string, attempt: number): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const temporary = temporaryName(file, attempt);
  await fs.writeFile(temporary, content, { flush: true });
  await fs.rename(temporary, file);
  for (let earlier = 1; earlier < attempt; earlier++) await fs.rm(temporaryName(file, earlier), { force: true });
}

function temporaryName(file: string, attempt: number): string {
  return `${file}.${attempt}.partial`;
}
