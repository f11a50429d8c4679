/**
 * What becomes of values that JSON cannot hold, as docs/values.md says: through the whole driver, in packs of ten, on stores
 * and queues that hold no more than those of AWS.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { chord } from "../../../lib/canvas/canvas.ts";
import { itemBytes } from "../../../lib/model/item-size.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { MemberOutcome } from "../../../lib/model/outcome.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../client/deployment.ts";
import { type Odd, returned, thrown } from "./odd-values.ts";

const number = z.tuple([z.number()]);
const returns = defineTask({ name: "returns", args: number }, (_ctx, at) => (returned[at] as Odd).make());
const throws = defineTask({ name: "throws", args: number, retry: { maxAttempts: 1 } }, (_ctx, at) => {
  throw (thrown[at] as Odd).make();
});
const rejects = defineTask({ name: "rejects", args: number, retry: { maxAttempts: 1 } }, (_ctx, at) =>
  Promise.reject((thrown[at] as Odd).make()),
);
const seen = defineTask({ name: "seen", args: z.tuple([z.array(z.any())]) }, (_ctx, outcomes) => outcomes);
const tasks = { returns, throws, rejects, seen };
const settled = { when: "all-settled" } as const;

async function outcomesOf(cases: readonly Odd[], task: typeof returns): Promise<MemberOutcome[]> {
  const deployment = createDeployment({ tasks });
  const { client, until } = deployment;
  const members = cases.map((_, at) => task.with(at));
  const run = await until(client.submit(chord(members, seen, settled), { id: "r" }));
  const outcomes = (await until(run.result())) as unknown as MemberOutcome[];
  expectSmall(deployment);
  return outcomes;
}

/** S17: no item over 400 KB; what is larger, the memory store and queue refuse. Nothing was given up on the way. */
function expectSmall({ store, queue }: Deployment): void {
  for (const item of store.dump()) expect(itemBytes(item)).toBeLessThan(400 * 1024);
  expect(queue.queues()).toEqual([]);
  expect(store.dump().filter(({ key }) => key.pk.startsWith("rejected#"))).toEqual([]);
}

const recorded = ({ value, error }: Odd): object =>
  error === undefined
    ? { status: "SUCCEEDED", value }
    : {
        status: "FAILED",
        error: { name: error[0], message: error[1] instanceof RegExp ? expect.stringMatching(error[1]) : error[1] },
      };

describe("a result that JSON cannot hold", () => {
  it("A13 I5 I6: is what docs/values.md says, member by member, and harms no neighbour in its pack", async () => {
    const outcomes = await outcomesOf(returned, returns);
    expect(outcomes).toHaveLength(returned.length);
    for (const [at, odd] of returned.entries())
      expect({ name: odd.name, ...outcomes[at] }).toEqual({
        name: odd.name,
        taskId: `r/header[${at}]`,
        ...recorded(odd),
      });
  }, 60_000);

  it.each(returned.filter(({ error }) => error !== undefined))("ends a run of that task alone: $name", async (odd) => {
    const { client, until } = createDeployment({ tasks });
    const run = await until(client.submit(returns.with(returned.indexOf(odd))));
    expect(await until(run.wait())).toMatchObject(recorded(odd));
  });
});

describe("an error that JSON cannot hold", () => {
  it.each([
    ["thrown", throws],
    ["rejected with", rejects],
  ])("E5: is kept as two short texts, and the callback hears of every member: %s", async (_how, task) => {
    const outcomes = await outcomesOf(thrown, task);
    for (const [at, odd] of thrown.entries())
      expect({ name: odd.name, ...outcomes[at] }).toEqual({
        name: odd.name,
        taskId: `r/header[${at}]`,
        ...recorded(odd),
      });
  });

  it("E5: reaches the error callback too", async () => {
    const { client, until } = createDeployment({ tasks });
    const members = thrown.map((_, at) => throws.with(at));
    const run = await until(client.submit(chord(members, seen, { onError: seen }), { id: "r" }));
    expect(await until(run.wait())).toMatchObject({ status: "FAILED", error: { message: expect.any(String) } });
  });

  it("is tried again like any other", async () => {
    let calls = 0;
    const hostile = thrown.find(({ name }) => name.startsWith("a proxy")) as Odd;
    const flaky = defineTask({ name: "flaky", args: z.tuple([]) }, () => {
      calls++;
      if (calls < 3) throw hostile.make();
      return "well";
    });
    const { client, until } = createDeployment({ tasks: { flaky } });
    const run = await until(client.submit(flaky));
    expect(await until(run.result())).toBe("well");
    expect(calls).toBe(3);
  });
});

it("a heartbeat refuses what is not JSON, and is none the worse for it", async () => {
  const odd = [...returned, ...thrown].map(({ make }) => make());
  const beats = defineTask({ name: "beats", args: z.tuple([]) }, async (ctx) => {
    const refused: string[] = [];
    for (const details of odd) {
      try {
        await ctx.heartbeat(details as never);
      } catch (error) {
        refused.push((error as Error).name);
      }
    }
    return [...new Set(refused)];
  });
  const deployment = createDeployment({ tasks: { beats } });
  const run = await deployment.until(deployment.client.submit(beats));
  expect(await deployment.until(run.result())).toEqual(["InvalidHeartbeatError"]);
  expectSmall(deployment);
});

describe("an argument that JSON cannot hold", () => {
  const many = defineTask({ name: "many", args: z.array(z.any()) }, (_ctx, ...args) => args);

  it.each(returned.filter(({ error }) => error?.[0] === "result-not-json"))(
    "is refused where it is bound: $name",
    ({ make }) => {
      expect(() => many.with(make())).toThrow(/^args\[0\].*: must /);
    },
  );

  it("may be any JSON, and reaches the task as it was written", async () => {
    const args: readonly Json[] = [
      null,
      "x\uFFFF\uFFFE\u0000\uD800",
      { "\uDC00": [] },
      2 ** 60,
      -1e300,
      0.1,
      { constructor: 1 },
    ];
    const { client, until, sent } = createDeployment({ tasks: { many } });
    const run = await until(client.submit(many.with(...args)));
    expect(await until(run.result())).toEqual(args);
    expect(sent).toHaveLength(1);
  });
});
