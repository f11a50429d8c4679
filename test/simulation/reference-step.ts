/**
 * The protocol's model as a function of one write: the actions that the models have (verification/spin), each with its guard,
 * by call site. What a history has written is accepted write by write, or refused with the reason.
 *
 * It knows no plan and no code of the driver, only what a write has changed. Whether the right one of two allowed actions was
 * taken, and in time, is the oracle's.
 */
import type { Image, Key } from "../../lib/ports/index.ts";
import { isAtWork, leaseOfCopy, leaseOver } from "../../lib/protocol/rows.ts";
import {
  countsOf,
  decodeSlot,
  encodeSlot,
  endlessMs,
  type LeasedSlot,
  type SettledSlot,
  type Slot,
} from "../../lib/protocol/slot.ts";

/** A write that was applied. */
export interface Step {
  readonly site: string;
  readonly key: Key;
  readonly before: Image | undefined;
  readonly after: Image;
  /** The latest time that any clock shows. */
  readonly nowMs: number;
}

/** What the steps before have told of one item, and of its run. */
export interface Known {
  /** How many arrivals the item waits for in all. */
  readonly size?: number;
  /** Generation of its run. */
  readonly generation?: number;
}

export interface Judged extends Known {
  /** Why it is none of the model's actions; empty when it is one. */
  readonly refused: readonly string[];
}

type Open = Exclude<Slot["state"], "settled">;

/** What becomes of a slot at one site: from which states, to which, and what else must hold. */
interface Move {
  readonly from: readonly Slot["state"][];
  readonly to: Slot["state"] | "settled or waiting";
  /** The name of the rule that is broken, if one is. */
  readonly breaks?: (was: Slot, is: Slot, nowMs: number) => string | undefined;
}

const open: readonly Open[] = ["absent", "queued", "leased", "waiting"];
const notLeased: readonly Open[] = ["absent", "queued", "waiting"];

const isLive = (slot: Slot, nowMs: number): boolean =>
  slot.state === "leased" && slot.untilMs !== endlessMs && !leaseOver(slot, { nowMs, skewMs: 0 });
/** Whether a copy is at work beside the first. */
const hasCopy = (slot: Slot, nowMs: number): boolean =>
  slot.state === "leased" && isAtWork(slot.second, { nowMs, skewMs: 0 });
const ofNobody: Move["breaks"] = (was, _, nowMs) =>
  isLive(was, nowMs) ? "its lease is live" : hasCopy(was, nowMs) ? "its copy is at work" : undefined;
/** H1: no attempt is given twice. */
const claimed: Move["breaks"] = (was, is, nowMs) =>
  countsOf(is).attempt > countsOf(was).attempt ? ofNobody(was, is, nowMs) : `attempt ${countsOf(is).attempt} once more`;
/** G4: only who holds the lease, with the attempt that it was given; H3: a failure only where no copy is at work. */
const byItsOwner: Move["breaks"] = (was, is, nowMs) => {
  const held = was as LeasedSlot;
  const fails = is.state === "waiting" || (is.state === "settled" && ["FAILED", "TIMED_OUT"].includes(is.status));
  if (fails && hasCopy(was, nowMs)) return "its copy is at work";
  const attempt = fails ? countsOf(was).attempt : held.attempt;
  const by = is as LeasedSlot | SettledSlot;
  // A wait has no owner.
  const isOwners = is.state === "waiting" || by.owner === held.owner;
  if (by.attempt === attempt && isOwners) return undefined;
  // H2: the copy may be first.
  if (!fails && held.second?.attempt === by.attempt && held.second.owner === by.owner) return undefined;
  if (by.attempt !== attempt) return `attempt ${by.attempt} holds no lease, attempt ${held.attempt} does`;
  return `${by.owner} holds no lease, ${held.owner} does`;
};

const ofLease = ({ untilMs: _, beatAtMs: _beat, details: _details, second, ...lease }: LeasedSlot) => ({
  ...lease,
  second: second && { attempt: second.attempt, owner: second.owner, carrier: second.carrier },
});
/** A heartbeat moves ends, and nothing else. */
const extended: Move["breaks"] = (was, is) =>
  same(ofLease(was as LeasedSlot), ofLease(is as LeasedSlot)) ? undefined : "it is another lease";
