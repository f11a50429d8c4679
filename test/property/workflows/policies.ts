/**
 * The policies of chords: what comes of a header, and what its callback and its error callback get.
 */
import type { Json, JsonObject } from "../../../lib/model/json.ts";
import type { Chord } from "../../../lib/model/workflow.ts";
import { Choice, type Expected, matches, Rule, same } from "./expected.ts";
import {
  allOf,
  allToTheEnd,
  type Cause,
  latest,
  never,
  nth,
  type Part,
  type Policy,
  type Skip,
  settled,
  type Together,
  union,
  type When,
} from "./part.ts";

export const runId = "run-1";

/** Where a header is, and what is known of its lists. */
export interface HeaderPlace {
  readonly path: string;
  readonly ready: When;
  /** The run goes on after a failure here. */
  readonly finish: boolean;
  /** Lists of quorums that were seen, by path: they never change. */
  readonly lists: Map<string, Json>;
}

/** What comes of a header: `value` is what the callback gets. */
export interface Header extends Together {
  readonly value: Expected;
  readonly policy: Policy;
  /** As many have failed at least when it is decided *error*. */
  readonly failures: number;
}

/** All have to succeed: groups too. */
export function allSucceeded(members: readonly Part[], { ready, finish }: HeaderPlace): Header {
  const failing = members.filter(({ succeeds }) => !succeeds).length;
  return {
    ...(finish ? allToTheEnd : allOf)(members, ready),
    value: members.map(({ skip, value }) => (skip ? markerOf(skip) : value)),
    policy: "all-succeeded",
    failures: finish ? failing : 1,
  };
}

/** Outcomes of all, once so many have not failed. */
function tolerating(members: readonly Part[], { ready }: HeaderPlace, tolerated: number): Header {
  const failing = members.filter(({ succeeds }) => !succeeds);
  const failures = tolerated + 1;
  const succeeds = failing.length <= tolerated;
  return {
    succeeds,
    skip: null,
    value: members.map(outcomeOf),
    causes: succeeds ? [] : failing.flatMap(({ causes }) => causes),
    needed: succeeds ? union(members) : neededOf(failing, failures),
    succeeded: succeeds ? latest([ready, ...members.map(settled)]) : never,
    failed: succeeds ? never : nth(failures, failing.map(settled)),
    single: null,
    policy: "tolerate",
    failures,
  };
}

/** Outcomes of those that had one when so many had succeeded. */
function quorumOf(members: readonly Part[], place: HeaderPlace, quorum: number): Header {
  const succeeding = members.filter(({ succeeds, skip }) => succeeds && skip === null);
  // What was skipped is no failure, and no success that a quorum waits for.
  const failing = members.filter((member) => !succeeding.includes(member));
  const failures = members.length - quorum + 1;
  const succeeds = succeeding.length >= quorum;
  return {
    succeeds,
    skip: null,
    value: acceptedOf(members, place, quorum),
    causes: succeeds ? [] : failing.flatMap(({ causes, skip }) => (skip ? [somewhere] : causes)),
    needed: succeeds ? neededOf(succeeding, quorum) : neededOf(failing, failures),
    succeeded: succeeds ? nth(quorum, succeeding.map(settled)) : never,
    failed: succeeds ? never : nth(failures, failing.map(settled)),
    single: null,
    policy: "quorum",
    failures: Math.max(0, failures - failing.filter(({ skip }) => skip).length),
  };
}

/** What has ended when so many of these have, whichever: all of it when there are no more, else nothing is sure. */
function neededOf(parts: readonly Part[], count: number): ReadonlySet<string> {
  return parts.length === count ? union(parts) : new Set();
}

export function headerOf(when: Chord["chord"]["when"], members: readonly Part[], place: HeaderPlace): Header {
  if (when === undefined || when === "all-succeeded") return allSucceeded(members, place);
  if (when === "all-settled") return { ...tolerating(members, place, members.length), policy: when };
  if ("quorum" in when) return quorumOf(members, place, when.quorum);
  const { tolerate } = when;
  const tolerated = "count" in tolerate ? tolerate.count : Math.floor((members.length * tolerate.percent) / 100);
  return tolerating(members, place, tolerated);
}

