/** `npm run bench:plots`: bench/results/*.json as pictures beside them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartSvg } from "./chart.ts";
import { chartsOf } from "./charts.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("../results", import.meta.url));
const results = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((file) => ({ file, data: JSON.parse(readFileSync(join(folder, file), "utf8")) as unknown }));
for (const [name, chart] of chartsOf(results)) {
  const file = join(folder, `${name}.svg`);
  writeFileSync(file, chartSvg(chart));
  process.stdout.write(`${file}\n`);
}
