/** A member costs the same whatever the size. */
import { expect, it } from "vitest";
import { loads, measureLoad, missedOf, type Scale } from "../../../bench/scale/measure.ts";

const chords = (count: number, members: number, against?: string) => ({
  name: `${count} of ${members}`,
  chords: count,
  members,
  ...(against === undefined ? {} : { against }),
});

it("costs a member of many small chords what it costs one of a single one, and one of a large chord no more", async () => {
  const all = [chords(1, 10), chords(30, 10, "1 of 10"), chords(1, 100), chords(1, 600, "1 of 100")];
  const scales: Scale[] = [];
  for (const load of all) scales.push(await measureLoad(load, "memory"));
  // The process is that of many other tests, so its memory says nothing of these.
  expect(missedOf(scales.map((scale) => ({ ...scale, rssMiB: 1 })))).toEqual([]);
  expect(scales.map(({ busiestArrivals }) => busiestArrivals)).toEqual([0, 0, 10, 60]);
  expect(scales.every(({ rssMiB }) => rssMiB > 0)).toBe(true);
});

it("names what has grown, what is too busy, and what is too large", () => {
  const base: Scale = {
    ...chords(1, 100),
    seconds: 1,
    storeCalls: 1,
    writeUnits: 1,
    sqsRequests: 1,
    readUnits: 1,
    runWriteUnits: 9,
    runSqsRequests: 3,
    busiestArrivals: 10,
    rssMiB: 100,
  };
  const grown = { ...base, name: "more", against: base.name, writeUnits: 1.11, busiestArrivals: 257, rssMiB: 1025 };
  expect(missedOf([base, grown])).toEqual([
    "more: writeUnits 1.110 times those of 1 of 100",
    "more: 257 arrivals on one item",
    "more: 1025 MiB",
  ]);
  expect(missedOf([base, { ...base, name: "same", against: base.name, rssMiB: 1024 }])).toEqual([]);
});

it("holds every load against one that is measured before it", () => {
  for (const [at, { against }] of loads.entries())
    if (against !== undefined) expect(loads.slice(0, at).map(({ name }) => name)).toContain(against);
});
