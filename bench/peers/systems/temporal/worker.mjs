import { DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";
import { callback, member, port, step } from "../lib/bench.mjs";

Runtime.install({ logger: new DefaultLogger("ERROR") });
const slots = process.env.BENCH_CONCURRENCY
  ? { maxConcurrentActivityTaskExecutions: Number(process.env.BENCH_CONCURRENCY) }
  : {};
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: `127.0.0.1:${port(1)}` }),
  taskQueue: "bench",
  workflowBundle: { codePath: new URL("./workflow-bundle.js", import.meta.url).pathname },
  activities: {
    member,
    callback: async (id, results) => void callback(id, results),
    step: async (...args) => step(...args),
  },
  ...slots,
});
console.log("READY");
await worker.run();
