import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../../lib/adapters/memory/clock.ts";

function rig(startMs = 1000) {
  const clock = createVirtualClock(startMs);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  return { clock, ran, note };
}

describe("virtual clock", () => {
  it("stands still until it is told to go", () => {
    const { clock, ran, note } = rig();
    clock.after(10, note("a"));
    expect([clock.now(), clock.nextAt(), ran]).toEqual([1000, 1010, []]);
  });

  it("runs timers by time, then in the order they were started", () => {
    const { clock, ran, note } = rig();
    clock.after(20, note("late"));
    clock.after(10, note("first"));
    clock.after(10, note("second"));
    clock.after(-5, note("now"));
    clock.advanceTo(1015);
    expect(ran).toEqual(["now@1000", "first@1010", "second@1010"]);
    expect([clock.now(), clock.nextAt()]).toEqual([1015, 1020]);
  });

  it("runs timers that timers start, if they are due by then", () => {
    const { clock, ran, note } = rig();
    clock.after(10, () => {
      clock.after(0, note("at once"));
      clock.after(10, note("in time"));
      clock.after(11, note("too late"));
    });
    clock.advanceTo(1020);
    expect(ran).toEqual(["at once@1010", "in time@1020"]);
  });

  it("runs one timer at a time when asked to", () => {
    const { clock, ran, note } = rig();
    clock.after(10, note("a"));
    clock.after(10, note("b"));
    expect([clock.next(), [...ran], clock.next(), clock.next()]).toEqual([true, ["a@1010"], true, false]);
    expect(ran).toEqual(["a@1010", "b@1010"]);
  });

  it("forgets what is cancelled, also within the same moment", () => {
    const { clock, ran, note } = rig();
    const cancel = clock.after(10, note("cancelled before"));
    clock.after(20, () => cancelLater());
    const cancelLater = clock.after(20, note("cancelled at its time"));
    cancel();
    cancel();
    expect(clock.nextAt()).toBe(1020);
    clock.advanceTo(2000);
    expect(ran).toEqual([]);
    expect(clock.nextAt()).toBeUndefined();
  });

  it("never goes back", () => {
    const { clock } = rig();
    clock.advanceTo(500);
    expect(clock.now()).toBe(1000);
  });
});
