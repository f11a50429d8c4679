/**
 * Where an open task is and why it does not go on: each state of its slot, its queue and the deployed code.
 */
import { describe, expect, it } from "vitest";
import type { PlanNode } from "../../../lib/plan/types.ts";
import type { Facts, QueueFacts } from "../../../lib/ports/facts.ts";
import type { Finding } from "../../../lib/protocol/findings.ts";
import { type OpenTask, type Whereabouts, whereaboutsOf } from "../../../lib/protocol/whereabouts.ts";
import { absent, headOf, leased, planOf, queued, waiting } from "./support.ts";

const node = planOf({ task: "a" }).nodes.task as PlanNode;
const finding: Finding = {
  kind: "unseen",
  node: "task",
  sinceMs: 1000,
  explanation: "late",
  repair: { do: "resend", node: "task", seen: absent },
};
const depth = (visible: number, inFlight = 0, delayed = 0) => ({ visible, inFlight, delayed });
const answers = (facts: Partial<QueueFacts>, queue: "request" | "task:default" = "task:default"): Facts => ({
  queues: new Map([[queue, { exists: true, ...facts }]]),
});
const told = (task: Partial<OpenTask>, facts: Facts = {}): Whereabouts =>
  whereaboutsOf(
    { head: headOf(), node, slot: absent, sinceMs: 5000, finding: undefined, nowMs: 100_000, ...task },
    facts,
  );
const at5 = "1970-01-01T00:00:05.000Z";

describe("a task that somebody has", () => {
  it("runs, by whom, since when and until when", () => {
    const slot = leased({ attempt: 2, startedAtMs: 2000, untilMs: 130_000, owner: "w1" });
    expect(told({ slot })).toEqual({
      where: "running",
      cause: "runs-long",
      why: "attempt 2 runs since 1970-01-01T00:00:02.000Z, leased by w1 until 1970-01-01T00:02:10.000Z; its limit is 300 s",
      sinceMs: 2000,
      overdue: false,
    });
  });

  it("runs also in a paused run", () => {
    expect(told({ slot: leased(), head: headOf({ pausedAtMs: 3000 }) })).toMatchObject({ where: "running" });
  });

  it("is lost once that is found", () => {
    const slot = leased({ attempt: 2, startedAtMs: 2000, untilMs: 30_000, owner: "w1" });
    expect(told({ slot, finding: { ...finding, kind: "lease-over" } })).toEqual({
      where: "lost",
      cause: "worker-lost",
      why: "worker w1 has been silent since 1970-01-01T00:00:30.000Z, when its lease of attempt 2 ended: it was killed, ran out of memory or lost its network",
      sinceMs: 30_000,
      overdue: true,
    });
  });

  it("is elsewhere when a program elsewhere has it: with the token to report by", () => {
    const slot = leased({ owner: "outside", startedAtMs: 2000, untilMs: 130_000 });
    const about = told({ slot });
    expect(about).toMatchObject({ where: "elsewhere", cause: "waits-for-report", sinceMs: 2000, overdue: false });
    expect(about.why).toMatch(
      /^with a program elsewhere or a person since 1970-01-01T00:00:02.000Z, until 1970-01-01T00:02:10.000Z; token \S+$/,
    );
  });

  it("is elsewhere when it has expanded into a run", () => {
    const slot = leased({ owner: "map-1", startedAtMs: 2000, untilMs: 8_640_000_000_000_000 });
    expect(told({ slot, finding })).toEqual({
      where: "elsewhere",
      cause: "map-runs",
      why: "its map has expanded into run map-1, which has not ended",
      sinceMs: 2000,
      overdue: false,
      child: "map-1",
    });
  });
});

describe("a task that waits for a time", () => {
  it("is paused with its run, whatever else it waits for", () => {
    const head = headOf({ pausedAtMs: 3000 });
    for (const slot of [absent, queued(), waiting({ atMs: 200_000 })])
      expect(told({ slot, head })).toEqual({
        where: "not started",
        cause: "paused",
        why: "the run is paused since 1970-01-01T00:00:03.000Z",
        sinceMs: 3000,
        overdue: false,
      });
  });

  it("is delayed until its start, recorded or not", () => {
    const start = { where: "delayed", cause: "waits-for-time", why: "its start is at 1970-01-01T00:03:20.000Z" };
    const slot = waiting({ attempt: 0, atMs: 200_000 });
    expect(told({ slot })).toEqual({ ...start, sinceMs: 5000, overdue: false });
    expect(told({ node: { ...node, delaySeconds: 195 } })).toEqual({ ...start, sinceMs: 5000, overdue: false });
    expect(told({ node: { ...node, delaySeconds: 195 }, nowMs: 200_000 })).toMatchObject({ where: "queued" });
    expect(told({ node: { ...node, delaySeconds: 195 }, slot: queued() })).toMatchObject({ where: "queued" });
    expect(told({ slot, nowMs: 200_000 })).toMatchObject({ where: "queued" });
  });

  it.each<[Partial<ReturnType<typeof waiting>>, string, string]>([
    [{ lost: 1 }, "worker-lost", "1 worker vanished with it; attempt 2 is at 1970-01-01T00:03:20.000Z"],
    [{ lost: 2, attempt: 2 }, "worker-lost", "2 workers vanished with it; attempt 3 is at 1970-01-01T00:03:20.000Z"],
    [
      { error: { name: "Error", message: "no such customer" } },
      "task-failing",
      "attempt 1 failed with Error: no such customer; attempt 2 is at 1970-01-01T00:03:20.000Z",
    ],
    [
      { error: { name: "result-too-large", message: "101 MiB" } },
      "result-too-large",
      "attempt 1 failed with result-too-large: 101 MiB; attempt 2 is at 1970-01-01T00:03:20.000Z",
    ],
  ])("is retried: %j", (more, cause, why) => {
    const slot = waiting({ atMs: 200_000, ...more });
    expect(told({ slot })).toEqual({ where: "retrying", cause, why, sinceMs: 5000, overdue: false });
  });
});

