import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shells } from "../../cli/completion.ts";
import { createProgram } from "../../cli/program.ts";
import { exitCodes, fakeIo, json, tutti } from "./fake-io.ts";

const commands = (await createProgram(fakeIo())).commands;

/** What bash offers after the words. */
function offered(script: string, words: readonly string[]): string[] {
  const ask = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _tutti; echo "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", ask], { encoding: "utf8" }).trim().split(" ");
}

describe("completion", () => {
  it("offers commands, their options and the commands below them in bash", async () => {
    const { stdout } = await tutti(["completion", "bash"]);
    expect(offered(stdout, ["tutti", "re"])).toEqual(["result", "revoke", "resume", "retry", "report"]);
    expect(offered(stdout, ["tutti", "graph", "--fo"])).toEqual(["--format", "--fold-above"]);
    expect(offered(stdout, ["tutti", "dlq", "l"])).toEqual(["list"]);
  });

  it.each(shells)("has every command and option in %s", async (shell) => {
    const { stdout } = await tutti(["completion", shell]);
    for (const command of commands) {
      expect(stdout).toContain(command.name());
      for (const { long } of command.options)
        expect(stdout).toContain(shell === "fish" ? `-l ${long?.slice(2)}` : long);
    }
  });

  it("gives the script with --json, and refuses a shell that it does not know", async () => {
    const plain = await tutti(["completion", "zsh"]);
    expect(json((await tutti(["completion", "zsh", "--json"])).stdout).script).toBe(plain.stdout);
    expect((await tutti(["completion", "csh"])).exitCode).toBe(exitCodes.usage);
  });
});
