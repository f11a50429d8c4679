/**
 * The known wrong variants of the protocol that concern what is built. Each must be caught by the crash
 * lane; they exist in this harness only.
 */

import type { Plan, PlanJoin, PlanNode } from "../../lib/plan/types.ts";
import type { Condition, Image, Queue, Store, Write, WriteResult } from "../../lib/ports/index.ts";
import type { Finding } from "../../lib/protocol/findings.ts";
import { type Protocol, protocol } from "../../lib/protocol/index.ts";
import { isAtWork, leaseOver } from "../../lib/protocol/rows.ts";
import type { Snapshot } from "../../lib/protocol/snapshot.ts";
import { tallyKey, topOf } from "../../lib/protocol/tally.ts";
import { crashPoints, type Failure } from "./crash-points.ts";
import type { Variant } from "./world.ts";

/** Changes what writes at some sites ask for. */
function rewriting(sites: readonly string[], change: (write: Write) => Write): (store: Store) => Store {
  return (store) => ({
    ...store,
    write: (write, site) => store.write(sites.includes(site) ? change(write) : write, site),
  });
}

/** Changes what a refused write at some sites answers. */
function answering(sites: readonly string[], change: (result: WriteResult) => WriteResult): (store: Store) => Store {
  return (store) => ({
    ...store,
    write: async (write, site) => {
      const result = await store.write(write, site);
      return sites.includes(site) && !result.applied ? change(result) : result;
    },
  });
}

/** Arrivals of joins that are decided by a count: their marks hold the settled members too. */
const isCountedMark = ({ set }: Write): boolean =>
  set.some((action) => "value" in action && /^m\d+$/.test(String(action.path[0])) && Number(action.value) >= 2 ** 20);

const countsMembers = ({ set }: Write): boolean => set.some((action) => "minus" in action);

/** Writes that do not happen, though who wrote them is told so. */
function dropping(site: string, isDropped: (write: Write) => boolean): (store: Store) => Store {
  return (store) => ({
    ...store,
    write: async (write, at) =>
      at === site && isDropped(write)
        ? { applied: true, image: (await store.get(write.key, at)) ?? { g: 1 } }
        : store.write(write, at),
  });
}

const without = ({ condition: _, ...write }: Write): Write => write;

/** A loser that does not look further: its image seems to have arrivals missing. */
const returns = (result: WriteResult): WriteResult =>
  ({ ...result, image: { ...result.image, remaining: 1_000_000 } }) as WriteResult;

/** The same in a join that is decided by a count: its image seems to have come to nothing. */
const returnsCounts = (result: WriteResult): WriteResult =>
  ({ ...result, image: { g: result.image?.g ?? 1 } }) as WriteResult;

/** Leaves out the conditions on a state's exact fields. */
function onlyState(condition: Condition | undefined): Condition | undefined {
  if (condition?.is !== "all") return condition;
  const of = condition.of.flatMap((part) => {
    if (part.is === "equal" && part.path.length === 2 && part.path[1] !== "s") return [];
    return [onlyState(part) as Condition];
  });
  return { is: "all", of };
}

/** Leaves out what a condition says of a second lease. */
function blindToCopies(write: Write): Write {
  const blind = (condition: Condition): Condition[] => {
    if (condition.is === "all") return [{ is: "all", of: condition.of.flatMap(blind) }];
    if (condition.is === "any") return [condition];
    return condition.path[1] === "A" || condition.path[1] === "U" ? [] : [condition];
  };
  return write.condition === undefined ? write : withCondition(write, blind(write.condition)[0]);
}

/** A commit of a copy that names neither its owner nor its attempt. */
function unownedCopy(write: Write): Write {
  const unowned = (condition: Condition): Condition[] => {
    if (condition.is === "all" || condition.is === "any") return [{ ...condition, of: condition.of.flatMap(unowned) }];
    return condition.path[1] === "A" || condition.path[1] === "O" ? [] : [condition];
  };
  return write.condition === undefined ? write : withCondition(write, unowned(write.condition)[0]);
}

const withCondition = (write: Write, condition: Condition | undefined): Write =>
  condition === undefined ? without(write) : { ...write, condition };

