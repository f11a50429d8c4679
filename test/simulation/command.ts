/**
 * Commands of the CLI as processes of a world: the program itself, whose every call may be its last. Who has typed it types it again
 * until it says that all is well, or what it refuses.
 */
import { type CliIo, exitCodes, type TextOutput } from "../../cli/io.ts";
import { createProgram, main } from "../../cli/program.ts";
import { createPortClient } from "../../lib/client/client.ts";
import type { FactSource, QueueRef } from "../../lib/ports/index.ts";
import type { OutsiderPorts, World } from "./world.ts";

/** How often somebody types a command that fails, or that nobody has answered. */
const patience = 3;

export function runCommand(world: World, words: readonly string[]): void {
  world.visit(async (ports, tries) => {
    let notes = "";
    const write = (text: string) => {
      notes += text;
    };
    const said = { ...nowhere, write };
    const code = await main(words, { ...ioFor(world, ports), out: said, err: said });
    const isDone = code === exitCodes.fine && !openText.test(notes);
    if (!isDone && tries < patience) throw new Error(`tutti ${words.join(" ")} ended with ${code}: ${notes}`);
  });
}

/**
 * What a command says whose request nobody has handled yet; and a fix that met another visit, or its own whose answer was lost: it
 * tells to look again.
 */
const openText = /nobody has handled it in 10 s|nothing was left to repair/;
const nowhere: TextOutput = { write: () => undefined, isTTY: false, columns: undefined };
const io: CliIo = {
  out: nowhere,
  err: nowhere,
  readStdin: async () => "",
  env: {},
  cwd: "/",
  exitWith: () => undefined,
  onInterrupt: () => () => undefined,
};

function ioFor(world: World, { coordinator, ...ports }: OutsiderPorts): CliIo {
  const client = createPortClient({
    ...ports,
    facts: factsOf(world),
    repair: (run, { sendAgain = false }) => coordinator.visit(run, { sendAgain }),
  });
  return { ...io, openClient: async () => client };
}

// A command is loaded when it is asked for, and virtual time does not wait for files: all of them are there already.
await createProgram(io);

const queues = ["request", "task:default"] as const satisfies readonly QueueRef[];

/** How long the queues are. */
function factsOf({ queue }: World): FactSource {
  return {
    async queues() {
      const asked = queues.map(
        async (name) =>
          [name, { exists: true, depth: await queue.depth(name), dead: await queue.depth(`dead:${name}`) }] as const,
      );
      return { queues: new Map(await Promise.all(asked)), allQueues: true };
    },
  };
}
