/** SIGKILL of the worker, again and again, while chords run; then what the ledger says has become of them. */
import { setTimeout as sleep } from "node:timers/promises";
import { createSeededRandom } from "../random.ts";
import type { Deployed } from "./deployed.ts";
import type { EffectName } from "./ledger.ts";

export interface KillPlan {
  readonly chords: number;
  readonly members: number;
  readonly killsAtMost: number;
  /** Between two kills, at least and at most: drawn by the seed. */
  readonly betweenMs: readonly [shortest: number, longest: number];
  /** No line for that long: nothing comes any more. */
  readonly quietSeconds: number;
  /** After the last callback, for one that comes twice. */
  readonly settleSeconds: number;
  readonly limitSeconds: number;
}

/** The same for every system. */
export const killPlan: KillPlan = {
  chords: 50,
  members: 20,
  killsAtMost: 15,
  betweenMs: [500, 1500],
  quietSeconds: 60,
  settleSeconds: 15,
  limitSeconds: 300,
};
export const seeds = [1, 2, 3] as const;
const pollMs = 200;

export interface KillFigure {
  readonly seed: number;
  readonly kills: number;
  readonly chords: number;
  readonly members: number;
  readonly firedOnce: number;
  readonly firedTwiceOrMore: number;
  /** Neither its callback nor what is called in its place. */
  readonly never: number;
  /** Decided as failed, and said so: of systems that call an error callback. */
  readonly gaveUp: number;
  /** Callbacks that were given fewer results than there are members. */
  readonly tooFewResults: number;
  readonly membersBegunTwiceOrMore: number;
  readonly membersEndedTwiceOrMore: number;
  readonly membersNeverEnded: number;
  /** Undefined when some are never done. */
  readonly allDoneSeconds?: number;
  /** The time limit was over while something still happened: what is called never here may be late. */
  readonly cutOff: boolean;
}

export async function measureKills(deployed: Deployed, seed: number, plan: KillPlan = killPlan): Promise<KillFigure> {
  const { ledger } = deployed;
  const { chords, members, killsAtMost } = plan;
  const [shortestMs, longestMs] = plan.betweenMs;
  const random = createSeededRandom(seed);
  const ids = Array.from({ length: chords }, (_, at) => `kill-${at}`);
  const { beganMs } = await deployed.submit({ op: "chord", ids, n: members, kind: "work" });
  const began = performance.now();
  let kills = 0;
  while (kills < killsAtMost && !(await ledger.allFired(ids, shortestMs + random() * (longestMs - shortestMs)))) {
    await deployed.replaceWorker();
    kills++;
  }
  const decided = (id: string) => ledger.of("fired", id).length + ledger.of("gave-up", id).length > 0;
  let changedMs = performance.now();
  let done = false;
  const passed = (sinceMs: number) => (performance.now() - sinceMs) / 1000;
  while (passed(began) < plan.limitSeconds) {
    if (ledger.read() > 0) changedMs = performance.now();
    done = ids.every(decided);
    if (passed(changedMs) > (done ? plan.settleSeconds : plan.quietSeconds)) break;
    await sleep(pollMs);
  }
  const firedTimes = ids.map((id) => ledger.of("fired", id).length);
  const callbacks = ids.flatMap((id) => ledger.of("fired", id));
  const ends = [...callbacks, ...ids.flatMap((id) => ledger.of("gave-up", id))];
  const ended = countsOf(deployed, ids, "end");
  return {
    seed,
    kills,
    chords,
    members: chords * members,
    firedOnce: firedTimes.filter((times) => times === 1).length,
    firedTwiceOrMore: firedTimes.filter((times) => times > 1).length,
    never: ids.filter((id) => !decided(id)).length,
    gaveUp: ids.filter((id) => ledger.of("gave-up", id).length > 0).length,
    tooFewResults: callbacks.filter(({ value }) => value !== members).length,
    membersBegunTwiceOrMore: countsOf(deployed, ids, "begin").filter((times) => times > 1).length,
    membersEndedTwiceOrMore: ended.filter((times) => times > 1).length,
    membersNeverEnded: chords * members - ended.length,
    ...(done ? { allDoneSeconds: (Math.max(...ends.map(({ atMs }) => atMs)) - beganMs) / 1000 } : {}),
    cutOff: passed(began) >= plan.limitSeconds,
  };
}

/** How often each member did that, of those that did. */
function countsOf({ ledger }: Deployed, ids: readonly string[], name: EffectName): readonly number[] {
  return ids.flatMap((id) => {
    const times = new Map<number, number>();
    for (const { value } of ledger.of(name, id)) times.set(value, (times.get(value) ?? 0) + 1);
    return [...times.values()];
  });
}
