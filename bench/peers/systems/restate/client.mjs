import { port, serve } from "../lib/bench.mjs";

const post = async (url, body) => {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
};

await post(`http://127.0.0.1:${port(3)}/deployments`, { uri: `http://127.0.0.1:${port(4)}` });

await serve(({ op, ids, n, kind }) =>
  Promise.all(ids.map((id) => post(`http://127.0.0.1:${port(2)}/flows/${op}/send`, { id, n, kind }))),
);
