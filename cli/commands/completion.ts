/**
 * `tutti completion`: completion of commands and options, for shells.
 */
import { Argument, type Command } from "commander";
import { completionScript, type Shell, shells } from "../completion.ts";
import type { CliIo } from "../io.ts";
import { addExample, addJsonOption, type CommonFlags } from "../options.ts";
import { writeJson } from "../output/json.ts";

export function registerCompletion(program: Command, io: CliIo): void {
  const command = program
    .command("completion")
    .description("print a script that completes commands and options in your shell")
    .addArgument(new Argument("<SHELL>", "your shell").choices(shells))
    .action((shell: Shell, flags: CommonFlags) => {
      const script = completionScript(program, shell);
      if (flags.json === true) writeJson(io, { schemaVersion: 1, shell, script });
      else io.out.write(script);
    });
  addExample(
    addJsonOption(command),
    "source <(tutti completion bash)",
    "tutti completion fish > ~/.config/fish/completions/tutti.fish",
  );
}
