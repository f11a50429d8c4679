// What the programs of all systems share: the ledger, the bodies, the lines between driver and client.
import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const ledger = openSync(process.env.BENCH_LEDGER, "a");

/** CLOCK_MONOTONIC, which all processes of a machine share. */
const now = () => process.hrtime.bigint();

/** One effect, one line: atomic with O_APPEND, and it outlives a SIGKILL of its writer. */
const note = (event, id, value) => writeSync(ledger, `${event} ${id} ${value} ${now()}\n`);

export const port = (at) => Number(process.env[`BENCH_PORT_${at}`]);

/** How many members may be under way at once. */
export const concurrency = (otherwise) => Number(process.env.BENCH_CONCURRENCY ?? otherwise);

/** Runs at most `limit` of the functions handed to it at once. */
export function limiter(limit) {
  const waiting = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise((go) => waiting.push(go));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Member `i` of chord `id`; answers `i`, so that the callback can see that all are there. */
export async function member(id, i, kind) {
  if (kind === "noop") return i;
  note("begin", id, i);
  await sleep(Number(process.env.WORK_MS ?? 10 + ((i * 37) % 41)));
  note("end", id, i);
  return i;
}

/** The callback of a chord: one line with the number of different results it was given. */
export const callback = (id, results) => note("fired", id, new Set(results).size);

/** What is called instead of the callback, in systems that have such a thing. */
export const gaveUp = (id) => note("gave-up", id, 0);

/** Step `k` of a chain of `n`; the last one leaves the line. */
export function step(id, k, n) {
  if (k === n - 1) note("fired", id, n);
  return k;
}

/** Reads `{op, ids, n, kind}` lines, submits them, answers `{t0, t1}` in nanoseconds. */
export async function serve(submit) {
  process.stdout.write("READY\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const t0 = now();
    await submit(request);
    process.stdout.write(`${JSON.stringify({ t0: Number(t0), t1: Number(now()) })}\n`);
  }
}
