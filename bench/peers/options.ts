import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type System, systems } from "./systems.ts";

export interface PeersOptions {
  readonly what: "speed" | "kills";
  readonly systems: readonly System[];
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Where the systems are installed. */
  readonly folder: string;
  /** Where the data go. */
  readonly out: string;
}

const names = systems.map(({ name }) => name).join(", ");

export const usage = `usage: npm run bench -- --peers [--only NAME,…] [--sizes N,N,…] [--runs N] [--out FILE] [--folder DIR]
       npm run bench -- --kills [--only NAME,…] [--out FILE] [--folder DIR]

--peers times ours and other systems in one run, each with a process for its server, its worker and its client: from the start of
the submit to the first line of the callback's body. --kills kills the whole worker with SIGKILL up to 15 times while 50 chords
of 20 members run, three seeds, and counts the chords that never fired, that fired twice, and the time until all are done.

  --only NAME,…           some of: ${names} (--peers: all; --kills: tutti)
  --sizes N,N,…           members of the chords (1,10,100,1000,10000)
  --runs N                of each (5; at most 3 of 10,000 members and more)
  --out FILE              where the data go (bench/results/DATE-peers.json, DATE-kills.json)
  --folder DIR            where other systems are installed, and left for the next time (${join(tmpdir(), "tutti-bench-peers")})

Others are installed from the npm, PyPI, Go and Debian registries; one that cannot be is named and left out. Nothing but 127.0.0.1
is talked to. A run during which other programs had more than a quarter of a core is thrown away and tried again, four times
at most; what they had is in the data.

Exit code 1 when a measurement fails, 2 for wrong usage.

example: npm run bench -- --peers --only tutti,celery --sizes 10,1000`;

/** @throws TypeError for an unknown flag or a value that is not allowed. */
export function parseOptions(args: readonly string[], date: string): PeersOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: "boolean", default: false },
      kills: { type: "boolean", default: false },
      only: { type: "string" },
      sizes: { type: "string", default: "1,10,100,1000,10000" },
      runs: { type: "string", default: "5" },
      out: { type: "string" },
      folder: { type: "string", default: join(tmpdir(), "tutti-bench-peers") },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (values.peers === values.kills) throw new TypeError("--peers or --kills: one of them");
  const what = values.peers ? "speed" : "kills";
  return {
    what,
    systems: named(values.only ?? (what === "kills" ? "tutti" : names)),
    sizes: values.sizes.split(",").map((text) => wholeNumber("sizes", text)),
    runs: wholeNumber("runs", values.runs),
    folder: values.folder,
    out: values.out ?? join("bench", "results", `${date}-${what === "kills" ? "kills" : "peers"}.json`),
  };
}

function named(text: string): readonly System[] {
  return text.split(",").map((part) => {
    const found = systems.find(({ name }) => name === part.trim());
    if (found === undefined) throw new TypeError(`--only ${part.trim()}: must be some of ${names}`);
    return found;
  });
}

function wholeNumber(flag: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TypeError(`--${flag} ${text}: must be a whole number from 1 to 999999`);
}
