/**
 * Completion for shells, made of the commands and options themselves. Pure: the same program gives the same script.
 */
import type { Command } from "commander";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  /** Names of commands below it. */
  readonly below: readonly string[];
}

/** The script for a shell. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = program.commands.map(completedOf);
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
  }
}

function completedOf(command: Command): Completed {
  const all = [command, ...command.commands].flatMap((one) => one.options);
  const options = new Map(all.flatMap(({ long, description }) => (long ? [[long, description] as const] : [])));
  return {
    name: command.name(),
    description: command.description(),
    options: [...options].map(([flag, description]) => ({ flag, description })),
    below: command.commands.map((one) => one.name()),
  };
}

function wordsOf({ below, options }: Completed): string {
  return [...below, ...options.map(({ flag }) => flag), "--help"].join(" ");
}

function bash(commands: readonly Completed[]): string {
  return `# tutti completion bash: source this, or put it into /etc/bash_completion.d
_tutti() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(" ")} help --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${commands.map((one) => `      ${one.name}) words="${wordsOf(one)}" ;;`).join("\n")}
      help) words="${commands.map(({ name }) => name).join(" ")}" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tutti tutti
`;
}

/** Within single quotes of a shell, and of _describe, which takes a colon for the end of the word. */
function quoted(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/:/g, "\\:");
}

function zsh(commands: readonly Completed[]): string {
  const entries = (list: readonly (readonly [string, string])[]) =>
    list.map(([word, description]) => `'${word}:${quoted(description)}'`).join(" ");
  const caseOf = ({ name, below, options }: Completed) => {
    const all = options.map(({ flag, description }) => [flag, description] as const);
    return `    ${name}) options=(${entries([...below.map((one) => [one, ""] as const), ...all])}) ;;`;
  };
  return `#compdef tutti
# tutti completion zsh: put it into a folder of $fpath as _tutti
_tutti() {
  local -a commands options
  if (( CURRENT == 2 )); then
    commands=(${entries(commands.map(({ name, description }) => [name, description] as const))})
    _describe command commands
    return
  fi
  case "\${words[2]}" in
${commands.map(caseOf).join("\n")}
  esac
  _describe option options
  _files
}
compdef _tutti tutti
`;
}

function fish(commands: readonly Completed[]): string {
  const text = (description: string) => description.replace(/\\/g, "\\\\").replace(/'/g, "\\'");
  const lines = commands.flatMap(({ name, description, options, below }) => [
    `complete -c tutti -n __fish_use_subcommand -f -a ${name} -d '${text(description)}'`,
    ...below.map((one) => `complete -c tutti -n '__fish_seen_subcommand_from ${name}' -f -a ${one}`),
    ...options.map(
      (one) =>
        `complete -c tutti -n '__fish_seen_subcommand_from ${name}' -l ${one.flag.slice(2)} -d '${text(one.description)}'`,
    ),
  ]);
  return `# tutti completion fish: put it into ~/.config/fish/completions/tutti.fish\n${lines.join("\n")}\n`;
}