describe("a task whose message was sent", () => {
  const sent = `sent ${at5} to queue default`;
  it.each<[string, Facts, Partial<Whereabouts>]>([
    [
      "the queues cannot be asked",
      {},
      {
        where: "queued",
        cause: "unseen",
        why: `${sent}; the queue could not be asked, so it is unknown whether it is long, nobody reads it, or the message was lost`,
      },
    ],
    [
      "there is no queue",
      answers({ exists: false }),
      {
        where: "not sent",
        cause: "queue-missing",
        why: "the deployment has no queue default, or nothing answers at its URL",
      },
    ],
    [
      "nobody reads it",
      answers({ depth: depth(3) }),
      {
        where: "queued",
        cause: "queue-not-read",
        why: `${sent}, and nobody reads it: about 3 messages waiting, 0 in workers' hands`,
      },
    ],
    [
      "it is long",
      answers({ depth: depth(3, 1) }),
      {
        where: "queued",
        cause: "queue-long",
        why: `${sent}, behind others: about 3 messages waiting, 1 in workers' hands`,
      },
    ],
    [
      "it is in somebody's hands",
      answers({ depth: depth(0, 1) }),
      {
        where: "queued",
        cause: "not-taken",
        why: `${sent}, and not taken: about 0 messages waiting, 1 in workers' hands. If it is among those, its worker function fails before the task begins: code that does not load, memory, permissions`,
      },
    ],
    [
      "it was given up",
      answers({ depth: depth(0), dead: depth(1, 1) }),
      {
        where: "dead-lettered",
        cause: "dead-lettered",
        why: `${sent}, which holds nothing any more: its dead-letter queue holds 2 messages and nobody handles what is there`,
      },
    ],
    [
      "one was given up",
      answers({ depth: depth(0), dead: depth(1) }),
      {
        cause: "dead-lettered",
        why: `${sent}, which holds nothing any more: its dead-letter queue holds 1 message and nobody handles what is there`,
      },
    ],
    [
      "it was lost",
      answers({ depth: depth(0), dead: depth(0) }),
      {
        where: "lost",
        cause: "message-lost",
        why: `${sent}, which holds nothing any more: its message was lost, purged, or never sent`,
      },
    ],
    [
      "it was lost or given up",
      answers({ depth: depth(0) }),
      {
        where: "lost",
        cause: "message-lost",
        why: `${sent}, which holds nothing any more: its message was lost or given up; its dead letters are unknown`,
      },
    ],
    [
      "the code has no such task",
      { tasks: new Map() },
      {
        where: "queued",
        cause: "task-unknown",
        why: `${sent}; the deployed code has no task a: it is of another version`,
      },
    ],
    [
      "the code has it on another queue",
      { tasks: new Map([["a", { queue: "new" }]]) },
      {
        where: "queued",
        cause: "task-moved",
        why: `${sent}; the deployed code has task a on queue new: the run is of another version`,
      },
    ],
    [
      "the code has it there",
      { tasks: new Map([["a", { queue: "default" }]]), ...answers({ depth: depth(3) }) },
      { cause: "queue-not-read" },
    ],
  ])("%s", (_, facts, about) => {
    expect(told({}, facts)).toMatchObject({ sinceMs: 5000, overdue: false, ...about });
  });

  it("of a map, or elsewhere, goes to the request queue, whatever its own is called", () => {
    const outside: Partial<OpenTask> = { node: { ...node, outside: true, queue: "people" } };
    const facts = { ...answers({ depth: depth(3) }, "request"), tasks: new Map([["a", { queue: "default" }]]) };
    expect(told(outside, facts)).toMatchObject({
      cause: "queue-not-read",
      why: `sent ${at5} to the request queue, and nobody reads it: about 3 messages waiting, 0 in workers' hands`,
    });
  });

  it("is late once that is found, or was so once", () => {
    expect(told({ finding })).toMatchObject({ sinceMs: 5000, overdue: true });
    expect(told({ slot: queued({ resends: 0, atMs: 9000 }) })).toMatchObject({ sinceMs: 5000, overdue: false });
    expect(told({ slot: queued({ resends: 1, atMs: 9000 }) })).toMatchObject({ sinceMs: 5000, overdue: true });
    expect(told({ slot: queued({ resends: 1, atMs: 4000 }) })).toMatchObject({ sinceMs: 4000 });
    expect(told({ slot: waiting({ atMs: 9000 }) })).toMatchObject({ sinceMs: 9000, overdue: false });
    expect(told({ node: { ...node, delaySeconds: 10 } })).toMatchObject({ sinceMs: 15_000 });
  });

  it("says how often it was sent, and when last", () => {
    const why = (slot: OpenTask["slot"]) => told({ slot }).why.split(" to ")[0];
    expect(why(absent)).toBe(`sent ${at5}`);
    expect(why(queued({ resends: 0, atMs: 9000 }))).toBe("sent 1970-01-01T00:00:09.000Z");
    expect(why(queued({ resends: 1, atMs: 9000 }))).toBe("sent 2 times, last 1970-01-01T00:00:09.000Z");
    expect(why(queued({ resends: 4, atMs: 9000 }))).toBe("sent 5 times, last 1970-01-01T00:00:09.000Z");
    expect(why(waiting({ atMs: 9000 }))).toBe("sent 1970-01-01T00:00:09.000Z");
  });
});
