/**
 * Command lines: good ones with words dropped, doubled and replaced.
 */
import fc from "fast-check";
import { main } from "../../cli/program.ts";
import { exitCodes, fakeIo } from "../cli/fake-io.ts";
import { Harm } from "./guard.ts";

const lines: readonly (readonly string[])[] = [
  ["run", "file.json", "--timeout-seconds", "1", "--json"],
  ["submit", "-", "--id", "a", "--name", "b"],
  ["plan", "-", "--json"],
  ["status", "--json"],
  ["inspect", "run", "--verbose"],
  ["wait", "run", "--timeout-seconds", "1"],
  ["result", "run", "--json"],
  ["revoke", "run", "--reason", "text", "--yes"],
  ["pause", "run"],
  ["resume", "run"],
  ["retry", "run", "--tasks", "a,b"],
  ["report", "token", "--status", "succeeded", "--result", "{}"],
  ["cost", "run", "--json"],
  ["audit", "--all"],
  ["audit", "--from", "-"],
  ["worker", "--only", "tasks", "--queues", "default"],
];
const words = fc.oneof(
  fc.constantFrom(
    "",
    "-",
    "--",
    "--json",
    "--help",
    "--no-such",
    "-x",
    "__proto__",
    "--__proto__",
    "constructor",
    "toString",
  ),
  fc.constantFrom("--id=", "-1", "NaN", "1e999", "{}", "../../..", "\u0000", "\u001b[31m", "é", "a".repeat(3000)),
  fc.string({ maxLength: 12 }),
);

export interface CommandLine {
  readonly argv: readonly string[];
  readonly stdin: string;
}

export const commandLines: fc.Arbitrary<CommandLine> = fc.record({
  argv: fc
    .tuple(fc.nat(lines.length - 1), fc.array(fc.tuple(fc.nat(9), fc.nat(2), words), { maxLength: 3 }))
    .map(([at, changes]) =>
      changes.reduce<string[]>(
        (argv, [place, how, word]) =>
          argv.toSpliced(place % (argv.length + 1), how === 0 ? 0 : 1, ...(how === 2 ? [] : [word])),
        [...(lines[at] as readonly string[])],
      ),
    ),
  stdin: fc.constantFrom("", "{", "null", '{"task":"echo"}', '{"__proto__":{"polluted":1}}', "[".repeat(5000)),
});

const codes = new Set<number>(Object.values(exitCodes));

/** Nothing is deployed, so that whatever is asked is refused, or is about the command line alone. */
export async function checkCommandLine({ argv, stdin }: CommandLine): Promise<void> {
  const io = fakeIo({ stdin, cwd: "/nonexistent" });
  const code = await main(argv, io);
  if (!codes.has(code)) throw new Harm(`ended with ${code}`);
  if (code !== exitCodes.fine && io.stderr() === "" && io.stdout() === "")
    throw new Harm(`ended with ${code} and no word`);
  if (/\n {4}at .*:\d+:\d+/.test(io.stderr())) throw new Harm(`shows a stack trace: ${io.stderr()}`);
}
