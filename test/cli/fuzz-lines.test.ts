/**
 * The command lines that `npm run verify:fuzz` damages: of every command there must be one, with each of its options.
 */
import type { Command } from "commander";
import { expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { commandLineOriginals, findsDeployment, leftOut } from "../fuzz/command-lines.ts";
import { fakeIo } from "./fake-io.ts";

interface Leaf {
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** A command with what is below it. Its own options are asked for too where it only shows what is below. */
function leavesOf(command: Command, above: readonly string[]): readonly Leaf[] {
  const words = [...above, command.name()];
  const options = command.options.map(({ long }) => long as string);
  return [{ words, options }, ...command.commands.flatMap((inner) => leavesOf(inner, words))];
}

const leaves = (await createProgram(fakeIo())).commands.flatMap((command) => leavesOf(command, []));
const said = new Set(commandLineOriginals.flat());
/** What names a deployment: in one line, for all commands. */
const deployment = ["--table", "--request-queue-url", "--region", "--stack", "--endpoint-dynamodb", "--endpoint-sqs"];
const shared = ["--json", "--no-color", ...deployment];

it.each(leaves.map((leaf) => [leaf.words.join(" "), leaf] as const))("has a line of tutti %s", (_name, leaf) => {
  const { words, options } = leaf;
  const own = commandLineOriginals.filter((line) => words.every((word, at) => line[at] === word));
  const given = new Set(own.flat());
  const missing = options.filter((option) => !given.has(option) && !(option in leftOut) && !shared.includes(option));
  expect({ lines: own.length > 0, missing }).toEqual({ lines: true, missing: [] });
});

it("has the options of all commands in one line at least", () => {
  expect(shared.filter((option) => !said.has(option))).toEqual([]);
});

it("has no option that acts on the machine, and none that would ask AWS", () => {
  expect(Object.keys(leftOut).filter((option) => said.has(option))).toEqual([]);
  const asking = commandLineOriginals.filter(([name = ""]) => findsDeployment.includes(name)).flat();
  expect(asking.filter((word) => deployment.includes(word))).toEqual([]);
});
