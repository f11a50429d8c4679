/**
 * What holds for every slot, every shape of a tally and every back-off.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import { outcomeStatuses } from "../../lib/model/outcome.ts";
import type { PlanJoin } from "../../lib/plan/types.ts";
import type { Image, Value, Write } from "../../lib/ports/store.ts";
import { type Decision, decisionOf, owedDecision } from "../../lib/protocol/decision.ts";
import { memberPlace } from "../../lib/protocol/keys.ts";
import { afterFailure, backoffMs, resendIntervalMs } from "../../lib/protocol/retry.ts";
import { type Asker, driverRow, ownRow } from "../../lib/protocol/rows.ts";
import {
  asSeen,
  decodeSlot,
  encodeSlot,
  type LeasedSlot,
  type OpenSlot,
  type QueuedSlot,
  type SettledSlot,
  type WaitingSlot,
} from "../../lib/protocol/slot.ts";
import {
  badIn,
  countsIn,
  isFullMark,
  isTop,
  itemsAt,
  markFor,
  markOf,
  parentOf,
  remainingOf,
  sizeOf,
  type TallyPlace,
  tallyKey,
  topOf,
} from "../../lib/protocol/tally.ts";
import { arriveWrite, decideErrorWrite, decideQuorumWrite, settleWrite } from "../../lib/protocol/writes.ts";

const count = fc.nat({ max: 100 });
const positive = fc.integer({ min: 1, max: 100 });
const timeMs = fc.nat({ max: 4_000_000_000_000 });
const id = fc.string({ minLength: 1, maxLength: 16 });
const error = fc.oneof(
  fc.record({ name: fc.string(), message: fc.string() }),
  fc.record({ name: fc.string(), message: fc.string(), taskId: id }),
);

const queued: fc.Arbitrary<QueuedSlot> = fc.record({
  state: fc.constant("queued" as const),
  dispatch: positive,
  attempt: count,
  lost: count,
  resends: count,
  atMs: timeMs,
});
const leased: fc.Arbitrary<LeasedSlot> = fc.record({
  state: fc.constant("leased" as const),
  dispatch: positive,
  attempt: positive,
  lost: count,
  owner: id,
  carrier: id,
  untilMs: timeMs,
  startedAtMs: timeMs,
});
const waiting: fc.Arbitrary<WaitingSlot> = fc.record(
  {
    state: fc.constant("waiting" as const),
    dispatch: positive,
    attempt: count,
    lost: count,
    atMs: timeMs,
    timer: fc.boolean(),
    error,
  },
  { requiredKeys: ["state", "dispatch", "attempt", "lost", "atMs", "timer"] },
);
const ended = { state: fc.constant("settled" as const), attempt: count, lost: count, owner: id, settledAtMs: timeMs };
const value = fc.oneof(
  fc.record({ kind: fc.constant("inline" as const), text: fc.string() }),
  fc.record({ kind: fc.constant("item" as const), hash: id, bytes: count }),
  fc.record({ kind: fc.constant("reference" as const) }),
);
const late = fc.constantFrom(...outcomeStatuses);
const settled: fc.Arbitrary<SettledSlot> = fc.oneof(
  fc.record(
    { ...ended, status: fc.constant("SUCCEEDED" as const), value, startedAtMs: timeMs, late },
    { requiredKeys: ["state", "attempt", "lost", "owner", "settledAtMs", "status", "value"] },
  ),
  fc.record(
    {
      ...ended,
      status: fc.constantFrom("FAILED", "TIMED_OUT", "REVOKED", "SKIPPED"),
      error,
      startedAtMs: timeMs,
      late,
    },
    { requiredKeys: ["state", "attempt", "lost", "owner", "settledAtMs", "status"] },
  ),
);
const open = fc.oneof(queued, leased, waiting);
const anyOpen: fc.Arbitrary<OpenSlot> = fc.oneof(fc.constant({ state: "absent" as const }), open);

/** What the image of an item would hold. */
const imageOf = (slot: OpenSlot | SettledSlot): Image =>
  slot.state === "absent" ? { g: 1 } : { g: 1, s0: encodeSlot(slot) };

