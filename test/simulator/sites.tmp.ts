import { ofSeed } from "./case.ts";
import { runHistory } from "./history.ts";

const by = new Map<string, number>();
const n = 400;
const all: number[] = [];
for (let s = 1; s <= n; s++) {
  const o = await runHistory(ofSeed(s), { writes: true });
  all.push(o.calls);
  for (const l of o.lines) {
    const site = l.slice(30, 50).trim();
    by.set(site, (by.get(site) ?? 0) + 1);
  }
}
for (const [k, v] of [...by].sort((a, b) => b[1] - a[1]).slice(0, 35)) console.log((v / n).toFixed(1), k);
all.sort((a, b) => a - b);
console.log([0.1, 0.25, 0.5, 0.75, 0.9, 0.99].map((q) => all[Math.floor(q * n)]));
