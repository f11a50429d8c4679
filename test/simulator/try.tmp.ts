Error.stackTraceLimit = 0;

import { ofSeed } from "./case.ts";
import { runHistory } from "./history.ts";

const from = Number(process.argv[2] ?? 1),
  n = Number(process.argv[3] ?? 50);
const t0 = performance.now();
const c0 = process.cpuUsage();
let bad = 0,
  calls = 0,
  tasks = 0,
  happened = 0;
const st: Record<string, number> = {};
const kinds: Record<string, number[]> = {};
for (let s = from; s < from + n; s++) {
  const o = await runHistory(ofSeed(s));
  if ((s - from) % 250 === 249) {
    const u = process.cpuUsage(c0);
    console.log(s, ((u.user + u.system) / 1000 / (s - from + 1)).toFixed(1));
  }
  calls += o.calls;
  tasks += o.tasks;
  happened += o.happened.length;
  for (const x of o.statuses) st[x] = (st[x] ?? 0) + 1;
  if (o.faults.length) {
    bad++;
    for (const f of new Set(
      o.faults.map((f) =>
        f
          .replace(/^tenant (.): /, "$1 ")
          .slice(0, 60)
          .replace(/[0-9]+/g, "#"),
      ),
    ))
      (kinds[f] ??= []).push(s);
  }
}
const ms = performance.now() - t0;
console.log({
  n,
  bad,
  calls: calls / n,
  tasks: tasks / n,
  happened: happened / n,
  msPer: ms / n,
  cpuPer: (process.cpuUsage(c0).user + process.cpuUsage(c0).system) / 1000 / n,
  st,
});
for (const [k, v] of Object.entries(kinds).slice(0,25)) console.log(v.length, k, v.slice(0, 5).join(" "));