/** An item that was not there is made, and says nothing of its generation: the old one may still write to it. */
function unfenced(write: Write): Write {
  const { condition } = write;
  const isFence = condition?.is === "absent" && condition.path[0] === "g";
  return isFence ? { ...write, set: [{ path: ["nothing"], value: 1 }] } : write;
}

/** Items of the new generation with what the old one has left in them. */
const keeping =
  (sortKeys: RegExp) =>
  (write: Write): Write =>
    sortKeys.test(write.key.sk) ? { ...write, remove: [] } : write;

/** Every write as if there were no guard G in it. */
function withoutGuard(store: Store): Store {
  return { ...store, write: (write, site) => store.write(unguarded(write), site) };
}

/** The same at one site. */
function unguardedAt(wrong: string, store: Store): Store {
  return { ...store, write: (write, site) => store.write(site === wrong ? unguarded(write) : write, site) };
}

function unguarded(write: Write): Write {
  const isGuard = (condition: Condition): boolean =>
    condition.is === "any" && condition.of.some((part) => part.is === "absent" && part.path[0] === "g");
  return write.condition?.is === "all"
    ? { ...write, condition: { is: "all", of: write.condition.of.filter((part) => !isGuard(part)) } }
    : write;
}

/** The head of a child is written at the first call after its map says that it waits for it. */
function childMadeLate(store: Store): Store {
  let made: Write | undefined;
  let waits = false;
  const make = async () => {
    const write = made;
    if (write === undefined || !waits) return;
    made = undefined;
    await store.write(write, "head.create");
  };
  return {
    ...store,
    async get(key, site) {
      await make();
      return store.get(key, site);
    },
    async write(write, site) {
      if (site === "head.create" && write.set.some(({ path }) => path[0] === "parent")) {
        made = write;
        const image = Object.fromEntries(
          write.set.map((action) => [action.path[0], "value" in action && action.value]),
        );
        return { applied: true, image: image as Image };
      }
      waits ||= site === "map.wait";
      return store.write(write, site);
    },
  };
}

/** What is to be started is counted at the first call after the next write: by then it has been started. */
function chargedLate(store: Store): Store {
  let charge: Write | undefined;
  return {
    ...store,
    async write(write, site) {
      if (site === "budget.charge") {
        charge = write;
        return { applied: true, image: {} };
      }
      const result = await store.write(write, site);
      const late = charge;
      charge = undefined;
      if (late !== undefined) await store.write(late, "budget.charge");
      return result;
    },
  };
}

/** Who is refused one more attempt acknowledges, and settles nothing. */
function budgetLosersLeave(store: Store): Store {
  const ends = ({ set }: Write) =>
    set.some((action) => "value" in action && JSON.stringify(action.value)?.includes('"n":"budget-exceeded"') === true);
  return {
    ...store,
    write: async (write, site) =>
      ends(write)
        ? { applied: false, image: { g: 1, s0: { s: "REVOKED", a: 1, o: "x", f: 1 } } }
        : store.write(write, site),
  };
}

/** A charge that does not look for its own mark. */
function unmarked(write: Write): Write {
  if (write.condition?.is !== "all") return write;
  const [_mark, ...of] = write.condition.of;
  return { ...write, condition: { is: "all", of } };
}

/** Whoever looks at the map of a child that has ended takes it for settled. */
function settledParents(store: Store): Store {
  return {
    ...store,
    get: async (key, site) =>
      site === "parent.look" ? { g: 1, s0: { s: "SUCCEEDED", a: 1, o: "x", f: 1 } } : store.get(key, site),
  };
}

/** What is sent there is lost, and nobody knows. */
const sendingNothingAt =
  (lost: string) =>
  (queue: Queue): Queue => ({
    send: async (to, messages, site) => (site === lost ? { failed: [] } : queue.send(to, messages, site)),
  });

/** Links inside an absorbing header fail without telling the slot they feed. */
function forgetAbsorbing(plan: Plan): Plan {
  const forget = (node: PlanNode): PlanNode =>
    node.failure.then.kind === "slot" ? { ...node, failure: { ...node.failure, then: { kind: "none" } } } : node;
  return { ...plan, nodes: Object.fromEntries(Object.entries(plan.nodes).map(([id, node]) => [id, forget(node)])) };
}

