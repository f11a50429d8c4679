/**
 * What `tutti clean` would do, and doing it: run by run, each step repeatable.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import type { CleanReport } from "../lib/model/cleaning-reports.ts";
import type { RunStatus } from "../lib/model/outcome.ts";

/** Which runs. Exactly one of the three. */
export interface CleanTarget {
  readonly id?: string;
  /** Those that have ended at least that long ago. */
  readonly olderThanSeconds?: number;
  readonly all?: boolean;
}

export type CleanRun = CleanReport["runs"][number];

interface Found {
  readonly id: string;
  readonly status: RunStatus;
  readonly finishedAt: string | null;
}

const pageSize = 1000;
/** Runs changed at the same time: enough to hide the wait for each answer. */
const atOnce = 10;

/** Finds the runs, and what to do with each. Reads only. */
export async function cleanPlan(
  client: TuttiClient,
  target: CleanTarget,
  force: boolean,
): Promise<readonly CleanRun[]> {
  const found = target.id === undefined ? await listed(client, target) : [(await client.inspect(target.id)).run];
  return found.map(({ id: runId, status }) => {
    if (status !== "RUNNING") return { runId, status, do: "remove", done: null, result: "to be removed" };
    if (!force) return { runId, status, do: "leave", done: false, result: "still running: see --force" };
    return { runId, status, do: "revoke and remove", done: null, result: "to be revoked and removed" };
  });
}

async function listed(client: TuttiClient, { olderThanSeconds }: CleanTarget): Promise<readonly Found[]> {
  const found: Found[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await client.list({
      limit: pageSize,
      ...(olderThanSeconds === undefined ? {} : { olderThanSeconds }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const endedBy = Date.parse(page.listedAt) - (olderThanSeconds ?? 0) * 1000;
    const fits = ({ finishedAt }: Found) =>
      olderThanSeconds === undefined || (finishedAt !== null && Date.parse(finishedAt) <= endedBy);
    found.push(...page.runs.filter(fits));
    cursor = page.cursor;
  }
  return found;
}

/** Does it. A run that cannot be cleaned does not keep the others. */
export async function clean(
  client: TuttiClient,
  runs: readonly CleanRun[],
  reason: string | undefined,
): Promise<readonly CleanRun[]> {
  const done: CleanRun[] = [];
  for (let at = 0; at < runs.length; at += atOnce)
    done.push(...(await Promise.all(runs.slice(at, at + atOnce).map((run) => cleanRun(client, run, reason)))));
  return done;
}

async function cleanRun(client: TuttiClient, run: CleanRun, reason: string | undefined): Promise<CleanRun> {
  if (run.do === "leave") return run;
  const why = reason === undefined ? {} : { reason };
  try {
    if (run.do === "revoke and remove") {
      const { changed } = await client.revoke(run.runId, { reason: reason ?? "cleaned by an operator" });
      // Requests may overtake each other: a remove before the revoke would be refused.
      if (changed === null)
        return { ...run, done: null, result: "the revoke is sent: clean it again when it has ended" };
    }
    const { changed } = await client.remove(run.runId, why);
    if (changed === null) return { ...run, done: null, result: "asked for" };
    return { ...run, done: true, result: "the sweeper removes it" };
  } catch (error) {
    return { ...run, done: false, result: error instanceof Error ? error.message : String(error) };
  }
}