describe("a slot", () => {
  it("S11: is read back as it was stored, through JSON too", () => {
    fc.assert(
      fc.property(fc.oneof(open, settled), (slot) => {
        const stored = encodeSlot(slot);
        expect(decodeSlot(stored)).toEqual(slot);
        expect(decodeSlot(JSON.parse(JSON.stringify(stored)) as Value)).toEqual(slot);
      }),
    );
  });

  /** A state, and another: of any kind, or the same but for one entry. */
  const pairs = fc.oneof(
    fc.tuple(anyOpen, fc.oneof(anyOpen, settled)),
    fc.oneof(fc.tuple(queued, queued), fc.tuple(leased, leased), fc.tuple(waiting, waiting)).chain(([seen, donor]) => {
      const changed = (key: string): OpenSlot => ({ ...seen, [key]: donor[key as keyof typeof donor] });
      return fc.tuple(fc.constant<OpenSlot>(seen), fc.constantFrom(...Object.keys(donor)).map(changed));
    }),
  );

  it("S15: exactly what was seen holds for that state, and for no other", async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([seen, other]) => {
        const applies = async (image: Image): Promise<boolean> => {
          const store = createMemoryStore();
          const key = { pk: "r", sk: "node#x" };
          store.restore([{ key, image }]);
          return (await store.write({ key, set: [], condition: asSeen("s0", seen) }, "test")).applied;
        };
        expect(await applies(imageOf(seen))).toBe(true);
        // An error, a carrier, a start or a count of lost attempts never changes alone: what is named pins the rest.
        const pins = ({ state, ...slot }: OpenSlot | SettledSlot) => {
          const { dispatch, attempt, owner, untilMs, atMs, resends } = slot as Partial<LeasedSlot & QueuedSlot>;
          return JSON.stringify([state, dispatch, attempt, state === "leased" ? [owner, untilMs] : atMs, resends]);
        };
        expect(await applies(imageOf(other))).toBe(pins(other) === pins(seen));
      }),
    );
  });
});

describe("the rows", () => {
  const asker: fc.Arbitrary<Asker> = fc.record({ owner: id, carrier: id, nowMs: timeMs, skewMs: fc.constant(2000) });
  const policy = fc.record({
    maxAttempts: positive,
    maxLost: positive,
    backoffSeconds: count,
    maxBackoffSeconds: count,
  });

  it("S15: a claim never lowers the dispatch, raises the attempt by one, and takes nobody's live lease", () => {
    fc.assert(
      fc.property(anyOpen, positive, policy, asker, (slot, dispatch, retry, asks) => {
        const row = ownRow(slot, { dispatch, mayStart: true, retry, packed: false }, asks);
        if (row.kind !== "claim") return;
        const before = slot.state === "absent" ? { attempt: 0, lost: 0, dispatch: 0 } : slot;
        expect(row.seen).toBe(slot);
        expect(row.attempt).toBe(before.attempt + 1);
        expect(row.dispatch).toBeGreaterThanOrEqual(before.dispatch);
        expect(row.lost).toBe(before.lost + (slot.state === "leased" ? 1 : 0));
        if (slot.state === "leased") expect(slot.untilMs + asks.skewMs).toBeLessThan(asks.nowMs);
        if (slot.state === "waiting") expect(slot.atMs).toBeLessThanOrEqual(asks.nowMs);
      }),
    );
  });

  it("S9: when nothing may start, no row claims, sends or waits", () => {
    fc.assert(
      fc.property(anyOpen, positive, policy, asker, (slot, dispatch, retry, asks) => {
        expect(["run", "discharged"]).toContain(
          ownRow(slot, { dispatch, mayStart: false, retry, packed: false }, asks).kind,
        );
      }),
    );
  });

  it("S13: no row drops a node that only the message in hand can still bring about", () => {
    fc.assert(
      fc.property(anyOpen, policy, asker, (slot, retry, asks) => {
        // A message of the slot's own dispatch is the only one there is.
        const dispatch = slot.state === "absent" ? 1 : slot.dispatch;
        expect(ownRow(slot, { dispatch, mayStart: true, retry, packed: false }, asks).kind).not.toBe("discharged");
      }),
    );
  });

  it("S13: a driver drops a node only when another message stands for it", () => {
    fc.assert(
      fc.property(anyOpen, asker, (slot, asks) => {
        if (driverRow(slot, asks, 60_000).kind !== "discharged") return;
        const sentLately = slot.state === "queued" && asks.nowMs - slot.atMs < 60_000;
        const heldByAnother =
          slot.state === "leased" && slot.carrier !== asks.carrier && slot.untilMs + asks.skewMs >= asks.nowMs;
        expect(sentLately || heldByAnother).toBe(true);
      }),
    );
  });
});