/** Tasks that follow others are skipped, but what follows them is not. */
function forgetSkipped(plan: Plan): Plan {
  const following = new Set(
    Object.values(plan.nodes).flatMap(({ next }) => next.flatMap((one) => (one.kind === "node" ? [one.node] : []))),
  );
  const forget = (node: PlanNode): PlanNode =>
    node.failure.then.kind === "skip" && following.has(node.id)
      ? { ...node, failure: { ...node.failure, then: { kind: "none" } } }
      : node;
  return { ...plan, nodes: Object.fromEntries(Object.entries(plan.nodes).map(([id, node]) => [id, forget(node)])) };
}

/** All members of a map start at once, however few may. */
function unbounded(plan: Plan): Plan {
  const joins = Object.entries(plan.joins).map(([id, { lanes: _, ...join }]) => [id, join] as const);
  return { ...plan, joins: Object.fromEntries(joins) };
}

/** A retry that sends the members with which a first generation begins its lanes, and no others. */
const startingLanesAnew = (queue: Queue): Queue => ({
  send: async (to, messages, site) => {
    const isFirst = ({ body }: { readonly body: string }) => /"nodes?":\[?"\[[01]\]"/.test(body);
    const sent = site === "restart.send" ? messages.filter(isFirst) : messages;
    return sent.length === 0 ? { failed: [] } : queue.send(to, sent, site);
  },
});

/** Joins in front of dag nodes wait for all parents, and do not ask what became of them. */
function forgetSkippedParents(plan: Plan): Plan {
  const forget = ({ skipped: _, ...join }: PlanJoin): PlanJoin => join;
  return { ...plan, joins: Object.fromEntries(Object.entries(plan.joins).map(([id, join]) => [id, forget(join)])) };
}

/** A run in which every condition is recorded as met. */
function conditionsMet(snapshot: Snapshot): Snapshot {
  const images = new Map(snapshot.images);
  for (const join of Object.values(snapshot.plan.joins)) {
    const { sk } = tallyKey(snapshot.head.runId, join, topOf(join));
    if (join.if !== undefined) images.set(sk, { ...images.get(sk), held: 1 });
  }
  return { ...snapshot, images };
}

/** A sweeper that misses one kind of finding. */
function overlooking(kind: Finding["kind"]): Protocol["diagnose"] {
  return (...args) => {
    const diagnosis = protocol.diagnose(...args);
    return { ...diagnosis, findings: diagnosis.findings.filter((finding) => finding.kind !== kind) };
  };
}

/** A sweeper to which every sleep is over. */
const waking: Protocol["diagnose"] = (snapshot, nowMs, settings) => {
  const diagnosis = protocol.diagnose(snapshot, nowMs, settings);
  const later = protocol.diagnose(snapshot, nowMs + 86_400_000, settings);
  return { ...diagnosis, findings: later.findings.filter((finding) => finding.kind === "sleep-over") };
};

/** Where each is caught first, so that the check is quick; when it is not caught there, every scenario is tried. */
export const usuallyCaughtBy: Readonly<Record<string, string>> = {
  "re-sends and take-overs of the sweeper without condition": "retry by timer",
  "loser of the commit just returns": "group of 5",
  "loser of an arrival just returns": "group of 5",
  "loser carries inline": "a stalled copy completes the join",
  "winner of the arrival alone carries": "a stalled copy completes the join",
  "driver drops a waiting slot": "retried callback",
  "own message acknowledged on a foreign lease": "chain of 3",
  "driver acknowledges its own carried lease": "chain of 3",
  "waiting slot not sent again on redelivery": "retried member",
  "guard drops everything after FAILED": "failing member, all-succeeded",
  "error callback refused after FAILED": "failing member, all-succeeded",
  "full-but-bad join left undecided": "failing member, all-succeeded",
  "failed slot without recorded target not swept": "failure not handed on, message gone",
  "absorbed failure not handed on": "failing chain link in an absorbing header",
  "sweeper does not look for missing arrivals": "arrival not recorded, message gone",
  "sweeper does not look for a missing end": "end not recorded, message gone",
  "sweeper does not look for missing successors": "reference not settled, message gone",
  "sweeper does not look for unseen tasks": "lost members",
  "sweeper does not look for leases that are over": "worker dies, message gone",
  "commit without condition": "chain of 3",
  "arrival without condition": "group of 5",
  "claim without fence": "chain of 3",
  "take-over names only the state": "worker dies once, then is slow",
  "retry-wait without condition": "retried member",
  "early decision without condition": "two failing members",
  "settling for others without condition": "chord deadline",
  "end of the run without condition": "two failing members",
  "head created without condition": "duplicate submit",
  "acknowledged before the send": "retried member",
  "lease taken over while it lives": "chain of 3",
  "acknowledged when part of a pack is done": "pack of 10",
  "waiting member of a pack not sent again": "pack with a slow member and one that is retried",
  "pack takes a lost member over itself": "pack with a member that kills its process",
  "commit of a pack counts one arrival": "pack of 10",
  "range done before it is sent": "range whose sender dies",
  "range claimed without condition": "ranges of a header",
  "sweeper does not look for ranges": "lost ranges",
  "counting join: only full leaves climb": "quorum long before its stragglers",
  "counting join: blind marks": "tolerated failures on three levels",
  "counting join: loser just returns": "quorum long before its stragglers",
  "quorum decided without its accepted set": "quorum of all",
  "quorum decided without condition": "quorum by its last member",
  "sweeper does not look for missing decisions": "quorum not decided, message gone",
  "finish: skip stops after one link": "finish: a chain",
  "hedge: copy claimed without condition": "hedge: copy wins",
  "hedge: copy claimed beside whatever attempt": "hedge: original fails, and its copy works for long",
  "hedge: copy promoted without condition": "hedge: original fails while its copy works",
  "hedge: copy promoted while the first is at work": "hedge: original wins",
  "hedge: copy gives way without condition": "hedge: copy fails",
  "hedge: a wait does not look for a copy": "hedge: original fails while its copy works",
  "hedge: a promotion does not look at the copy": "hedge: original fails, then its copy",
  "hedge: a copy commits what it does not hold": "hedge: original dies, its copy is quick",
  "hedge: copy of a dead first is taken over": "hedge: original dies",
  "hedge: attempt of a copy is given again": "hedge: both die",
  "hedge: a failure counts while the other is at work": "hedge: original fails while its copy works",
  "hedge: own message of a dead copy acknowledged": "hedge: copy dies in the place of the original",
  "lanes: loser just returns": "lanes of single members",
  "lanes: revoke releases an unreleased successor": "revoke of a member before its turn",
  "lanes: settled units are not skipped": "revoke of a member before its turn",
  "lanes: generation 2 not skipping": "retry of lanes, some succeeded",
  "lanes: go on when a part of a pack is settled": "lanes of packs",
  "lanes: go on after the decision": "lanes after their quorum",
  "lanes: sweeper sends members before their turn": "lanes that the sweeper visits",
  "lanes: a release starts all members": "lanes of single members",
  "lanes: sweeper does not look for dead ones": "lane whose message is gone",
  "skip without condition": "skip: a chain",
  "sweeper does not look for members that were to be ended": "cancel: message gone after the decision",
  "members ended that others have settled": "cancel: quorum of a pack",
  "a graph's join forgets that a parent was skipped": "skip: a node with many parents",
  "sweeper takes a condition as met": "condition: a chord not met, message gone",
  "sweeper does not look for open conditions": "condition: a chord, message gone before it is looked at",
  "reopen without condition": "retry of a chain",
  "top not fenced at retry": "retry while a failure is not handed on",
  "error branch kept at reopen": "retry with an error callback",
  "message of an older generation is not recognised": "retry while a failure is not handed on",
  "pause forgets what came meanwhile": "pause and resume",
  "sent-out ranges kept at reopen": "retry before a long list",
  "generation raised without condition": "two retries at once",
  "pause without condition": "pause and resume while a task runs",
  "sweeper does not look for what is not reopened": "retry half done, message gone",
  "wait acknowledged before it is recorded": "short sleep",
  "sleep settled before its time": "long sleep",
  "loser of a wake just returns": "short sleep",
  "wait recorded without condition": "short sleep",
  "sleep settled without condition": "short sleep",
  "sweeper does not look for sleeps": "long sleep",
  "sweeper does not look for starts that are due": "delayed start",
  "outside message sent before its lease is written": "outside task",
  "outside task claimed, not sent on redelivery": "outside task claimed, and not sent",
  "outside task claimed without condition": "outside task",
  "report accepted without its attempt": "outside task that reports late",
  "repeated report just acknowledged": "outside task",
  "repeated report of a failure just acknowledged": "outside task that is retried",
  "budget: counted after it is started": "budget: map beyond it",
  "budget: counted without condition": "budget: map beyond it",
  "budget: repeated charge counts twice": "budget: maps that just fit",
  "budget: refused, and started all the same": "budget: map beyond it",
  "budget: loser just returns": "budget: map beyond it in an absorbing header",
  "budget: task that may not be retried is left": "budget: retries beyond it",
  "map says that it waits before its child is made": "map over a result",
  "map waits without condition": "map over a result",
  "map over nothing settled without condition": "map over no items",
  "end of a map taken over without generation": "retry while the end of a map is not handed on",
  "end of a map taken over without condition": "map over a result",
  "loser of a child's end just returns": "map over a result",
  "sweeper does not look for parents that are not told": "end of a map not told, message gone",
  "sweeper does not look for parents that have ended": "end of a run not passed on to its map, message gone",
};

export const variants: Readonly<Record<string, Variant>> = {
  "loser of the commit just returns": { store: answering(["slot.commit"], returns) },
  "loser of an arrival just returns": { store: answering(["tally.arrive"], returns) },
  "loser carries inline": {
    protocol: { mayCarry: (found) => protocol.mayCarry({ ...found, ownCommit: true, ownArrivals: true }) },
  },
  "winner of the arrival alone carries": {
    protocol: { mayCarry: (found) => protocol.mayCarry({ ...found, ownCommit: true }) },
  },
  "driver drops a waiting slot": {
    protocol: {
      driverRow: (slot, ...rest) =>
        slot.state === "waiting" ? { kind: "discharged" } : protocol.driverRow(slot, ...rest),
    },
  },
  "own message acknowledged on a foreign lease": {
    protocol: {
      ownRow: (slot, ...rest) => {
        const row = protocol.ownRow(slot, ...rest);
        return slot.state === "leased" && row.kind === "return" ? { kind: "discharged" } : row;
      },
    },
  },
  "driver acknowledges its own carried lease": {
    protocol: {
      driverRow: (slot, ...rest) => {
        const row = protocol.driverRow(slot, ...rest);
        return row.kind === "return" ? { kind: "discharged" } : row;
      },
    },
  },
  "waiting slot not sent again on redelivery": {
    protocol: {
      ownRow: (slot, ...rest) => {
        const row = protocol.ownRow(slot, ...rest);
        return row.kind === "send" ? { kind: "discharged" } : row;
      },
    },
  },
  "guard drops everything after FAILED": {
    protocol: {
      ownRow: (slot, found, asker) => (found.mayStart ? protocol.ownRow(slot, found, asker) : { kind: "discharged" }),
    },
  },
  "error callback refused after FAILED": { protocol: { mayStart: ({ status }) => status === "RUNNING" } },
  "full-but-bad join left undecided": {
    protocol: {
      decisionOf: (join, top) => {
        const decision = protocol.decisionOf(join, top);
        return decision === "error" && top?.decision === undefined ? undefined : decision;
      },
    },
  },
  "failed slot without recorded target not swept": { protocol: { diagnose: overlooking("failure-not-driven") } },
  "absorbed failure not handed on": { plan: forgetAbsorbing },
  "sweeper does not look for missing arrivals": { protocol: { diagnose: overlooking("arrival-missing") } },
  "sweeper does not look for a missing end": { protocol: { diagnose: overlooking("end-missing") } },
  "sweeper does not look for missing successors": { protocol: { diagnose: overlooking("successor-missing") } },
  "sweeper does not look for unseen tasks": { protocol: { diagnose: overlooking("unseen") } },
  "sweeper does not look for leases that are over": { protocol: { diagnose: overlooking("lease-over") } },
  "commit without condition": { store: rewriting(["slot.commit"], without) },
  "arrival without condition": { store: rewriting(["tally.arrive"], without) },
  "claim without fence": { store: rewriting(["slot.claim", "slot.carry"], without) },
  "take-over names only the state": {
    store: rewriting(["slot.claim"], (write) => withCondition(write, onlyState(write.condition))),
  },
  "retry-wait without condition": { store: rewriting(["slot.wait"], without) },
  "early decision without condition": { store: rewriting(["join.decide"], without) },
  "settling for others without condition": {
    store: rewriting(["slot.settle", "slot.end", "slot.give-up", "slot.expire"], without),
  },
  "end of the run without condition": { store: rewriting(["head.end"], without) },
  "head created without condition": { store: rewriting(["head.create"], without) },
  "re-sends and take-overs of the sweeper without condition": {
    store: rewriting(["slot.resend", "slot.reissue"], without),
  },
  "acknowledged when part of a pack is done": {
    protocol: {
      ownRow: (slot, found, asker) => {
        const row = protocol.ownRow(slot, found, asker);
        return found.packed && row.kind === "return" ? { kind: "discharged" } : row;
      },
    },
  },
  "waiting member of a pack not sent again": {
    protocol: {
      ownRow: (slot, found, asker) => {
        const row = protocol.ownRow(slot, found, asker);
        return found.packed && row.kind === "send" ? { kind: "discharged" } : row;
      },
    },
  },
  "pack takes a lost member over itself": {
    protocol: { ownRow: (slot, found, asker) => protocol.ownRow(slot, { ...found, packed: false }, asker) },
  },
  "commit of a pack counts one arrival": {
    store: rewriting(["slot.commit"], (write) => ({
      ...write,
      set: write.set.map((action) => ("minus" in action ? { ...action, minus: 1 } : action)),
    })),
  },
  "range done before it is sent": {
    store: rewriting(["range.claim"], (write) => ({
      ...write,
      set: write.set.map((action) =>
        "value" in action && action.path[0] === "s0"
          ? { ...action, value: { s: "SUCCEEDED", a: 1, o: "x", f: 1 } }
          : action,
      ),
    })),
  },
  "range claimed without condition": { store: rewriting(["range.claim"], without) },
  "sweeper does not look for ranges": {
    protocol: {
      diagnose: (...args) => {
        const diagnosis = protocol.diagnose(...args);
        const findings = diagnosis.findings.filter(({ repair }) => !repair.do.endsWith("-range"));
        return { ...diagnosis, findings };
      },
    },
  },
  "counting join: only full leaves climb": {
    store: dropping("tally.arrive", (write) => isCountedMark(write) && !countsMembers(write)),
  },
  "counting join: blind marks": {
    store: rewriting(["tally.arrive"], (write) => (isCountedMark(write) ? without(write) : write)),
  },
  "counting join: loser just returns": {
    store: (store) => ({
      ...store,
      write: async (write, site) => {
        const result = await store.write(write, site);
        return site === "tally.arrive" && isCountedMark(write) && !result.applied ? returnsCounts(result) : result;
      },
    }),
  },
  "quorum decided without its accepted set": {
    store: rewriting(["join.accept"], (write) => ({
      ...write,
      set: write.set.filter(({ path }) => path[0] !== "accepted"),
    })),
  },
  "quorum decided without condition": { store: rewriting(["join.accept"], without) },
  "sweeper does not look for missing decisions": { protocol: { diagnose: overlooking("decision-missing") } },
  "finish: skip stops after one link": { plan: forgetSkipped },
  "lanes: loser just returns": { protocol: { laneGoesOn: (found) => found.own && protocol.laneGoesOn(found) } },
  "lanes: revoke releases an unreleased successor": {
    protocol: { laneGoesOn: (found) => protocol.laneGoesOn({ ...found, released: true }) },
  },
  "lanes: settled units are not skipped": {
    protocol: { nextOpenUnit: (_join, from, before) => (from < before ? from : undefined) },
  },
  "lanes: generation 2 not skipping": { queue: startingLanesAnew },
  "lanes: go on when a part of a pack is settled": {
    protocol: { laneGoesOn: (found) => protocol.laneGoesOn({ ...found, unitSettled: true }) },
  },
  "lanes: go on after the decision": {
    protocol: { laneGoesOn: (found) => protocol.laneGoesOn({ ...found, awaited: true }) },
  },
  "lanes: sweeper sends members before their turn": {
    protocol: {
      diagnose: (snapshot, ...rest) => protocol.diagnose({ ...snapshot, plan: unbounded(snapshot.plan) }, ...rest),
    },
  },
  "lanes: a release starts all members": { plan: unbounded },
  "lanes: sweeper does not look for dead ones": { protocol: { diagnose: overlooking("unseen") } },
  "sweeper does not look for members that were to be ended": { protocol: { diagnose: overlooking("rest-not-ended") } },
  "members ended that others have settled": { store: rewriting(["slot.end"], without) },
  "skip without condition": { store: rewriting(["slot.skip"], without) },
  "a graph's join forgets that a parent was skipped": { plan: forgetSkippedParents },
  "sweeper takes a condition as met": {
    protocol: { diagnose: (snapshot, ...rest) => protocol.diagnose(conditionsMet(snapshot), ...rest) },
  },
  "sweeper does not look for open conditions": { protocol: { diagnose: overlooking("condition-open") } },
  "reopen without condition": { store: rewriting(["item.reopen"], without) },
  "top not fenced at retry": { store: rewriting(["item.reopen"], unfenced) },
  "error branch kept at reopen": { store: rewriting(["item.reopen"], keeping(/^node#(?:.*\/)?onError$/)) },
  "sent-out ranges kept at reopen": { store: rewriting(["item.reopen"], keeping(/^range#/)) },
  "message of an older generation is not recognised": { store: withoutGuard },
  "pause forgets what came meanwhile": { queue: sendingNothingAt("restart.send") },
  "generation raised without condition": { store: rewriting(["head.raise"], without) },
  "pause without condition": { store: rewriting(["head.pause"], without) },
  "sweeper does not look for what is not reopened": { protocol: { diagnose: overlooking("not-reopened") } },
  "wait acknowledged before it is recorded": { acknowledgeBeforeWrite: "slot.timer" },
  "sleep settled before its time": { protocol: { diagnose: waking } },
  "loser of a wake just returns": {
    protocol: {
      wakeRow: (...args) => {
        const row = protocol.wakeRow(...args);
        return row.kind === "drive" ? { kind: "discharged" } : row;
      },
    },
  },
  "wait recorded without condition": { store: rewriting(["slot.timer"], without) },
  "sleep settled without condition": { store: rewriting(["slot.wake"], without) },
  "sweeper does not look for sleeps": { protocol: { diagnose: overlooking("sleep-over") } },
  "sweeper does not look for starts that are due": { protocol: { diagnose: overlooking("start-due") } },
  "outside message sent before its lease is written": { claimAfterSend: true },
  "outside task claimed, not sent on redelivery": {
    protocol: {
      outsideRow: (...args) => {
        const row = protocol.outsideRow(...args);
        return row.kind === "hand-over" ? { kind: "discharged" } : row;
      },
    },
  },
  "outside task claimed without condition": { store: rewriting(["outside.claim"], without) },
  "report accepted without its attempt": {
    protocol: {
      reportRow: (slot, token) =>
        slot.state === "leased" ? { kind: "accept", lease: slot } : protocol.reportRow(slot, token),
    },
  },
  "repeated report just acknowledged": {
    protocol: {
      reportRow: (...args) => {
        const row = protocol.reportRow(...args);
        return row.kind === "settled" ? { kind: "past" } : row;
      },
    },
  },
  "repeated report of a failure just acknowledged": {
    protocol: {
      reportRow: (...args) => {
        const row = protocol.reportRow(...args);
        return row.kind === "retried" ? { kind: "past" } : row;
      },
    },
  },
  "map says that it waits before its child is made": { store: childMadeLate },
  "map waits without condition": { store: rewriting(["map.wait"], without) },
  "map over nothing settled without condition": { store: rewriting(["map.settle"], without) },
  "end of a map taken over without generation": { store: (store) => unguardedAt("map.commit", store) },
  "end of a map taken over without condition": { store: rewriting(["map.commit"], without) },
  "loser of a child's end just returns": { store: settledParents },
  "sweeper does not look for parents that are not told": { protocol: { diagnose: overlooking("parent-not-told") } },
  "budget: counted after it is started": { store: chargedLate },
  "budget: counted without condition": { store: rewriting(["budget.charge"], without) },
  "budget: repeated charge counts twice": { store: rewriting(["budget.charge"], unmarked) },
  "budget: refused, and started all the same": { protocol: { chargeRow: () => ({ kind: "granted" }) } },
  "budget: loser just returns": { store: dropping("map.settle", () => true) },
  "budget: task that may not be retried is left": { store: budgetLosersLeave },
  "sweeper does not look for parents that have ended": {
    protocol: { diagnose: overlooking("parent-not-followed") },
    queue: sendingNothingAt("follow.send"),
  },
  "acknowledged before the send": { acknowledgeBeforeSend: true },
  "hedge: copy claimed without condition": { store: rewriting(["slot.claim-beside"], without) },
  "hedge: copy claimed beside whatever attempt": {
    store: rewriting(["slot.claim-beside"], (write) => withCondition(write, onlyState(write.condition))),
  },
  "hedge: copy promoted without condition": { store: rewriting(["slot.promote"], without) },
  "hedge: copy promoted while the first is at work": {
    protocol: {
      ownRow: (slot, found, asker) =>
        slot.state === "leased" && slot.owner !== asker.owner && isAtWork(slot.second, asker)
          ? { kind: "promote", seen: slot }
          : protocol.ownRow(slot, found, asker),
    },
  },
  "hedge: copy gives way without condition": { store: rewriting(["slot.give-way"], without) },
  "hedge: a wait does not look for a copy": { store: rewriting(["slot.wait"], blindToCopies) },
  "hedge: a promotion does not look at the copy": { store: rewriting(["slot.promote"], blindToCopies) },
  "hedge: a copy commits what it does not hold": { store: rewriting(["slot.commit"], unownedCopy) },
  "hedge: copy of a dead first is taken over": {
    protocol: {
      ownRow: (slot, found, asker) => {
        const row = protocol.ownRow(slot, found, asker);
        if (row.kind !== "promote") return row;
        const { dispatch, attempt, lost } = row.seen;
        return { kind: "claim", seen: row.seen, dispatch, attempt: attempt + 2, lost: lost + 1 };
      },
    },
  },
  "hedge: attempt of a copy is given again": {
    protocol: {
      ownRow: (slot, found, asker) => {
        const row = protocol.ownRow(slot, found, asker);
        return row.kind === "claim" && row.seen.state === "leased" ? { ...row, attempt: row.seen.attempt + 1 } : row;
      },
    },
  },
  "hedge: a failure counts while the other is at work": {
    protocol: {
      failedRow: (slot, lease, asker) => {
        const row = protocol.failedRow(slot, lease, asker);
        return row.kind === "promote" ? { kind: "last", counts: row.seen, seen: row.seen } : row;
      },
    },
  },
  "hedge: own message of a dead copy acknowledged": {
    protocol: {
      ownRow: (slot, found, asker) => {
        const row = protocol.ownRow(slot, found, asker);
        return found.copyOf !== undefined && row.kind === "return" ? { kind: "discharged" } : row;
      },
    },
  },
  "lease taken over while it lives": {
    protocol: {
      ownRow: (slot, found, asker) =>
        slot.state === "leased" &&
        slot.owner !== asker.owner &&
        !leaseOver(slot, asker) &&
        slot.dispatch <= found.dispatch &&
        found.mayStart
          ? { kind: "claim", seen: slot, dispatch: slot.dispatch, attempt: slot.attempt + 1, lost: slot.lost }
          : protocol.ownRow(slot, found, asker),
    },
  },
};

/** Runs the crash lane under a wrong variant until something breaks; undefined when nothing does. */
export async function catchVariant(name: string): Promise<Failure | undefined> {
  const variant = variants[name];
  if (!variant) throw new Error(`no variant ${name}`);
  const first = usuallyCaughtBy[name];
  const quick =
    first === undefined ? undefined : (await crashPoints({ names: [first], variant, untilFirst: true })).failures[0];
  return quick ?? (await crashPoints({ variant, untilFirst: true })).failures[0];
}