const besideIt: Move["breaks"] = (was, is) => {
  const { second, ...first } = is as LeasedSlot;
  if ((was as LeasedSlot).second !== undefined || second?.attempt !== first.attempt + 1)
    return "no second lease is due";
  return same(was, first) ? undefined : "the first lease changed";
};
/**
 * The first is lost, or has failed, which only its owner says: then nobody counts as lost. The copy's own lease may have run out
 * between the judgement and the write: then the next to come takes it.
 */
const promoted: Move["breaks"] = (was, is, nowMs) => {
  const [before, after] = [was as LeasedSlot, is as LeasedSlot];
  if (!before.second?.owner) return "no copy is at work";
  const copy = leaseOfCopy(before, after.lost);
  if (copy === undefined || !same(encodeSlot(after), encodeSlot(copy))) return "it is another lease";
  if (after.lost === before.lost) return undefined;
  return after.lost === before.lost + 1 && !isLive(was, nowMs) ? undefined : "the first is at work";
};
const gaveWay: Move["breaks"] = (was, is) => {
  const { second, ...first } = was as LeasedSlot;
  const { second: after, ...stays } = is as LeasedSlot;
  if (!same(first, stays)) return "the first lease changed";
  return second && same(after, { ...second, owner: "", untilMs: 0 }) ? undefined : "no copy gives way";
};

const claim: Move = { from: open, to: "leased", breaks: claimed };
const commit: Move = { from: ["leased"], to: "settled", breaks: byItsOwner };
/** Of a pack some may wait for their next attempt. */
const commitPack: Move = { ...commit, to: "settled or waiting" };
const beat: Move = { from: ["leased"], to: "leased", breaks: extended };
const give: Move = { from: open, to: "settled", breaks: ofNobody };

const slotMoves: Readonly<Record<string, Move>> = {
  "slot.claim": claim,
  "slot.carry": { ...claim, from: ["absent"] },
  "range.claim": claim,
  "outside.claim": claim,
  "map.wait": { from: notLeased, to: "leased" },
  "slot.commit": commitPack,
  "range.commit": commit,
  "map.commit": commit,
  "slot.heartbeat": beat,
  "report.heartbeat": beat,
  "slot.wait": commitPack,
  "slot.claim-beside": { from: ["leased"], to: "leased", breaks: besideIt },
  "slot.promote": { from: ["leased"], to: "leased", breaks: promoted },
  "slot.give-way": { from: ["leased"], to: "leased", breaks: gaveWay },
  "map.settle": { from: notLeased, to: "settled" },
  "slot.settle": { from: ["absent"], to: "settled" },
  "slot.skip": { from: ["absent"], to: "settled" },
  "slot.give-up": give,
  "slot.expire": give,
  "slot.dead-letter": give,
  "slot.end": { from: open, to: "settled" },
  "slot.wake": { from: open, to: "settled", breaks: ofNobody },
  "slot.resend": { from: notLeased, to: "queued" },
  "slot.reissue": { from: open, to: "waiting", breaks: ofNobody },
  "slot.timer": { from: ["absent"], to: "waiting" },
  "slot.late": {
    from: ["settled"],
    to: "settled",
    breaks: (was, is) =>
      same({ ...(was as SettledSlot), late: undefined }, { ...(is as SettledSlot), late: undefined })
        ? undefined
        : "the outcome changed",
  },
};

const decisionSites: Readonly<Record<string, string>> = {
  "join.decide": "error",
  "join.accept": "callback",
  "join.skip": "skipped",
};

