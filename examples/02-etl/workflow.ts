/**
 * Every source is extracted and transformed by itself; as soon as enough have answered, they are loaded.
 */
import { fileURLToPath } from "node:url";
import { chain, chord, map } from "tutti";
import { extract, load, transform } from "./tasks.ts";

export interface Etl {
  readonly sources: readonly string[];
  /** So many answers are enough. */
  readonly quorum: number;
  readonly target: string;
}

export function etlWorkflow({ sources, quorum, target }: Etl) {
  const each = map(chain(extract, transform), { over: [...sources] });
  return chord(each, load.with(target), { when: { quorum }, deadlineSeconds: 600 });
}

const source = (name: string) => fileURLToPath(new URL(`./sources/${name}.csv`, import.meta.url));

export default etlWorkflow({
  sources: ["north", "south", "east", "west"].map(source),
  quorum: 3,
  target: fileURLToPath(new URL("../../.tutti/rates.json", import.meta.url)),
});
