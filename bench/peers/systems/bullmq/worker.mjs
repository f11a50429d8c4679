import { Worker } from "bullmq";
import { callback, concurrency, member, port, step } from "../lib/bench.mjs";

const connection = { host: "127.0.0.1", port: port(1), maxRetriesPerRequest: null };
const recovery = process.env.MAX_STALLED
  ? { lockDuration: 5000, stalledInterval: 5000, maxStalledCount: Number(process.env.MAX_STALLED) }
  : {};
const options = { connection, concurrency: concurrency(1), ...recovery };

const workers = [
  new Worker("members", ({ data: { id, i, kind } }) => member(id, i, kind), options),
  new Worker("callbacks", async (job) => callback(job.data.id, Object.values(await job.getChildrenValues())), options),
  new Worker("steps", async ({ data: { id, k, n } }) => step(id, k, n), options),
];
for (const worker of workers) worker.on("error", (error) => console.error(error.message));
await Promise.all(workers.map((worker) => worker.waitUntilReady()));
console.log("READY");
