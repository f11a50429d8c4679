/**
 * What scenarios are made of: the tasks that all of them use, and builders of their workflows.
 */
import { z } from "zod";
import type { Settings } from "../../lib/coordinator/index.ts";
import { FatalError, RetryAfterError } from "../../lib/errors.ts";
import type { CompileOptions } from "../../lib/plan/compile.ts";
import { declareTask, defineTask } from "../../lib/tasks/define-task.ts";
import { skip } from "../../lib/tasks/skip.ts";
import { type BaseFault, startMs, type World } from "./world.ts";

export interface Scenario {
  readonly name: string;
  readonly workflow: object;
  /** What the clean run must come to. */
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "REVOKED";
  readonly value?: unknown;
  /** The value when two faults, one of them a lost message, have kept a member from its beginning until its time was over. */
  readonly valueWhenLate?: unknown;
  /** Members may end differently when the run failed first: which nodes had an outcome is then not compared. */
  readonly open?: boolean;
  readonly settings?: Partial<Settings>;
  readonly shape?: CompileOptions;
  readonly batchSize?: number;
  readonly maxReceiveCount?: number;
  /** Largest part of stored content. */
  readonly partBytes?: number;
  /** The workflow is stored apart from the request. */
  readonly stored?: boolean;
  /** Keys beside `workflow` in the request. */
  readonly request?: object;
  /** What operators do about the run: when a task of that path first starts, that much later, or one by one at rest. */
  readonly operations?: readonly Operation[];
  /** The same request is sent that often. */
  readonly copies?: number;
  /** How many of its requests are rejected when nothing is at fault. @default 0 */
  readonly rejects?: number;
  /** The scenario needs the sweeper even without a fault. */
  readonly sweeper?: boolean;
  /** Faults that happen before any other: each at the first call of its site. */
  readonly base?: readonly BaseFault[];
  readonly deadLetters?: boolean;
  /** Messages are given up on purpose, so some stay in queues that nobody reads. */
  readonly drops?: boolean;
  /** The scenario ends without a run: its request rejected, or the run removed. */
  readonly ends?: "rejected" | "forgotten" | "removed";
}

/** A request that is sent, or a command that is typed. */
export type Operation = Asked & {
  /** Path of a task; after `map:` that of one in a run that a map has expanded into. */
  readonly atStartOf?: string;
  readonly afterSeconds?: number;
};

type Asked =
  | { readonly request: object; readonly command?: undefined }
  | { readonly command: readonly string[]; readonly request?: undefined };

const anything = z.array(z.any());
const outside = (name: string, options: object = {}) =>
  declareTask({ name, args: anything, queue: "elsewhere", ...options } as never);

/** Runs a body, and says when it has ended. */
function ended(leave: () => void, body: () => unknown): unknown {
  const result = (() => {
    try {
      return body();
    } catch (error) {
      leave();
      throw error;
    }
  })();
  if (!(result instanceof Promise)) {
    leave();
    return result;
  }
  return result.finally(leave);
}

