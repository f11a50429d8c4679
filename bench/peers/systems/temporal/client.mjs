import { Client, Connection } from "@temporalio/client";
import { port, serve } from "../lib/bench.mjs";

const client = new Client({ connection: await Connection.connect({ address: `127.0.0.1:${port(1)}` }) });

await serve(({ op, ids, n, kind }) =>
  Promise.all(
    ids.map((id) =>
      client.workflow.start(op, {
        workflowId: id,
        taskQueue: "bench",
        args: op === "chain" ? [id, n] : [id, n, kind],
        workflowTaskTimeout: "5s",
      }),
    ),
  ),
);
