import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { wallClock } from "../../../../lib/adapters/system/clock.ts";

describe("wall clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("tells the time of the machine", () => {
    expect(wallClock.now()).toBe(1_700_000_000_000);
  });

  it("runs once after the delay, and not when cancelled", () => {
    const ran: string[] = [];
    wallClock.after(10, () => ran.push("a"));
    wallClock.after(10, () => ran.push("b"))();
    vi.advanceTimersByTime(9);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(ran).toEqual(["a"]);
  });

  it("waits longer than a timer of Node can, and can still be cancelled", () => {
    const ran: string[] = [];
    const days = 86_400_000;
    wallClock.after(40 * days, () => ran.push("a"));
    const cancel = wallClock.after(60 * days, () => ran.push("b"));
    vi.advanceTimersByTime(40 * days - 1);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ran).toEqual(["a"]);
    cancel();
    vi.advanceTimersByTime(60 * days);
    expect(ran).toEqual(["a"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
