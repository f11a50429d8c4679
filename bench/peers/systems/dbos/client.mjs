// DBOS is a library: the process that starts a workflow also runs it, so the client asks the worker by HTTP.
import { port, serve } from "../lib/bench.mjs";

await serve(async (request) => {
  const response = await fetch(`http://127.0.0.1:${port(2)}`, { method: "POST", body: JSON.stringify(request) });
  if (!response.ok) throw new Error(await response.text());
});