function joinOf(size: number, leafSize: number, fan: number): PlanJoin {
  return {
    id: ".",
    kind: "group",
    size,
    leafSize,
    fan,
    buckets: 1,
    when: "all-succeeded",
    next: [],
    onError: null,
    failure: { decide: [], then: { kind: "head" } },
    releasedBy: null,
    afterEnd: false,
  };
}

/** Every item of a join, level by level. */
function itemsOf(join: PlanJoin): TallyPlace[][] {
  const levels = Array.from({ length: topOf(join).level + 1 }, (_, level) => level);
  return levels.map((level) => Array.from({ length: itemsAt(join, level) }, (_, number) => ({ level, number })));
}

function checkShape(join: PlanJoin): void {
  const levels = itemsOf(join);
  const [leaves = []] = levels;
  expect(leaves).toHaveLength(Math.ceil(join.size / join.leafSize));
  expect(levels.at(-1)).toHaveLength(1);
  // Levels are as few as hold it: k members one, k × fan two, and so on.
  const capacity = (level: number) => join.leafSize * join.fan ** level;
  expect(capacity(levels.length - 1)).toBeGreaterThanOrEqual(join.size);
  if (levels.length > 1) expect(capacity(levels.length - 2)).toBeLessThan(join.size);
  for (const [level, items] of levels.entries()) {
    const sizes = items.map((item) => sizeOf(join, item));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(level === 0 ? join.size : levels[level - 1]?.length);
    const most = level === 0 ? join.leafSize : join.fan;
    expect(sizes.every((size) => size >= 1 && size <= most)).toBe(true);
    expect(items.every((item) => isTop(join, item) === (level === levels.length - 1))).toBe(true);
  }
  for (const [level, items] of levels.slice(0, -1).entries()) {
    const marks = new Map<number, Set<string>>();
    for (const item of items) {
      const parent = parentOf(join, item);
      expect(parent.level).toBe(level + 1);
      marks.set(parent.number, (marks.get(parent.number) ?? new Set()).add(markOf(join, item)));
    }
    // Every mark of every parent is one child's, and no two children share one.
    const found = [...marks].map(([number, names]) => [number, names.size]);
    expect(found).toEqual((levels[level + 1] ?? []).map((item) => [item.number, sizeOf(join, item)]));
  }
}

function checkMembers(join: PlanJoin): void {
  const slots = new Set<string>();
  for (let index = 0; index < join.size; index++) {
    const { key, attribute, leaf } = memberPlace("r", join, index);
    const number = leaf?.number ?? -1;
    if (key.sk !== tallyKey("r", join, { level: 0, number }).sk) throw new Error(`member ${index} is in ${key.sk}`);
    if (Number(attribute.slice(1)) >= sizeOf(join, { level: 0, number }))
      throw new Error(`${key.sk} has no ${attribute}`);
    slots.add(`${key.sk}/${attribute}`);
  }
  expect(slots.size).toBe(join.size);
}

describe("the shape of a join", () => {
  const sizes = [...Array.from({ length: 20 }, (_, i) => i + 1), 100_000];

  const shapes = [
    [1, 2],
    [2, 2],
    [3, 3],
    [4, 256],
    [10, 256],
  ] as const;

  it.each(sizes)("S17: %d members: every one has one slot, every item fits, the top counts all", (size) => {
    for (const [leafSize, fan] of size > 20 ? shapes.slice(3) : shapes) {
      checkShape(joinOf(size, leafSize, fan));
      checkMembers(joinOf(size, leafSize, fan));
    }
  });

  it("S17: without members has no item", () => {
    expect(itemsAt(joinOf(0, 4, 256), 0)).toBe(0);
  });

  it("S17: is consistent for any size, leaf and fan", () => {
    const anyShape = fc.record({
      size: fc.integer({ min: 1, max: 3000 }),
      leafSize: fc.integer({ min: 1, max: 20 }),
      fan: fc.integer({ min: 2, max: 256 }),
    });
    fc.assert(
      fc.property(anyShape, ({ size, leafSize, fan }) => {
        checkShape(joinOf(size, leafSize, fan));
        checkMembers(joinOf(size, leafSize, fan));
      }),
    );
  });
});

