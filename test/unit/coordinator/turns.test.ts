/** Places of one process: nobody is given none, and never more are taken than there are. */
import { describe, expect, it } from "vitest";
import { createTurns } from "../../../lib/coordinator/turns.ts";

describe("turns", () => {
  it("give all that is wanted while there is room, and half of the process at least after a wait", async () => {
    const turns = createTurns(10);
    expect(await turns.take(7)).toEqual({ given: 7, waited: false });
    const second = turns.take(10);
    turns.free(1);
    turns.free(1);
    expect(await second).toEqual({ given: 5, waited: true });
  });

  it("count places as gone when they are given, though their takers go on later", async () => {
    const turns = createTurns(4);
    await turns.take(2);
    await turns.take(2);
    const waiting = [turns.take(2), turns.take(2), turns.take(2)];
    turns.free(2);
    turns.free(2);
    turns.free(0);
    expect(await Promise.all(waiting.slice(0, 2))).toEqual([
      { given: 2, waited: true },
      { given: 2, waited: true },
    ]);
    turns.free(1);
    expect(await Promise.race([waiting[2], Promise.resolve("waits")])).toBe("waits");
    turns.free(1);
    expect(await waiting[2]).toEqual({ given: 2, waited: true });
  });

  it("are given first come, first served", async () => {
    const turns = createTurns(2);
    await turns.take(2);
    const order: string[] = [];
    const first = turns.take(2).then(() => order.push("first"));
    const second = turns.take(1).then(() => order.push("second"));
    turns.free(1);
    turns.free(1);
    await first;
    turns.free(2);
    await second;
    expect(order).toEqual(["first", "second"]);
  });
});