/** Judges one write by what is known. */
export function step(known: Known, write: Step): Judged {
  if (write.key.sk === "head") return headStep(known, write);
  if (!/^(tally|node|range)#/.test(write.key.sk)) return { ...known, refused: [] };
  const generation = Number(write.after.g);
  const was = Number(write.before?.g ?? 0);
  const where = `${write.site} of ${write.key.pk} ${write.key.sk}`;
  const refused = (why: string): Judged => ({ ...known, refused: [`model: ${where}: ${why}`] });
  if (generation < was) return refused(`back from generation ${was} to ${generation}`);
  if (known.generation !== undefined && generation > known.generation)
    return refused(`generation ${generation} of a run that is at ${known.generation}`);
  if (write.site !== "item.reopen") {
    if (write.before !== undefined && generation !== was) return refused(`opened generation ${generation} of ${was}`);
    const [why] = [...slotFaults(write), ...decisionFaults(write)];
    if (why !== undefined) return refused(why);
  }
  return countStep(known, write, where);
}

function headStep(known: Known, { site, before, after }: Step): Judged {
  const generation = Number(after.generation);
  const was = before === undefined ? undefined : Number(before.generation);
  const isNew = before?.status === undefined || before.removedAt !== undefined;
  const why = ((): string | undefined => {
    switch (site) {
      case "head.create":
        return isNew && after.status === "RUNNING" ? undefined : "there is one";
      case "head.end":
        if (before?.status !== "RUNNING") return `ended as ${before?.status}`;
        return generation === was ? undefined : "generation changed";
      case "head.raise":
        if (before?.endedAt === undefined || before.removeAt !== undefined || before.removedAt !== undefined)
          return "it has not ended, or is being removed";
        return generation === Number(was) + 1 ? undefined : `from generation ${was} to ${generation}`;
      case "head.remove":
        return before?.endedAt !== undefined && before.removeAt === undefined ? undefined : "not ended, or said before";
      case "head.tombstone":
        return before?.endedAt !== undefined && before.removedAt === undefined
          ? undefined
          : "not ended, or removed before";
      default:
        return before?.status === after.status && was === generation ? undefined : "status or generation changed";
    }
  })();
  const refused = why === undefined ? [] : [`model: ${site}: ${why}`];
  return { ...known, generation, refused };
}

function slotFaults({ site, before, after, nowMs }: Step): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after)].filter((name) => /^s\d+$/.test(name)));
  const move = slotMoves[site];
  return [...names].flatMap((name) => {
    if (same(before?.[name], after[name])) return [];
    const [was, is] = [decodeSlot(before?.[name]), decodeSlot(after[name])];
    if (!move) return [`${name} changed, which is none of its doing`];
    if (!move.from.includes(was.state) || !move.to.split(" or ").includes(is.state))
      return [`${name} from ${was.state} to ${is.state}`];
    const broken = move.breaks?.(was, is, nowMs);
    return broken === undefined ? [] : [`${name} from ${was.state} to ${is.state}: ${broken}`];
  });
}

function decisionFaults({ site, before, after }: Step): string[] {
  if (same(before?.decision, after.decision)) return [];
  if (before?.decision !== undefined) return [`decided ${before.decision}, then ${after.decision}`];
  const decides = decisionSites[site];
  if (decides !== after.decision) return [`decided ${after.decision} where ${decides ?? "nothing"} may be decided`];
  if (decides === "callback" && after.accepted === undefined) return ["decided callback without what it accepts"];
  return [];
}

/** G41: what is settled or has arrived, and what is waited for, are all. The first write tells how many that is. */
function countStep(known: Known, { before, after }: Step, where: string): Judged {
  const remaining = after.remaining;
  if (typeof remaining !== "number") return { ...known, refused: [] };
  const marks = Object.entries(after).filter(([name]) => /^m\d+$/.test(name));
  // A mark of a join that is decided by a count holds the settled members too: only the plan says when it is full.
  if (marks.some(([, mark]) => Number(mark) >= 2 ** 20)) {
    const smaller = marks.find(([name, mark]) => Number(before?.[name] ?? 0) > Number(mark));
    const sameGeneration = before?.g === after.g;
    const refused = smaller && sameGeneration ? [`model: ${where}: mark ${smaller[0]} went back`] : [];
    return { ...known, refused };
  }
  const settled = Object.keys(after).filter(
    (name) => /^s\d+$/.test(name) && decodeSlot(after[name]).state === "settled",
  );
  const size = remaining + settled.length + marks.length;
  const refused =
    known.size === undefined || known.size === size
      ? []
      : [`model: ${where}: ${known.size - remaining} are counted, ${settled.length + marks.length} have come`];
  return { ...known, size: known.size ?? size, refused };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Judges the writes of one history in their order. */
export interface Trace {
  /** @returns Why it is none of the model's actions. */
  readonly note: (write: Step) => readonly string[];
}

export function createTrace(): Trace {
  const sizes = new Map<string, number>();
  const generations = new Map<string, number>();
  return {
    note(write) {
      const { pk, sk } = write.key;
      const [run = pk] = pk.split("#");
      const name = `${pk}/${sk}`;
      // Another run under the name of one that is forgotten.
      if (write.site === "head.create") for (const item of sizes.keys()) if (item.startsWith(run)) sizes.delete(item);
      const [size, generation] = [sizes.get(name), generations.get(run)];
      const judged = step(
        { ...(size === undefined ? {} : { size }), ...(generation === undefined ? {} : { generation }) },
        write,
      );
      if (judged.size !== undefined) sizes.set(name, judged.size);
      if (judged.generation !== undefined) generations.set(run, judged.generation);
      return judged.refused;
    },
  };
}
