/**
 * Command lines: good ones with words dropped, doubled and replaced, on a deployment that answers and a dead letter that is
 * damaged too.
 */
import fc from "fast-check";
import { main } from "../../cli/program.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createPortClient, type TuttiClient } from "../../lib/client/client.ts";
import { redrive } from "../../lib/client/letters.ts";
import { usEast1Prices } from "../../lib/model/prices.ts";
import type { FactSource, QueueRef } from "../../lib/ports/index.ts";
import { auditItems } from "../../lib/records/audit.ts";
import { exitCodes, type FakeIo, fakeIo } from "../cli/fake-io.ts";
import type { Deployment } from "../unit/client/deployment.ts";
import { commandLineOriginals as lines } from "./command-lines.ts";
import { corpus, messages } from "./corpus.ts";
import { damagedText } from "./damage.ts";
import { damagedExports } from "./exports.ts";
import { Harm } from "./guard.ts";
import { deploymentWithRuns } from "./stored-runs.ts";

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
  fc.constantFrom(
    "nightly",
    "bad",
    "mapped",
    "going",
    "going/[0]",
    "nightly/header[0]",
    "map",
    "m",
    "1",
    "1h",
    "--yes",
  ),
  fc.string({ maxLength: 12 }),
);

export interface CommandLine {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Body of a dead letter of the queue `default`. */
  readonly letter: string;
  /** What the user answers; null: there is nobody to ask. */
  readonly answer: boolean | null;
  /** Of the terminal; null: there is none. */
  readonly columns: number | null;
}

const stdins = fc.oneof(
  fc.constantFrom("", "{", "null", '{"task":"echo"}', '{"__proto__":{"polluted":1}}', "[".repeat(5000)),
  damagedText([...corpus.workflows, ...corpus.requests]),
  damagedText([usEast1Prices]),
  damagedExports,
);

export const commandLines: fc.Arbitrary<CommandLine> = fc.record({
  argv: fc
    .tuple(fc.nat(lines.length - 1), fc.array(fc.tuple(fc.nat(9), fc.nat(2), words), { maxLength: 2 }))
    .map(([at, changes]) =>
      nowhereWritten(
        changes.reduce<string[]>(
          (argv, [place, how, word]) =>
            argv.toSpliced(place % (argv.length + 1), how === 0 ? 0 : 1, ...(how === 2 ? [] : [word])),
          [...(lines[at] as readonly string[])],
        ),
      ),
    ),
  stdin: stdins,
  letter: damagedText(messages),
  answer: fc.constantFrom(null, true, false),
  columns: fc.constantFrom(null, 20, 80),
});

/** Where nothing can be read or written. */
const cwd = "/nonexistent";

/** The file that a command writes stays where nothing can be written, whatever came after its option. */
function nowhereWritten(argv: readonly string[]): readonly string[] {
  return argv.map((word, at) => (argv[at - 1] === "--out" ? "file" : word));
}

const codes = new Set<number>(Object.values(exitCodes));
/** All of them end in a fraction of it. */
const hangsAfterMs = 10_000;
/** How a command says of itself that it has crashed, to scripts and to people. */
const crashed = /"code":"internal-error"|this is a fault of tutti/;

/**
 * Whatever is typed ends, with a code and a word; what is wrong usage has sent nothing; and what is stored is as the protocol
 * wants it.
 */
export async function checkCommandLine({ argv, stdin, letter, answer, columns }: CommandLine): Promise<void> {
  const deployment = deploymentWithRuns();
  await deployment.queue.send("dead:task:default" as never, [{ body: letter, delaySeconds: 0 }], "fuzz");
  const sent: string[] = [];
  const client = clientOf(deployment, sent);
  const io = fakeIo({
    stdin,
    cwd,
    deployment: { ...deployment, client },
    ...(answer === null ? {} : { answer }),
    ...(columns === null ? {} : { columns }),
  });
  const code = await endOf(io, argv);
  if (!codes.has(code)) throw new Harm(`ended with ${code}`);
  if (code !== exitCodes.fine && io.stderr() === "" && io.stdout() === "")
    throw new Harm(`ended with ${code} and no word`);
  if (/\n {4}at .*:\d+:\d+/.test(io.stderr())) throw new Harm(`shows a stack trace: ${io.stderr()}`);
  if (crashed.test(io.stderr())) throw new Harm(`crashed: ${io.stderr()}`);
  if (code === exitCodes.usage && sent.length > 0)
    throw new Harm(`was wrong usage, and has sent to ${sent.join(", ")}`);
  const [violation] = auditItems(deployment.store.dump(), deployment.clock.now()).violations;
  if (violation !== undefined) throw new Harm(`harmed a run: ${JSON.stringify(violation)}`);
}

/** Turns of the event loop that a command which listens has before Ctrl-C; those that end by themselves take fewer. */
const turnsBeforeInterrupt = 500;

/** The exit code. Who listens to Ctrl-C is interrupted in the end: some commands go on until then. */
async function endOf(io: FakeIo, argv: readonly string[]): Promise<number> {
  const over = new AbortController();
  const impatient: FakeIo = {
    ...io,
    onInterrupt(run) {
      const unlisten = io.onInterrupt(run);
      let listening = true;
      const turn = (left: number): void => {
        if (!listening || over.signal.aborted) return;
        if (left === 0) io.interrupt();
        setImmediate(turn, left === 0 ? turnsBeforeInterrupt : left - 1);
      };
      turn(turnsBeforeInterrupt);
      return () => {
        listening = false;
        unlisten();
      };
    },
  };
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Harm(`did not end in ${hangsAfterMs / 1000} s`)), hangsAfterMs);
  });
  try {
    return await Promise.race([main(argv, impatient), hangs]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

const queues = ["request", "task:default", "task:hands"] as const satisfies readonly QueueRef[];

/** A client that may do all that one may in an account. */
function clientOf({ store, queue, clock, coordinator }: Deployment, sent: string[]): TuttiClient {
  const facts: FactSource = {
    async queues() {
      const asked = queues.map(
        (name) => [name, { exists: true, depth: queue.depth(name), dead: queue.depth(`dead:${name}`) }] as const,
      );
      return { queues: new Map(asked), allQueues: true };
    },
  };
  return createPortClient({
    store,
    queue: {
      send(name, outgoing, site) {
        sent.push(name);
        return queue.send(name, outgoing, site);
      },
    },
    clock,
    ids: createSeededIds(3),
    facts,
    queueDepths: async () =>
      queues.map((name) => ({
        queue: name.replace(/^task:/, ""),
        ...queue.depth(name),
        dead: queue.depth(`dead:${name}`).visible,
      })),
    letters: { queue, refs: queues },
    redrive: (ref, limit) => redrive(queue, ref, limit),
    purge: async () => queues,
    sweep: () => coordinator.sweep({ deadlineAtMs: clock.now() + 60_000 }),
    repair: (run, { sendAgain = false }) => coordinator.visit(run, { sendAgain }),
  });
}
