/**
 * What can go wrong in a history. Each history draws which kinds are on and how often each happens (swarm testing): a mix of
 * few kinds goes where a mix of all never comes.
 */
import type { CallKind } from "../simulation/faults.ts";
import { chanceOf, createRandom, type Random, streams } from "./random.ts";

/** Kinds that happen at a call of a port. */
export const callFaults = {
  /** The process dies before the call has an effect. */
  "crash-before": ["read", "write", "send", "message"],
  /** The process dies after the effect, before it learns of it. */
  "crash-after": ["write", "send", "message"],
  /** The answer is lost and the SDK repeats the call, up to a second later. */
  "reply-lost": ["write", "send", "message"],
  /** The answer is lost for good: the call fails though it had its effect. */
  "failed-after": ["write", "send", "message"],
  /** Throttled, or a conflict: the call fails without effect. */
  throttled: ["read", "write", "send", "message"],
  /** The call fails for its caller, and has its effect later: up to minutes, when leases have run out. */
  "applied-late": ["write", "send"],
  /** The call succeeds, and a copy of it is applied once more later. */
  "late-copy": ["write", "message"],
  /** The service refuses entries of the batch. */
  partial: ["send"],
  /** The sent messages are lost: the sweeper has to find out. */
  lost: ["send"],
  /** The call takes up to half a minute, before or after its effect. */
  slow: ["read", "write", "send", "message"],
  /** The process stands still until leases and visibility timeouts have run out. */
  pause: ["read", "write", "send", "message"],
  /** The messages in hand are delivered once more meanwhile. */
  "deliver-again": ["read", "write", "send", "message"],
} as const satisfies Record<string, readonly CallKind[]>;

export type CallFault = keyof typeof callFaults | "gone";

/** Kinds that lie in the surroundings, or come from people. */
export const otherFaults = {
  /** Sent messages that arrive twice. */
  duplicate: "a message that arrives twice",
  /** Messages that overtake each other by up to half a minute. */
  reorder: "messages that overtake each other",
  /** A task queue that gives up after a few receives. */
  "dead-letters": "a task queue that gives up after a few receives",
  /** Answers of the index that are up to five minutes old. */
  "stale-index": "an index that lags by minutes",
  /** Clocks that differ by as much as the settings allow. */
  skew: "clocks that differ by up to ε",
  /** No sweeps for a while. */
  "sweeper-absent": "no sweeps for up to an hour",
  /** Requests that arrive several times, at any time. */
  "submit-again": "requests sent again",
  /** Of tenant A: garbage on the queues, a task that kills every process it runs in. */
  poison: "garbage on the queues, a task that kills its process",
  revoke: "A is revoked, or a part of it",
  hold: "runs are paused and resumed",
  retry: "A is run again when it has failed",
  deadline: "A has a deadline",
} as const;

/** What workflows and requests may have beyond the usual. */
export const features = {
  /** Maps over a result, and chords over such a map. */
  "run-time-maps": "maps whose list is a result",
  /** Tasks that programs elsewhere run, which report more often than they need. */
  outside: "tasks that run elsewhere",
  /** Such tasks too, and programs that report when their time is over. */
  "late-reports": "reports that come too late",
  "cancel-rest": "chords that end what they need no more",
  /** Of tenant A: some pass. B's are long. */
  "chord-deadline": "chords with a deadline",
  /** Of tenant A: some are used up. B's are ample. */
  budget: "budgets of tasks and attempts",
  /** Of tenant A: its run is removed when it has ended, whatever is still on its way. */
  "clean-up": "A's run is removed when it has ended",
  hedge: "members that get a second copy",
  /** What a dying process has received of ours does not come again: the sweeper has to go on. */
  gone: "processes that die with their messages",
} as const;

export type Feature = keyof typeof features;

/** What can be on in a history. */
export type Kind = FaultKind | Feature;

export type FaultKind = keyof typeof callFaults | keyof typeof otherFaults;

