/**
 * What a run waits for, and why: for every chord, group or join that is not decided the exact members that are missing, where
 * each is, since when, the cause, and the commands that mend it.
 *
 * Pure: the run read whole, what is known of queues and code, and the time. `diagnose` says what the protocol itself calls
 * late, and the sweeper mends that; here is also what no sweep can mend (docs/operations.md).
 */
import type { JoinId, NodeId, RunId } from "../model/ids.ts";
import type { PlanJoin, Source } from "../plan/types.ts";
import type { Facts } from "../ports/facts.ts";
import { isMendedBySweeper, isWrong, worstOf } from "./causes.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./findings.ts";
import type { DiagnoseSettings } from "./overdue.ts";
import { type Released, releasedOf } from "./released.ts";
import { decided, joinOf, memberSlot, nodeOf, type Snapshot, slotOf } from "./snapshot.ts";
import { type Blocker, joinBefore, type Upstream, upstreamOf } from "./upstream.ts";
import { causeOf, type Found, listedMissing, type Missing, membersText, ofFinding, type Wait, waitOf } from "./wait.ts";
import { type Whereabouts, whereaboutsOf } from "./whereabouts.ts";

/** Everything that a run waits for. */
export function explain(
  snapshot: Snapshot,
  nowMs: number,
  settings: DiagnoseSettings & { readonly facts: Facts },
): readonly Wait[] {
  const { findings } = diagnose(snapshot, nowMs, settings);
  const [first] = findings;
  if (first?.kind === "not-reopened") return [ofFinding(snapshot, first)];
  const released = releasedOf(snapshot);
  const { facts } = settings;
  return waits({
    snapshot,
    nowMs,
    facts,
    findings,
    released,
    upstream: upstreamOf(snapshot, released),
    findingOf: new Map(findings.flatMap((one) => (one.node === undefined ? [] : [[one.node, one] as const]))),
    found: new Map(),
    blockers: new Map(),
    joins: new Map(),
    toldNodes: new Set(),
  });
}

/** One explanation under way: what is looked up more than once. */
interface Look {
  readonly snapshot: Snapshot;
  readonly nowMs: number;
  readonly facts: Facts;
  readonly findings: readonly Finding[];
  readonly released: Released;
  readonly upstream: Upstream;
  readonly findingOf: ReadonlyMap<NodeId, Finding>;
  readonly found: Map<NodeId, Whereabouts>;
  /** Of blockers that many members share. */
  readonly blockers: Map<Blocker, Whereabouts>;
  readonly joins: Map<JoinId, Wait>;
  /** Tasks that some wait has told of. */
  readonly toldNodes: Set<NodeId>;
}

function waits(look: Look): readonly Wait[] {
  const waits = activeJoins(look).map((join) => ofJoin(look, join));
  for (const [id, sinceMs] of look.released.nodes) {
    const wait = look.toldNodes.has(id) ? undefined : ofNode(look, id, sinceMs);
    if (wait !== undefined) waits.push(wait);
  }
  for (const finding of look.findings) if (!isTold(look, finding)) waits.push(ofFinding(look.snapshot, finding));
  return waits;
}

/** Joins that have begun and are not decided. */
function activeJoins(look: Look): readonly PlanJoin[] {
  const { snapshot, released } = look;
  if (snapshot.head.status !== "RUNNING") return [];
  const hasBegun = (join: PlanJoin) =>
    join.kind !== "dag"
      ? released.joins.has(join.id)
      : (snapshot.plan.members[join.id] ?? []).some(
          (source, index) =>
            memberSlot(snapshot, join, index).state === "settled" ||
            (source.kind === "node" && released.nodes.has(source.node)),
        );
  return Object.values(snapshot.plan.joins).filter(
    (join) => join.size > 0 && decided(snapshot, join) === undefined && hasBegun(join),
  );
}

