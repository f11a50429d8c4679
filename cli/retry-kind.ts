/**
 * `tutti retry --error`: what kinds of errors runs have failed with, and a retry of all runs of one kind.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import type { FailedRun, FailuresReport } from "../lib/client/shapes.ts";
import { InvalidRequestError, RunRemovedError } from "../lib/errors.ts";
import { type CliIo, exitCodes, note } from "./io.ts";
import { InterruptedError } from "./output/errors.ts";
import { writeJson } from "./output/json.ts";
import { cut } from "./output/plain.ts";
import { UsageError } from "./usage.ts";

export interface KindFlags {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Runs named before it is asked. */
const namedRuns = 3;

/** Lists the kinds of errors, most frequent first. */
export async function listKinds(io: CliIo, client: TuttiClient, { json }: KindFlags): Promise<void> {
  const { runs, partial, schemaVersion } = await client.failures();
  const kinds = new Map<string, FailedRun[]>();
  for (const run of runs) kinds.set(run.fingerprint, [...(kinds.get(run.fingerprint) ?? []), run]);
  const sorted = [...kinds].sort(([, a], [, b]) => b.length - a.length);
  if (json === true) {
    const shown = sorted.map(([fingerprint, all]) => ({ fingerprint, runs: all.length, error: all[0]?.error }));
    writeJson(io, { schemaVersion, kinds: shown, partial });
    return;
  }
  for (const [fingerprint, all] of sorted)
    io.out.write(`${fingerprint}  ${counted(all.length)}  ${cut(textOf(all[0] as FailedRun), 120)}\n`);
  notePartial(io, partial);
  note(io, sorted.length === 0 ? "no run has failed" : "retry all runs of a kind: tutti retry --error FINGERPRINT");
}

/** Retries every run of a kind, one after the other. Ends with 1 when one of them was refused. */
export async function retryKind(io: CliIo, client: TuttiClient, fingerprint: string, flags: KindFlags): Promise<void> {
  const { confirm } = io;
  if (flags.dryRun !== true && flags.yes !== true && confirm === undefined)
    throw new UsageError("retry --error asks first, and there is no terminal to ask on", "add --yes, or see --dry-run");
  const found = await client.failures({ fingerprint });
  if (flags.json !== true) describe(io, found);
  if (flags.dryRun === true) {
    if (flags.json === true) writeJson(io, found);
    note(io, "nothing was changed: leave out --dry-run to do it");
    return;
  }
  if (flags.yes !== true && confirm !== undefined && found.runs.length > 0)
    if (!(await confirm(`retry ${counted(found.runs.length)}?`)))
      throw new InterruptedError("declined: nothing was changed", "see what there is: tutti retry --error");
  await retryEach(io, client, found, flags);
}

async function retryEach(io: CliIo, client: TuttiClient, found: FailuresReport, { json }: KindFlags): Promise<void> {
  const retried: string[] = [];
  const refused: { readonly id: string; readonly message: string }[] = [];
  for (const { id } of found.runs) {
    try {
      const { changed, generation } = await client.retry(id);
      retried.push(id);
      if (json !== true)
        io.out.write(`run ${id} ${changed === null ? "will run again" : `runs again as generation ${generation}`}\n`);
    } catch (error) {
      // Somebody was there first: the others are retried all the same.
      if (!(error instanceof InvalidRequestError || error instanceof RunRemovedError)) throw error;
      refused.push({ id, message: error.message });
      if (json !== true) note(io, `run ${id} was not retried: ${error.message}`);
    }
  }
  if (json === true) writeJson(io, { schemaVersion: found.schemaVersion, retried, refused, partial: found.partial });
  if (refused.length > 0) io.exitWith(exitCodes.issue);
}

function describe(io: CliIo, { runs, partial }: FailuresReport): void {
  const named = runs.slice(0, namedRuns).map(({ id }) => id);
  const [first] = runs;
  if (first === undefined) note(io, "no run has failed so; see what there is: tutti retry --error");
  else
    note(
      io,
      `${counted(runs.length)} failed so: ${named.join(", ")}${runs.length > namedRuns ? ", …" : ""}\n  ${cut(textOf(first), 120)}`,
    );
  notePartial(io, partial);
}

function notePartial(io: CliIo, partial: boolean): void {
  if (partial) note(io, "older runs were not looked at: when these are retried, ask again");
}

function textOf({ error }: FailedRun): string {
  return `${error.name}: ${error.message}`;
}

function counted(count: number): string {
  return `${count} run${count === 1 ? "" : "s"}`;
}
