import { caseOf, ofSeed } from "./case.ts";
import { runHistory } from "./history.ts";

const s = Number(process.argv[2]);
const c = caseOf(ofSeed(s));
console.log([...c.mix.on].join(" "));
for (const t of c.tenants) console.log(JSON.stringify(t));
const o = await runHistory(ofSeed(s), { writes: true });
if (process.argv[3] !== "q") for (const l of o.lines) console.log(l);
console.log(o.faults.join("\n"), o.digest);
