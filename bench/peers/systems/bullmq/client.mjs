import { FlowProducer } from "bullmq";
import { port, serve } from "../lib/bench.mjs";

const flows = new FlowProducer({ connection: { host: "127.0.0.1", port: port(1) } });
await flows.waitUntilReady();

const chord = (id, n, kind) => ({
  name: "callback",
  queueName: "callbacks",
  data: { id },
  children: Array.from({ length: n }, (_, i) => ({ name: "member", queueName: "members", data: { id, i, kind } })),
});

/** A flow runs its children first, so the last step is the root. */
const chain = (id, n, k = n - 1) => ({
  name: "step",
  queueName: "steps",
  data: { id, k, n },
  children: k > 0 ? [chain(id, n, k - 1)] : [],
});

await serve(({ op, ids, n, kind }) =>
  flows.addBulk(ids.map((id) => (op === "chain" ? chain(id, n) : chord(id, n, kind)))),
);