// ---- What callbacks get ----------------------------------------------------------------------------------------------

const ofThisRun = new Rule("an id of this run", (id) => typeof id === "string" && id.startsWith(runId));
export const anyText = new Rule("a text", (actual) => typeof actual === "string");

/**
 * The cause of a quorum that was not reached since members were skipped: some member's, or the chord's own. And that of a map
 * over a result: some task of the run that it has expanded into.
 */
export const somewhere: Cause = { path: "", status: "FAILED", error: { name: anyText, message: anyText } };

/** Id of the task that is a cause. */
export function causeId({ path }: Cause): Expected {
  return path === somewhere.path ? ofThisRun : `${runId}/${path}`;
}

/** What stands where a value would be read. */
export function markerOf({ reasons }: Skip): Expected {
  return new Choice(reasons.map((reason) => ({ $skipped: true, ...(reason === null ? {} : { reason }) })));
}

const idOf = ({ single }: Part): Expected => (single ? `${runId}/${single.path}` : ofThisRun);

/** A member's outcome, as a callback sees it. A branch is FAILED with its cause, or ends as its last task. */
function outcomeOf(member: Part): Expected {
  const { succeeds, skip, value, causes, single } = member;
  if (skip) return { status: "SKIPPED", reason: new Choice(skip.reasons), taskId: ofThisRun };
  if (succeeds) return { status: "SUCCEEDED", value, taskId: idOf(member) };
  const failures = causes.map((cause) => ({
    status: single ? cause.status : new Choice(["FAILED", cause.status]),
    error: { name: cause.error.name, message: cause.error.message },
    taskId: causeId(cause),
  }));
  return new Choice(failures);
}

const notNeeded = (member: Part): Expected => ({
  status: "SKIPPED",
  error: { name: "not-needed", message: anyText },
  taskId: idOf(member),
});

/** Whether a quorum's list has it that a member was not needed. */
export function isNotNeeded(outcome: Json | undefined): boolean {
  return matches({ status: "SKIPPED", error: { name: "not-needed", message: anyText }, taskId: ofThisRun }, outcome);
}

/** For each member its outcome, or that it was not needed; successes enough. Seen once, it is the same ever after. */
function acceptedOf(members: readonly Part[], { path, lists }: HeaderPlace, quorum: number): Expected {
  const each = members.map((member) => new Choice([outcomeOf(member), notNeeded(member)]));
  const isAllowed = (actual: Json) =>
    matches(each, actual) && (actual as JsonObject[]).filter(({ status }) => status === "SUCCEEDED").length >= quorum;
  return new Rule(`at least ${quorum} successes among the outcomes of ${path}, always the same`, (actual) => {
    const known = lists.get(path);
    if (known !== undefined) return same(known, actual);
    if (!isAllowed(actual)) return false;
    lists.set(path, actual);
    return true;
  });
}

/** What an error callback gets: some of the failures there are; one for each member, in order. */
export function failuresOf(members: readonly Part[], finish: boolean): Expected {
  const failureIn = (index: number): Expected => {
    const { causes = [], single = null } = members[index] ?? {};
    return new Choice(
      causes.flatMap((cause) => {
        const { status, error } = cause;
        const { name, message } = error;
        const taskId = causeId(cause);
        // Where what follows is skipped up to the member's end, that is SKIPPED, with the failure it comes from.
        const branch = new Choice([status, "FAILED", ...(finish ? ["SKIPPED"] : [])]);
        return [{ index, taskId, status: single ? status : branch, error: { name, message } }];
      }),
    );
  };
  return new Rule("a summary of failures", (actual) => {
    const { failed, total, failures } = actual as unknown as { failed: number; total: number; failures: JsonObject[] };
    const known = failures.map(({ index }) => index as number);
    return (
      Object.keys(actual as object).length === 3 &&
      total === members.length &&
      failed === failures.length &&
      (failed > 0 || members.some(({ skip }) => skip)) &&
      known.every((index, i) => i === 0 || index > (known[i - 1] as number)) &&
      failures.every((failure) => matches(failureIn(failure.index as number), failure))
    );
  });
}
