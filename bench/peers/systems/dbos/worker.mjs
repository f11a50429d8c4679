import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { member as body, callback, concurrency, limiter, port, step } from "../lib/bench.mjs";

const throughQueue = process.env.FAN_OUT === "queue";
const limit = limiter(concurrency(10_000));

const member = DBOS.registerWorkflow(body, { name: "member" });

const runMember = async (id, i, kind) => {
  if (!throughQueue) return DBOS.runStep(() => limit(() => body(id, i, kind)), { name: `member ${i}` });
  return DBOS.startWorkflow(member, { queueName: "members", workflowID: `${id}-${i}` })(id, i, kind);
};

const flows = {
  chord: DBOS.registerWorkflow(
    async (id, n, kind) => {
      let results = await Promise.all(Array.from({ length: n }, (_, i) => runMember(id, i, kind)));
      if (throughQueue) results = await Promise.all(results.map((handle) => handle.getResult()));
      await DBOS.runStep(async () => void callback(id, results), { name: "callback" });
    },
    { name: "chord" },
  ),
  chain: DBOS.registerWorkflow(
    async (id, n) => {
      for (let k = 0; k < n; k++) await DBOS.runStep(async () => step(id, k, n), { name: `step ${k}` });
    },
    { name: "chain" },
  ),
};

DBOS.setConfig({
  name: "bench",
  systemDatabaseUrl: `postgresql://postgres@127.0.0.1:${port(1)}/bench`,
  applicationVersion: "1",
  logLevel: "error",
});
await DBOS.launch();
if (throughQueue) {
  await DBOS.registerQueue("members", {
    ...(process.env.BENCH_CONCURRENCY && { workerConcurrency: concurrency() }),
    ...(process.env.POLL_MS && { minPollingIntervalMs: Number(process.env.POLL_MS) }),
  });
}

createServer(async (request, response) => {
  const { op, ids, n, kind } = await json(request);
  await Promise.all(ids.map((id) => DBOS.startWorkflow(flows[op], { workflowID: id })(id, n, kind)));
  response.end();
}).listen(port(2), "127.0.0.1", () => console.log("READY"));
