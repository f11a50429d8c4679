/**
 * Compares what became of a group or a header with what the reference says: when it was decided, and with whom.
 */
import type { JsonObject } from "../../../lib/model/json.ts";
import { type ExpectedHeader, type History, type Part, settled } from "./part.ts";
import { isNotNeeded } from "./policies.ts";
import { isLoose, type Reference } from "./reference.ts";
import type { Observed } from "./run-case.ts";

interface Seen {
  readonly reference: Reference;
  readonly observed: Observed;
  readonly history: History;
  /** Of a second generation: what was seen of the first. */
  readonly before: Observed | undefined;
}

export function headerFaults(header: ExpectedHeader, seen: Seen): string[] {
  const { path, kept, starts } = header;
  const is = seen.observed.decisions.get(path);
  if (kept) {
    const was = seen.before?.decisions.get(path);
    const same = is?.decision === was?.decision && is?.atMs === was?.atMs;
    return same ? [] : [`${path} was decided ${was?.decision} and kept, and has become ${is?.decision}`];
  }
  if (!starts) {
    const isFree = is === undefined || is.decision === "skipped";
    return isFree ? [] : [`${path} was decided ${is.decision}, and should never start`];
  }
  return [...decisionFaults(header, seen), ...lateFaults(header, seen), ...failureFaults(header, seen)];
}

/**
 * It is decided in the very millisecond in which the count says so. After the end of the run too, but for what waits for
 * something without members, or whose condition does not hold: that is released, and so decided, only while the run goes on.
 */
function decisionFaults({ path, decision, decided }: ExpectedHeader, { reference, observed, history }: Seen): string[] {
  const is = observed.decisions.get(path);
  const due = decided(history);
  if (due === undefined) return is ? [`${path} was decided ${is.decision}, and nothing has called for it`] : [];
  const mayBeOpen = decision === "callback" || reference.omitted.length > 0;
  const mayBeLate = reference.unseenTurns.length > 0 || due.atMs >= (observed.endedAtMs ?? Infinity);
  if (is === undefined && mayBeOpen && mayBeLate) return [];
  if (is?.decision !== decision) return [`${path} was decided ${is?.decision ?? "never"}, should be ${decision}`];
  const dueMs = Math.max(due.atMs, history.begunAt.atMs);
  if (is.atMs === dueMs || (is.atMs > dueMs && isLoose(reference))) return [];
  return [
    `${path} was decided ${decision} at ${since(is.atMs, history)}, should have been at ${since(dueMs, history)}`,
  ];
}

const since = (atMs: number, { startedAt }: History) => `${atMs - startedAt.atMs} ms`;

/** Whoever had an outcome when a quorum was decided is in its list; whoever has had one since is marked, and is not. */
function lateFaults({ path, policy, members }: ExpectedHeader, { reference, observed, history }: Seen): string[] {
  const is = observed.decisions.get(path);
  if (policy !== "quorum" || is?.decision !== "callback") return [];
  const list = reference.lists.get(path) as readonly JsonObject[] | undefined;
  return members.flatMap((member, index) => {
    const atMs = outcomeMs(member, history);
    const isLate = member.single !== null && observed.late.has(member.single.path);
    const isOut = list === undefined ? isLate : isNotNeeded(list[index]);
    const faults: string[] = [];
    if (isSure(member, reference)) {
      if (atMs !== undefined && atMs < is.atMs && (isLate || isOut))
        faults.push(`member ${index} of ${path} had ended before the quorum, and is out of it`);
      if (list !== undefined && (atMs === undefined || atMs > is.atMs) && !isOut)
        faults.push(`member ${index} of ${path} had not ended at the quorum, and is in its list`);
    }
    if (member.single && atMs !== undefined && atMs > is.atMs && !isLate)
      faults.push(`member ${index} of ${path} has ended after the quorum, and is not marked`);
    if (member.single && list !== undefined && atMs !== undefined && isLate !== isOut)
      faults.push(`member ${index} of ${path} is ${isLate ? "" : "not "}marked as late, and its list has it otherwise`);
    return faults;
  });
}

/** The error callback is told of every failure that there was when its chord was decided, and of none that came later. */
function failureFaults({ path, members, failures, onError }: ExpectedHeader, seen: Seen): string[] {
  const { reference, observed, history } = seen;
  const is = observed.decisions.get(path);
  const entry = observed.entries.find((one) => one.path === onError?.path);
  if (!onError || onError.task.immutable || is === undefined || entry === undefined) return [];
  const told = (entry.args[0] as JsonObject).failures as readonly JsonObject[];
  const known = new Set(told.map(({ index }) => index));
  const faults = members.flatMap((member, index) => {
    const atMs = outcomeMs(member, history);
    if (member.succeeds || !isSure(member, reference)) return [];
    if (atMs !== undefined && atMs < is.atMs && !known.has(index))
      return [`${onError.path} was not told of member ${index}, which had failed before`];
    if ((atMs === undefined || atMs > is.atMs) && known.has(index))
      return [`${onError.path} was told of member ${index}, which had not failed yet`];
    return [];
  });
  if (known.size < failures) faults.push(`${onError.path} was told of ${known.size} failures, should be ${failures}`);
  return faults;
}

function outcomeMs(member: Part, history: History): number | undefined {
  return settled(member)(history)?.atMs;
}

/** What a branch has come to is recorded later when its worker is lost. */
function isSure({ single }: Part, reference: Reference): boolean {
  return single !== null || !isLoose(reference);
}
