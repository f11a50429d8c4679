import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { nanoUsdOf } from "../../../lib/model/budget.ts";
import {
  type Account,
  type Charge,
  chargeRow,
  chargeWrite,
  decodeBudget,
  encodeBudget,
  limitsOf,
  markPlaces,
  usdText,
  usedIn,
} from "../../../lib/protocol/budget.ts";
import { budgetKey } from "../../../lib/protocol/keys.ts";

const account: Account = {
  run: "r",
  limits: { tasks: 20, attempts: 30, nanoUsd: 1000 },
  planned: { tasks: 5, attempts: 5, nanoUsd: 100 },
};
const chargeOf = (id: string | number, more: Partial<Charge> = {}): Charge => ({
  id: [id],
  tasks: 1,
  attempts: 1,
  nanoUsd: 1,
  ...more,
});

describe("a budget on a head", () => {
  it.each([
    { kind: "of", run: "r" },
    { kind: "own", limits: {}, plannedNanoUsd: 0 },
    { kind: "own", limits: { tasks: 1 }, plannedNanoUsd: 7 },
    { kind: "own", limits: { tasks: 1, attempts: 2, nanoUsd: 3 }, plannedNanoUsd: 7 },
  ] as const)("comes back as it was stored: %j", (budget) => {
    expect(decodeBudget(encodeBudget(budget))).toEqual(budget);
    expect(Object.values(encodeBudget(budget) as object)).not.toContain(undefined);
  });

  it("has dollars as whole nano-dollars, never less than they are", () => {
    expect(limitsOf({ maxTasks: 3, maxAttemptsTotal: 4, maxCost: 0.5 })).toEqual({
      tasks: 3,
      attempts: 4,
      nanoUsd: 500_000_000,
    });
    expect(limitsOf({ maxTasks: 3 })).toStrictEqual({ tasks: 3 });
    expect(limitsOf({ maxCost: 0.5 })).toStrictEqual({ nanoUsd: 500_000_000 });
    expect(nanoUsdOf(0.000_000_000_1)).toBe(1);
    expect(nanoUsdOf(0.3)).toBe(300_000_000);
    expect(usdText(1_500_000_000)).toBe("1.5");
    expect(usdText(625)).toBe("0.000000625");
    expect(usdText(2_000_000_000)).toBe("2");
  });
});

describe("a charge", () => {
  it("is refused with the first limit that it is over, what is used and what was asked for", () => {
    const refused = (more: Partial<Charge>, image = {}) =>
      chargeRow(account, chargeOf("a", more), { applied: false, image });
    expect(refused({ tasks: 16 })).toEqual({
      kind: "refused",
      why: "budget.maxTasks is 20, used are 5, asked for 16 more",
    });
    expect(refused({ attempts: 3 }, { tasks: 6, attempts: 28, nanoUsd: 1 })).toMatchObject({
      why: "budget.maxAttemptsTotal is 30, used are 28, asked for 3 more",
    });
    expect(refused({ nanoUsd: 901 })).toMatchObject({
      why: "budget.maxCost is $0.000001, used are $0.0000001, asked for $0.000000901 more",
    });
  });

  it("is refused by what it asks for, whatever else is used up", async () => {
    const used = { tasks: 25, attempts: 29, nanoUsd: 1000 };
    const asks = chargeOf("a", { tasks: 0, attempts: 2, nanoUsd: 0 });
    expect(chargeRow(account, asks, { applied: false, image: used })).toMatchObject({
      why: "budget.maxAttemptsTotal is 30, used are 29, asked for 2 more",
    });
    const exact = chargeOf("a", { tasks: 5, attempts: 2 });
    expect(chargeRow(account, exact, { applied: false, image: { ...used, tasks: 15 } })).toMatchObject({
      why: "budget.maxAttemptsTotal is 30, used are 29, asked for 2 more",
    });
    const store = createMemoryStore();
    store.restore([{ key: budgetKey("r"), image: used }]);
    const fits = chargeOf("a", { tasks: 0, attempts: 1, nanoUsd: 0 });
    expect(await store.write(chargeWrite(account, fits), "test")).toMatchObject({ applied: true });
  });

  it("is measured by what the submit has counted, where nothing was charged", () => {
    expect(usedIn(account, undefined)).toEqual({ tasks: 5, attempts: 5, nanoUsd: 100 });
    expect(chargeRow(account, chargeOf("a", { tasks: 16 }), { applied: false, image: undefined })).toMatchObject({
      why: "budget.maxTasks is 20, used are 5, asked for 16 more",
    });
  });

  it("that was refused by nothing comes back as a fault", () => {
    expect(() => chargeRow(account, chargeOf("a"), { applied: false, image: {} })).toThrow("refused by nothing");
  });

  it("keeps the item within a kilobyte, however many there are", async () => {
    const store = createMemoryStore();
    const unlimited = { ...account, limits: {} };
    for (let i = 0; i < 1000; i++) await store.write(chargeWrite(unlimited, chargeOf(i)), "test");
    const image = await store.get(budgetKey("r"), "test");
    expect(Object.keys(image ?? {})).toHaveLength(3 + markPlaces);
    const bytes = Object.entries(image ?? {}).reduce((sum, [name, value]) => sum + name.length + numberBytes(value), 0);
    expect(bytes).toBeLessThan(1000);
    expect(usedIn(account, image)).toEqual({ tasks: 1005, attempts: 1005, nanoUsd: 1100 });
  });

  // One charge is repeated at once; those in between may take its place.
  it("never lets through more than the limits, and counts one that is repeated at once once", async () => {
    const charges = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 50 }),
        tasks: fc.integer({ min: 0, max: 9 }),
        attempts: fc.integer({ min: 0, max: 9 }),
        nanoUsd: fc.integer({ min: 0, max: 300 }),
        times: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(charges, async (list) => {
        const store = createMemoryStore();
        let sum = { ...account.planned };
        for (const [at, { id, times, ...amounts }] of list.entries()) {
          const charge = { id: [id, at], ...amounts };
          for (let time = 0; time < times; time++) {
            const result = await store.write(chargeWrite(account, charge), "test");
            const row = chargeRow(account, charge, result);
            const fits =
              (amounts.tasks === 0 || sum.tasks + amounts.tasks <= 20) &&
              (amounts.attempts === 0 || sum.attempts + amounts.attempts <= 30) &&
              (amounts.nanoUsd === 0 || sum.nanoUsd + amounts.nanoUsd <= 1000);
            if (time === 0) expect(row.kind).toBe(fits ? "granted" : "refused");
            if (time === 0 && fits)
              sum = {
                tasks: sum.tasks + amounts.tasks,
                attempts: sum.attempts + amounts.attempts,
                nanoUsd: sum.nanoUsd + amounts.nanoUsd,
              };
          }
          expect(usedIn(account, await store.get(budgetKey("r"), "test"))).toEqual(sum);
        }
      }),
    );
  });
});

/** Of a number in DynamoDB: a byte for two digits, and one. */
function numberBytes(value: unknown): number {
  return Math.ceil(String(value).length / 2) + 1;
}
