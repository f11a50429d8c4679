import * as restate from "@restatedev/restate-sdk";
import { callback, concurrency, limiter, member, port, step } from "../lib/bench.mjs";

const limit = limiter(concurrency(10_000));

const tasks = restate.service({
  name: "tasks",
  handlers: {
    member: async (_ctx, { id, i, kind }) => limit(() => member(id, i, kind)),
    callback: async (_ctx, { id, results }) => void callback(id, results),
    step: async (_ctx, { id, k, n }) => step(id, k, n),
  },
});

const flows = restate.service({
  name: "flows",
  handlers: {
    chord: async (ctx, { id, n, kind }) => {
      const results = await restate.RestatePromise.all(
        Array.from({ length: n }, (_, i) => ctx.serviceClient(tasks).member({ id, i, kind })),
      );
      await ctx.serviceClient(tasks).callback({ id, results });
    },
    chain: async (ctx, { id, n }) => {
      for (let k = 0; k < n; k++) await ctx.serviceClient(tasks).step({ id, k, n });
    },
  },
});

await restate.serve({ services: [tasks, flows], port: port(4) });
console.log("READY");
