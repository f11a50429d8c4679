/**
 * Charges to a budget, as every store must count them (lib/protocol/budget.ts).
 */
import { describe, expect, it } from "vitest";
import type { Store } from "../../lib/ports/index.ts";
import { type Account, type Charge, chargeRow, chargeWrite, usedIn } from "../../lib/protocol/budget.ts";
import { budgetKey } from "../../lib/protocol/keys.ts";
import { freshKey } from "./store-support.ts";

export function budgetContract(store: () => Store): void {
  const planned = { tasks: 4, attempts: 4, nanoUsd: 1_000_000_000_000 };
  const accountOf = (limits: Account["limits"]): Account => ({ run: freshKey().pk, limits, planned });
  const more = (id: string, tasks: number): Charge => ({ id: [id], tasks, attempts: tasks, nanoUsd: 7 });
  const charge = async (account: Account, one: Charge) =>
    chargeRow(account, one, await store().write(chargeWrite(account, one), "test")).kind;
  const used = async (account: Account) => usedIn(account, await store().get(budgetKey(account.run), "test"));

  describe("charges to a budget", () => {
    it("begin with what is planned, and add up to the limit", async () => {
      const account = accountOf({ tasks: 10 });
      expect(await charge(account, more("a", 5))).toBe("granted");
      expect(await charge(account, more("b", 2))).toBe("refused");
      expect(await charge(account, more("c", 1))).toBe("granted");
      expect(await used(account)).toEqual({ tasks: 10, attempts: 10, nanoUsd: 1_000_000_000_014 });
    });

    it("are refused where nothing was charged before", async () => {
      const account = accountOf({ attempts: 10 });
      expect(await charge(account, more("a", 7))).toBe("refused");
      expect(await store().get(budgetKey(account.run), "test")).toBeUndefined();
    });

    it("count a repeated one once, also when nothing is left", async () => {
      const account = accountOf({ tasks: 10 });
      for (let time = 0; time < 3; time++) expect(await charge(account, more("a", 6))).toBe("granted");
      expect(await used(account)).toMatchObject({ tasks: 10 });
    });

    it("go on where limits were raised", async () => {
      const account = accountOf({ tasks: 5 });
      expect(await charge(account, more("a", 2))).toBe("refused");
      expect(await charge({ ...account, limits: { tasks: 6 } }, more("a", 2))).toBe("granted");
    });

    it("at once let through no more than there is", async () => {
      const account = accountOf({ tasks: 14 });
      const rows = await Promise.all(Array.from({ length: 20 }, (_, i) => charge(account, more(`${i}`, 1))));
      expect(rows.filter((kind) => kind === "granted")).toHaveLength(10);
      expect(await used(account)).toMatchObject({ tasks: 14 });
    });
  });
}