function ofJoin(look: Look, join: PlanJoin): Wait {
  const known = look.joins.get(join.id);
  if (known !== undefined) return known;
  const { snapshot } = look;
  const sources = snapshot.plan.members[join.id] ?? [];
  let progressMs = Math.max(look.released.joins.get(join.id) ?? 0, startedMs(look));
  let faultSinceMs: number | undefined;
  const groups = new Map<string, { readonly first: Missing; readonly indexes: number[] }>();
  const missing: Missing[] = [];
  let arrived = 0;
  for (let index = 0; index < join.size; index++) {
    const slot = memberSlot(snapshot, join, index);
    if (slot.state === "settled") {
      arrived++;
      progressMs = Math.max(progressMs, slot.settledAtMs);
      continue;
    }
    const { fault, ...one } = ofMember(look, join, sources[index]);
    if (missing.length < listedMissing) missing.push(one);
    const group = groups.get(`${one.cause} ${one.where}`);
    if (group === undefined) groups.set(`${one.cause} ${one.where}`, { first: one, indexes: [index] });
    else group.indexes.push(index);
    if (fault) faultSinceMs = Math.min(faultSinceMs ?? one.sinceMs, one.sinceMs);
  }
  const folded = [...groups.values()].map(({ first, indexes }) => ({
    members: membersText(join, sources, indexes),
    count: indexes.length,
    where: first.where,
    cause: first.cause,
    why: first.why,
  }));
  const own = look.findings.find((finding) => finding.join === join.id);
  if (own !== undefined) faultSinceMs = Math.min(faultSinceMs ?? own.sinceMs, own.sinceMs);
  const causes = [...folded.map(({ cause }) => cause), ...(own === undefined ? [] : [causeOf(own)])];
  const wait = told(look, {
    join: join.id,
    kind: join.kind,
    cause: worstOf(causes) ?? "not-driven",
    sinceMs: progressMs,
    expected: join.size,
    arrived,
    missing,
    missingCount: join.size - arrived,
    groups: folded,
    firsts: [...groups.values()].map(({ first }) => first),
    own,
    faultSinceMs,
  });
  look.joins.set(join.id, wait);
  return wait;
}

/** When the run, or its generation, began, or when it was resumed. */
function startedMs(look: Look): number {
  const { submittedAtMs, raisedAtMs = 0, restartedAtMs = 0 } = look.snapshot.head;
  return Math.max(submittedAtMs, raisedAtMs, restartedAtMs);
}

function ofMember(look: Look, join: PlanJoin, source: Source | undefined): Missing & { readonly fault: boolean } {
  const path = source?.kind === "node" ? source.node : source?.kind === "join" ? source.join : join.id;
  const blockers = source === undefined ? [] : look.upstream.of(source);
  const all = blockers.map((blocker) => ({ blocker, about: sharedBlocker(look, blocker) }));
  const worst = worstOf(all.map(({ about }) => about.cause));
  const found = all.find(({ about }) => about.cause === worst);
  if (found === undefined) {
    const why = "what it waits for is recorded, and has not followed";
    const sinceMs = startedMs(look);
    return { path, where: "recorded", cause: "not-driven", why, sinceMs, fault: look.findings.length > 0 };
  }
  const { blocker, about } = found;
  const at = blocker.kind === "node" ? blocker.node.id : path;
  const isInside = blocker.kind === "node" && at !== path;
  const why = isInside ? `it waits for ${at}, which is ${about.where}: ${about.why}` : about.why;
  const { where, cause, sinceMs } = about;
  return { path, where: isInside ? "inside" : where, cause, why, sinceMs, fault: isFault(about) };
}

function sharedBlocker(look: Look, blocker: Blocker): Whereabouts {
  if (blocker.kind === "node") return ofBlocker(look, blocker);
  const known = look.blockers.get(blocker);
  if (known !== undefined) return known;
  const found = ofBlocker(look, blocker);
  look.blockers.set(blocker, found);
  return found;
}