describe("arrivals", () => {
  const cases = fc
    .record({
      bad: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      leafSize: fc.integer({ min: 1, max: 5 }),
      fan: fc.integer({ min: 2, max: 4 }),
    })
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        order: fc.shuffledSubarray(
          shape.bad.map((_, index) => index),
          { minLength: shape.bad.length },
        ),
        repeats: fc.array(fc.boolean(), { minLength: shape.bad.length, maxLength: shape.bad.length }),
      }),
    );

  it("S8: in any order and repeated, every counter is what its slots say, and the last one decides", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape: { bad, leafSize, fan }, order, repeats }) => {
        const join = joinOf(bad.length, leafSize, fan);
        const store = createMemoryStore();
        const author = { by: "x", atMs: 1 };
        const settle = async (index: number): Promise<void> => {
          const outcome: SettledSlot = {
            state: "settled",
            status: bad[index] ? "FAILED" : "SUCCEEDED",
            attempt: 0,
            lost: 0,
            owner: "x",
            settledAtMs: 1,
          };
          const place = memberPlace("r", join, index);
          let { image } = await store.write(settleWrite(1, place, join, { state: "absent" }, outcome), "test");
          let at: TallyPlace = { level: 0, number: Math.floor(index / leafSize) };
          while (remainingOf(join, at, image) === 0 && !isTop(join, at)) {
            const write = arriveWrite(1, "r", join, [{ child: at, value: badIn(join, at, image ?? {}) }], author);
            ({ image } = await store.write(write, "test"));
            at = parentOf(join, at);
          }
        };
        const top = () => store.get(tallyKey("r", join, topOf(join)), "test");
        for (const [at, index] of order.entries()) {
          expect(decisionOf(join, await top())).toBe(undefined);
          await settle(index);
          if (repeats[at]) await settle(index);
          for (const { key, image } of store.dump()) {
            const [, , level, number] = key.sk.split("#").map(Number) as [number, number, number, number];
            const arrived = Object.keys(image).filter((name) => /^[sm]\d+$/.test(name)).length;
            expect(image.remaining).toBe(sizeOf(join, { level, number }) - arrived);
          }
        }
        const full = await top();
        expect(badIn(join, topOf(join), full ?? {})).toBe(bad.filter(Boolean).length);
        expect(decisionOf(join, full)).toBe(bad.some(Boolean) ? "error" : "callback");
        expect(decisionOf({ ...join, when: "all-settled" }, full)).toBe("callback");
      }),
      { numRuns: 60 },
    );
  });
});

