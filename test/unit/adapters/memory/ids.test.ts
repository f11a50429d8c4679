import { describe, expect, it } from "vitest";
import { createSeededIds } from "../../../../lib/adapters/memory/ids.ts";
import { cryptoIds } from "../../../../lib/adapters/system/ids.ts";

describe.each([
  ["seeded ids", createSeededIds(7)],
  ["crypto ids", cryptoIds],
])("%s", (_, ids) => {
  it("draws 16 characters of [a-z0-9], none twice in 5,000", () => {
    const drawn = Array.from({ length: 5000 }, () => ids.next());
    expect(drawn.every((id) => /^[a-z0-9]{16}$/.test(id))).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it("uses every character about equally often", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 9000; i++)
      for (const character of ids.next()) counts.set(character, (counts.get(character) ?? 0) + 1);
    // 4,000 of each are expected; 400 is more than six standard deviations.
    expect(counts.size).toBe(36);
    expect([...counts.values()].every((count) => Math.abs(count - 4000) < 400)).toBe(true);
  });

  it("draws fractions of [0, 1), evenly", () => {
    const drawn = Array.from({ length: 20_000 }, () => ids.fraction());
    expect(drawn.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    const mean = drawn.reduce((sum, fraction) => sum + fraction, 0) / drawn.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });
});

describe("seeded ids", () => {
  it("draws the same from the same seed, always", () => {
    const ids = createSeededIds(42);
    expect([ids.next(), ids.next(), ids.fraction()]).toMatchInlineSnapshot(`
      [
        "xee3caaj5lgr8712",
        "rztdfajfdos2zo4k",
        0.26878701662644744,
      ]
    `);
  });

  it("draws differently from neighbouring seeds", () => {
    const first = new Set(Array.from({ length: 1000 }, (_, seed) => createSeededIds(seed).next()));
    expect(first.size).toBe(1000);
  });
});