function ofBlocker(look: Look, blocker: Blocker): Whereabouts {
  const { snapshot } = look;
  switch (blocker.kind) {
    case "node":
      return ofOpenNode(look, blocker.node.id, blocker.sinceMs) ?? notDriven(look, "its outcome has not followed");
    case "join": {
      const wait = ofJoin(look, joinOf(snapshot, blocker.join));
      const why = `it waits for ${blocker.join}: ${wait.explanation}`;
      const sinceMs = wait.faultSinceMs ?? wait.sinceMs;
      return { where: "inside", cause: wait.cause, why, sinceMs, overdue: wait.faultSinceMs !== undefined };
    }
    case "unsent":
      return unsent(look, blocker.list);
    case "condition":
      return notDriven(look, "nobody has looked at its condition");
    case "not-driven":
      return notDriven(look, "what comes before it has ended, and that has not followed");
  }
}

function notDriven(look: Look, why: string): Whereabouts {
  const overdue = look.findings.some((finding) => causeOf(finding) === "not-driven");
  return { where: "recorded", cause: "not-driven", why, sinceMs: startedMs(look), overdue };
}

function unsent(look: Look, list: JoinId | "start"): Whereabouts {
  const join = list === "start" ? undefined : joinOf(look.snapshot, list);
  const sinceMs = (list === "start" ? undefined : look.released.joins.get(list)) ?? startedMs(look);
  if (join?.lanes !== undefined) {
    const why = `it waits for its turn: ${join.maxConcurrency} at a time`;
    return { where: "not sent", cause: "waits-for-turn", why, sinceMs, overdue: false };
  }
  const overdue = look.findings.some(({ repair }) => repair.do === "resend-range" || repair.do === "expire-range");
  const why = "it is in a part of the list that control has not sent";
  return { where: "not sent", cause: "not-sent", why, sinceMs, overdue };
}

/** A released task without an outcome; undefined for one that has one, or may not start any more. */
function ofOpenNode(look: Look, id: string, sinceMs: number): Whereabouts | undefined {
  const known = look.found.get(id);
  if (known !== undefined) return known;
  const { snapshot, facts, nowMs } = look;
  const { head } = snapshot;
  const node = nodeOf(snapshot, id);
  const slot = slotOf(snapshot, node);
  // What has to follow from an outcome is a finding of its own.
  if (slot.state === "settled") return undefined;
  look.toldNodes.add(id);
  if (head.status !== "RUNNING" && !(node.afterEnd && head.status !== "REVOKED")) return undefined;
  const found = whereaboutsOf({ head, node, slot, sinceMs, finding: look.findingOf.get(id), nowMs }, facts);
  look.found.set(id, found);
  return found;
}

/** A task that no join waits for: a callback, or a link of a chain. */
function ofNode(look: Look, id: string, sinceMs: number): Wait | undefined {
  const about = ofOpenNode(look, id, sinceMs);
  if (about === undefined) return undefined;
  const { where, cause, why } = about;
  const join = joinBefore(look.snapshot.plan, id);
  const one: Missing = { path: id, where, cause, why, sinceMs: about.sinceMs };
  const expected = join === null ? 1 : joinOf(look.snapshot, join).size;
  return told(look, {
    join,
    kind: join === null ? null : joinOf(look.snapshot, join).kind,
    cause,
    sinceMs: Math.max(sinceMs, startedMs(look)),
    expected,
    arrived: join === null ? 0 : expected,
    missing: [one],
    missingCount: 1,
    groups: [{ members: id, count: 1, where, cause, why }],
    firsts: [one],
    own: undefined,
    faultSinceMs: isFault(about) ? about.sinceMs : undefined,
  });
}

function isTold(look: Look, finding: Finding): boolean {
  if (finding.node !== undefined && look.toldNodes.has(finding.node)) return true;
  return finding.join !== undefined && look.joins.has(finding.join);
}

function told(look: Look, found: Found): Wait {
  const children: RunId[] = [...look.found.values()].flatMap(({ child }) => (child === undefined ? [] : [child]));
  return waitOf(found, look.snapshot.head.runId, children);
}

/** Whether something is an issue before it has lasted long. */
function isFault({ cause, overdue }: Whereabouts): boolean {
  return cause === "queue-missing" || (overdue && (isMendedBySweeper(cause) || isWrong(cause)));
}