describe("arrivals of a join that is decided by a count", () => {
  const author = { by: "x", atMs: 1 };
  const cases = fc
    .record({
      bad: fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
      leafSize: fc.integer({ min: 1, max: 4 }),
      fan: fc.integer({ min: 2, max: 4 }),
      when: fc.constantFrom("tolerate" as const, "quorum" as const),
    })
    .chain((shape) => {
      const members = shape.bad.length;
      return fc.record({
        shape: fc.constant(shape),
        count: shape.when === "quorum" ? fc.integer({ min: 1, max: members }) : fc.nat({ max: members }),
        order: fc.shuffledSubarray(
          shape.bad.map((_, index) => index),
          { minLength: members },
        ),
        /** After each member: which of the arrivals so far is delivered once more, if any. */
        repeats: fc.array(fc.option(fc.nat({ max: 200 })), { minLength: members, maxLength: members }),
      });
    });

  /** What the members that have settled so far come to, by counting them. */
  function recount(join: PlanJoin, outcomes: readonly boolean[]): Decision | undefined {
    const failed = outcomes.filter(Boolean).length;
    const count = join.count ?? 0;
    if (join.when === "quorum") {
      if (outcomes.length - failed >= count) return "callback";
      return failed > join.size - count ? "error" : undefined;
    }
    if (failed > count) return "error";
    return outcomes.length === join.size ? "callback" : undefined;
  }

  const settled = (isBad: boolean | undefined): SettledSlot => ({
    state: "settled",
    status: isBad ? "FAILED" : "SUCCEEDED",
    attempt: 0,
    lost: 0,
    owner: "x",
    settledAtMs: 1,
  });

  it("S3 S4 S8: in any order and repeated, the decision is that of a recount, at the member that brings it about", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape: { bad, leafSize, fan, when }, count, order, repeats }) => {
        const join: PlanJoin = { ...joinOf(bad.length, leafSize, fan), when, count };
        const store = createMemoryStore();
        const arrivals: Write[] = [];
        const climb = async (index: number, leaf: Image | undefined): Promise<void> => {
          let image = leaf;
          for (
            let at: TallyPlace = { level: 0, number: Math.floor(index / leafSize) };
            !isTop(join, at);
            at = parentOf(join, at)
          ) {
            const write = arriveWrite(1, "r", join, [{ child: at, value: markFor(join, at, image ?? {}) }], author);
            arrivals.push(write);
            ({ image } = await store.write(write, "test"));
          }
        };
        const top = () => store.get(tallyKey("r", join, topOf(join)), "test");
        const outcomes: boolean[] = [];
        let first: Decision | undefined;
        for (const [at, index] of order.entries()) {
          const write = settleWrite(1, memberPlace("r", join, index), join, { state: "absent" }, settled(bad[index]));
          await climb(index, (await store.write(write, "test")).image);
          outcomes.push(bad[index] === true);
          const again = arrivals[(repeats[at] ?? 0) % Math.max(1, arrivals.length)];
          if (repeats[at] !== null && again !== undefined)
            expect((await store.write(again, "test")).applied).toBe(false);
          first ??= recount(join, outcomes);
          const owed = owedDecision(join, await top());
          if (owed === "callback") await store.write(decideQuorumWrite(1, "r", join, {}, author), "test");
          if (owed === "error") await store.write(decideErrorWrite(1, "r", join, {}, author), "test");
          expect(decisionOf(join, await top())).toBe(first);
          expect(owedDecision(join, await top())).toBe(undefined);
          const failed = outcomes.filter(Boolean).length;
          expect(countsIn(join, topOf(join), (await top()) ?? {})).toMatchObject({ settled: at + 1, bad: failed });
        }
        expect(remainingOf(join, topOf(join), await top())).toBe(0);
      }),
      { numRuns: 80 },
    );
  });

  it("S8: a mark that comes late never hides a newer one, and only a full one counts", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 40 }), fc.nat({ max: 40 }), (size, a, b) => {
        const join: PlanJoin = { ...joinOf(size + 1, size, 2), when: "tolerate", count: 0 };
        const leaf = { level: 0, number: 0 };
        const slots = (count: number, isBad: boolean) =>
          Object.fromEntries(
            Array.from({ length: Math.min(count, size) }, (_, i) => [`s${i}`, encodeSlot(settled(isBad && i === 0))]),
          );
        const marks = [Math.min(a, b), Math.max(a, b)].map((count, i) => markFor(join, leaf, slots(count, i > 0)));
        expect(marks[1]).toBeGreaterThanOrEqual(marks[0] as number);
        expect(isFullMark(join, leaf, marks[1] as number)).toBe(Math.max(a, b) >= size);
      }),
    );
  });
});

describe("pauses", () => {
  const policies = fc.record({
    maxAttempts: positive,
    maxLost: positive,
    backoffSeconds: fc.nat({ max: 86_400 }),
    maxBackoffSeconds: fc.nat({ max: 86_400 }),
  });
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it("L1: a back-off is between 0 and its ceiling, which doubles up to the cap", () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), fraction, (policy, failed, chance) => {
        const delayMs = backoffMs(policy, failed, chance);
        const ceilingSeconds = Math.min(policy.maxBackoffSeconds, policy.backoffSeconds * 2 ** (failed - 1));
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(ceilingSeconds * 1000);
        if (ceilingSeconds > 0) expect(delayMs).toBeLessThan(ceilingSeconds * 1000);
      }),
    );
  });

  it("L1: attempts end: a retry is only granted while fewer than maxAttempts have failed", () => {
    const failure = { error: { name: "Error", message: "" }, retryable: true, timedOut: false };
    fc.assert(
      fc.property(policies, positive, count, fraction, (policy, failed, lost, chance) => {
        const after = afterFailure(policy, { attempt: failed + lost, lost }, failure, chance);
        expect(after.kind).toBe(failed < policy.maxAttempts ? "retry" : "settle");
      }),
    );
  });

  it("S16: the interval of re-sends never shrinks, begins with the visibility timeout and is capped at an hour", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 43_200_000 }), fc.nat({ max: 10_000 }), (visibilityMs, resends) => {
        const intervalMs = resendIntervalMs(visibilityMs, resends);
        expect(intervalMs).toBeLessThanOrEqual(3_600_000);
        expect(intervalMs).toBeLessThanOrEqual(resendIntervalMs(visibilityMs, resends + 1));
        expect(resendIntervalMs(visibilityMs, 0)).toBe(Math.min(visibilityMs, 3_600_000));
      }),
    );
  });
});
