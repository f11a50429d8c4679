/**
 * What the workers of the soak run: small bodies whose results say where they belong, each noted in the ledger.
 */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineTask, FatalError, type Json, type TaskContext } from "../../lib/index.ts";
import { canonicalJson } from "../../lib/model/json.ts";
import { ledgerVariable, openLedger } from "./ledger.ts";

const note = openLedger(process.env[ledgerVariable] ?? "/dev/null");
/** Of the value, not of its text: a table answers the entries of a map in any order. */
const hashOf = (value: unknown) =>
  createHash("sha256")
    .update(canonicalJson(JSON.parse(JSON.stringify(value ?? null)) as Json))
    .digest("hex")
    .slice(0, 12);

/** Notes the start, runs, notes the end. What throws has no end. */
async function noted<T extends Json>(ctx: TaskContext, args: unknown, run: () => T | Promise<T>): Promise<T> {
  const { taskId, generation, attempt } = ctx;
  note({ what: "start", taskId, generation, attempt, hash: hashOf(args) });
  const result = await run();
  note({ what: "end", taskId, generation, attempt, hash: hashOf(result) });
  return result;
}

/** What `work` gives for a key: large enough, for some, that it is stored apart. */
export const workOf = (key: number, bytes: number) => ({ key, square: key * key, text: "x".repeat(bytes) });

/** `failures`: attempts that fail first; -1 for all of them. */
export const work = defineTask(
  { name: "work", args: z.tuple([z.number(), z.number(), z.number(), z.number()]) },
  (ctx, key, tookMs, failures, bytes) =>
    noted(ctx, [key, tookMs, failures, bytes], async () => {
      await sleep(tookMs);
      if (failures < 0) throw new FatalError(`${key} fails for good`);
      if (ctx.attempt <= failures) throw new Error(`${key} fails at attempt ${ctx.attempt}`);
      return workOf(key, bytes);
    }),
);

/** A link of a chain: what came before, and its own key. */
export const follow = defineTask({ name: "follow", args: z.tuple([z.json(), z.number()]) }, (ctx, before, key) =>
  noted(ctx, [before, key], () => ({ key, before })),
);

/** A callback, on a queue of its own: the results as it got them. */
export const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.json()), z.string()]), queue: "callbacks" },
  (ctx, results, label) => noted(ctx, [results, label], () => ({ label, results })),
);

/** Where two ways meet. */
export const meet = defineTask({ name: "meet", args: z.tuple([z.json(), z.json()]) }, (ctx, left, right) =>
  noted(ctx, [left, right], () => ({ left, right })),
);

/** The list of a map. */
export const list = defineTask({ name: "list", args: z.tuple([z.number(), z.number()]) }, (ctx, first, count) =>
  noted(ctx, [first, count], () => Array.from({ length: count }, (_, at) => first + at)),
);

/** An error callback. */
export const complain = defineTask(
  { name: "complain", args: z.tuple([z.json()]), queue: "callbacks" },
  (ctx, summary) => noted(ctx, summary, () => null),
);
