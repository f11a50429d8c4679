import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = new URL("../..", import.meta.url).pathname;

it.each([
  ["e2e:deploy", [], 0],
  ["its lane of verify, which lists it as not run", ["--only", "core", "--skip-code", "2"], 2],
] as const)("%s says at once that it is skipped where there is no Python", (_, more, code) => {
  const empty = mkdtempSync(join(tmpdir(), "tutti-no-python-"));
  try {
    const args = ["--conditions=source", "--import", "tsx", "test/e2e/main.ts", ...more];
    // No program is found there, and nothing that an earlier run has installed.
    const env = { PATH: empty, TMPDIR: empty };
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env, timeout: 30_000 });
    expect(stdout).toMatch(/^e2e:deploy is skipped: MiniStack .* cannot be installed: .*python3/m);
    expect(status).toBe(code);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