export const callFaultKinds = Object.keys(callFaults) as (keyof typeof callFaults)[];
export const faultKinds = [...callFaultKinds, ...Object.keys(otherFaults)] as FaultKind[];
export const featureKinds = Object.keys(features) as Feature[];
export const allKinds: readonly Kind[] = [...faultKinds, ...featureKinds];

/** Kinds after which an attempt may be lost: its worker is gone, or was taken for it. */
const losing: readonly Kind[] = [
  "gone",
  "crash-before",
  "crash-after",
  "slow",
  "pause",
  "dead-letters",
  "applied-late",
  "failed-after",
  "throttled",
];

export interface Mix {
  readonly seed: number;
  readonly on: ReadonlySet<Kind>;
  /** Whether a worker may be taken for lost that poison has not killed. */
  readonly loses: boolean;
  /** The same of a program elsewhere: also where what it is sent, or what it says, is lost. */
  readonly losesElsewhere: boolean;
  /** What happens at the call of that number. */
  at(call: number, kind: CallKind): CallFault | undefined;
}

/** How much goes wrong in a history. */
interface Plenty {
  /** Shares of the kinds that are on: one is drawn. */
  readonly kinds: readonly number[];
  readonly features: readonly number[];
  /** Faults at calls, at most: after them it must come to its end undisturbed. */
  readonly faults: number;
}

const usual: Plenty = { kinds: [0.1, 0.25, 0.5], features: [0, 0.15, 0.4], faults: 30 };
const little: Plenty = { kinds: [0.05, 0.1, 0.2], features: [0, 0, 0.1], faults: 6 };

export interface MixOptions {
  readonly seed: number;
  readonly small: boolean;
  readonly schedule: number;
  readonly without: readonly Kind[];
  /** Calls at which nothing goes wrong. */
  readonly spared: readonly number[];
}

export function drawMix({ seed, small, schedule, without, spared }: MixOptions): Mix {
  const plenty = small ? little : usual;
  const random = createRandom(seed, streams.mix);
  const share = random.pick(plenty.kinds);
  const drawn = faultKinds.filter(() => random.chance(share));
  const more = createRandom(seed, streams.features);
  const featureShare = more.pick(plenty.features);
  const having = featureKinds.filter(() => more.chance(featureShare));
  const on = new Set<Kind>([...drawn, ...having].filter((kind) => !without.includes(kind)));
  const rates = new Map(drawn.map((kind) => [kind, rateOf(random)] as const));
  const kinds = callFaultKinds.filter((kind) => rates.has(kind));
  const budget = random.between(1, plenty.faults);
  const own = Math.imul(seed ^ Math.imul(schedule, 0x2545f491), streams.faults);
  let happened = 0;
  /** Drawn apart, like the other features: the rest of the history stays as it is. */
  const goneAtMost = more.between(1, 4);
  let gone = 0;
  const isGone = (call: number, kind: CallKind) =>
    on.has("gone") &&
    gone < goneAtMost &&
    (kind === "write" || kind === "send") &&
    !spared.includes(call) &&
    chanceOf(own ^ streams.features, call) < goneRate;
  return {
    seed,
    on,
    loses: losing.some((kind) => on.has(kind)),
    losesElsewhere: [...losing, "lost" as const].some((kind) => on.has(kind)),
    at(call, kind) {
      if (isGone(call, kind)) {
        gone++;
        return "gone";
      }
      if (happened === budget) return undefined;
      let left = chanceOf(own, call);
      for (const one of kinds) {
        left -= rates.get(one) as number;
        if (left >= 0) continue;
        // A kind that is off, or that cannot be here, leaves the call as it is: others keep their places.
        if (!on.has(one) || spared.includes(call) || !(callFaults[one] as readonly CallKind[]).includes(kind))
          return undefined;
        happened++;
        return one;
      }
      return undefined;
    },
  };
}

const goneRate = 0.03;

/** Once in 10 to 200 calls. */
function rateOf(random: Random): number {
  return 0.1 / random.pick([1, 2, 4, 8, 20]);
}