/** The tasks of all scenarios. Each records that it was entered. */
export function scenarioTasks(world: World) {
  const task = (name: string, body: (...args: never[]) => unknown, options: object = {}) =>
    defineTask(
      { name, args: anything, ...options } as never,
      ((ctx: { taskId: string; attempt: number; generation: number }, ...args: never[]) => {
        const { taskId, attempt, generation } = ctx;
        return ended(world.enter({ taskId, attempt, generation }), () => body(...([ctx, ...args] as never[])));
      }) as never,
    );
  return {
    one: task("one", (_ctx: never, value: number) => value),
    plus: task("plus", (_ctx: never, value: number, more: number) => value + more),
    sum: task("sum", (_ctx: never, values: number[], more = 0) => values.reduce((a, b) => a + b, more)),
    sumOther: task("sumOther", (_ctx: never, values: number[]) => values.reduce((a, b) => a + b, 0), {
      queue: "other",
    }),
    /** As many numbers from 1, or so often the same text. */
    list: task("list", (_ctx: never, count: number, of: number | string) =>
      Array.from({ length: count }, (_, i) => (typeof of === "number" ? of * (i + 1) : of)),
    ),
    slowItem: task(
      "slowItem",
      async (_ctx: never, value: number, seconds: number) => {
        await world.sleep(seconds);
        return value;
      },
      { timeoutSeconds: 3600 },
    ),
    failsAt: task("failsAt", (_ctx: never, value: number, at: number) => {
      if (value === at) throw new FatalError("broken on purpose");
      return value;
    }),
    byGeneration: task("byGeneration", (ctx: { generation: number }) => ctx.generation),
    pair: task("pair", (_ctx: never, a: number, b: number) => [a, b]),
    outcomes: task("outcomes", (_ctx: never, list: { status: string; value?: number }[]) =>
      list.map((item) => item.value ?? item.status),
    ),
    fails: task("fails", () => {
      throw new FatalError("broken on purpose");
    }),
    flaky: task("flaky", (ctx: { attempt: number }, value: number) => {
      if (ctx.attempt < 2) throw new Error("not yet");
      return value;
    }),
    patient: task(
      "patient",
      (ctx: { attempt: number }, value: number) => {
        if (ctx.attempt < 2) throw new Error("not yet");
        return value;
      },
      { retry: { maxAttempts: 2, backoffSeconds: 5000, maxBackoffSeconds: 5000 } },
    ),
    slow: task(
      "slow",
      async (_ctx: never, seconds: number, value: number) => {
        await world.sleep(seconds);
        return value;
      },
      { timeoutSeconds: 3600 },
    ),
    telling: task(
      "telling",
      async (ctx: { heartbeat(details: number): Promise<void> }, seconds: number) => {
        for (let second = 0; second < seconds; second++) {
          await ctx.heartbeat(second);
          await world.sleep(1);
        }
        return seconds;
      },
      { timeoutSeconds: 3600 },
    ),
    /** An item of a map: 0 fails, a negative one in the first generation, one above 100 at its first attempt. */
    works: task(
      "works",
      async (ctx: { generation: number; attempt: number }, item: number, seconds = 5) => {
        await world.sleep(seconds);
        if (item > 100 && ctx.attempt < 2) throw new Error("not yet");
        if (item === 0 || (item < 0 && ctx.generation === 1)) throw new FatalError("broken on purpose");
        return item;
      },
      { timeoutSeconds: 3600 },
    ),
    endless: task("endless", () => new Promise(() => {}), { timeoutSeconds: 20, retry: { maxAttempts: 1 } }),
    large: task("large", (_ctx: never, letter: string) => letter.repeat(5000)),
    huge: task("huge", () => "x".repeat(300_000)),
    elsewhereStored: outside("elsewhereStored"),
    lengths: task("lengths", (_ctx: never, values: (string | number)[]) =>
      values.map((value) => (typeof value === "string" ? value.length : value)),
    ),
    streamed: task(
      "streamed",
      async (_ctx: never, results: AsyncIterable<string | number>, rounds: number) => {
        const all: number[] = [];
        for (let round = 0; round < rounds; round++)
          for await (const result of results) all.push(typeof result === "string" ? result.length : result);
        return all;
      },
      { args: z.tuple([z.array(z.any()), z.number()]), stream: true, retry: { maxAttempts: 1 } },
    ),
    failed: task(
      "failed",
      (_ctx: never, summary: { failed: number; total: number }) => `${summary.failed}/${summary.total}`,
    ),
    /** Each attempt as it is written: how long it takes, and how it ends; what is not written succeeds at once. */
    hedged: task(
      "hedged",
      async (ctx: { attempt: number }, value: number, ...script: [number, string][]) => {
        const [seconds, end] = script[ctx.attempt - 1] ?? [0, "ok"];
        await world.sleep(seconds);
        if (end === "dies") return world.die();
        if (end === "fails") throw new Error("not this time");
        return value;
      },
      { timeoutSeconds: 3600, retry: { maxAttempts: 10, maxLost: 10, backoffSeconds: 0 } },
    ),
    /** In the first generation it takes that long, and fails. */
    mendedAfter: task(
      "mendedAfter",
      async (ctx: { generation: number }, value: number, seconds: number) => {
        if (ctx.generation > 1) return value;
        await world.sleep(seconds);
        throw new FatalError("broken in generation 1");
      },
      { timeoutSeconds: 3600, retry: { maxAttempts: 1 } },
    ),
    unknown: task("unknown", () => null),
    elsewhere: outside("elsewhere"),
    elsewhereFailing: outside("elsewhereFailing"),
    elsewhereFlaky: outside("elsewhereFlaky", { retry: { backoffSeconds: 0 } }),
    elsewherePatient: outside("elsewherePatient"),
    elsewhereSlow: outside("elsewhereSlow", { timeoutSeconds: 60 }),
    elsewhereSilent: outside("elsewhereSilent", { timeoutSeconds: 60 }),
    elsewhereNever: outside("elsewhereNever", { timeoutSeconds: 60, retry: { maxLost: 2 } }),
    elsewhereLate: outside("elsewhereLate", { timeoutSeconds: 60, retry: { maxLost: 5 } }),
    elsewhereTwice: outside("elsewhereTwice"),
    elsewhereDropped: outside("elsewhereDropped", { timeoutSeconds: 60 }),
    busy: task("busy", (ctx: { attempt: number }, value: number) => {
      if (ctx.attempt < 2) throw new RetryAfterError(40);
      return value;
    }),
    failsLate: task(
      "failsLate",
      async () => {
        await world.sleep(300);
        throw new FatalError("broken on purpose, late");
      },
      { timeoutSeconds: 3600 },
    ),
    never: task(
      "never",
      () => {
        throw new Error("not yet");
      },
      { retry: { maxAttempts: 100, backoffSeconds: 0, maxLost: 100 } },
    ),
    killsAlways: task("killsAlways", () => world.die(), { retry: { maxLost: 100 } }),
    kills: task("kills", () => world.die()),
    slowAfterDeath: task("slowAfterDeath", async (ctx: { attempt: number }, value: number) => {
      if (ctx.attempt < 2) return world.die();
      await world.sleep(20);
      return value;
    }),
    killsLate: task("killsLate", async () => {
      await world.sleep(5);
      return world.die();
    }),
    diesLate: task("diesLate", async (ctx: { attempt: number }, value: number) => {
      await world.sleep(5);
      return ctx.attempt < 2 ? world.die() : value;
    }),
    /** Fails in the first generation. */
    mended: task("mended", (ctx: { generation: number }, value: number) => {
      if (ctx.generation > 1) return value;
      throw new FatalError("broken in generation 1");
    }),
    skips: task("skips", (_ctx: never, ...args: string[]) => skip(args.at(-1))),
    /** Skips in the first generation. */
    skipsFirst: task("skipsFirst", (ctx: { generation: number }, value: number) =>
      ctx.generation > 1 ? value : skip("not yet"),
    ),
    /** Fails in the first half minute. */
    mendedLater: task("mendedLater", (_ctx: never, value: number) => {
      if (world.clock.now() >= startMs + 30_000) return value;
      throw new FatalError("broken at first");
    }),
    killsOnce: task("killsOnce", (ctx: { attempt: number }, value: number) => (ctx.attempt < 2 ? world.die() : value), {
      retry: { maxLost: 5 },
    }),
  };
}

export const one = (value: number) => ({ task: "one", args: [value] });
export const ones = (count: number) => Array.from({ length: count }, (_, i) => one(i + 1));
export const sum = { task: "sum" };
export const fails = { task: "fails" };
export const onError = { task: "failed" };

/** A chord whose callback lists what became of each member. */
export function settledChord(...header: readonly object[]): object {
  return { chord: { header, callback: { task: "outcomes" }, when: "all-settled" } };
}
