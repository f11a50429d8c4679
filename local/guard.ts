/**
 * Sees to it that a process does not outlive this one, however this one ends.
 *
 * A shell waits for the end of a pipe that only this process holds open: a kill -9 closes it too, and a child that is
 * stuck in a loop, where no message reaches it, is ended all the same.
 */
import { spawn } from "node:child_process";

/**
 * Ends the process of that id when this one is gone. On Windows, which has no such shell, it does nothing.
 *
 * @returns Takes the guard away: call it when that process has ended, before its id can be another's.
 */
export function guardProcess(pid: number): () => void {
  if (process.platform === "win32") return () => {};
  const guard = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill -9 "$1" 2>/dev/null', "sh", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.on("error", () => {});
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => void guard.kill("SIGKILL");
}
