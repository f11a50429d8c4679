/**
 * Exports of a table as `tutti audit --from` reads them: the lines of some runs damaged, those of one run not.
 */
import fc from "fast-check";
import { readExport } from "../../cli/export-file.ts";
import { UsageError } from "../../cli/usage.ts";
import { toAttribute } from "../../lib/adapters/dynamodb/attributes.ts";
import { auditExport } from "../../lib/client/audit.ts";
import type { Item } from "../../lib/ports/index.ts";
import { fakeIo } from "../cli/fake-io.ts";
import { damagedText } from "./damage.ts";
import { Harm } from "./guard.ts";
import { storedRuns } from "./stored-runs.ts";

/** The run that is left as it is. */
const goodRun = "nightly";

/** An item as DynamoDB exports it: bytes in base64. */
function lineOf({ key, image }: Item): { readonly Item: Readonly<Record<string, unknown>> } {
  const attributes = Object.entries({ ...key, ...image }).map(([name, value]) => [name, toAttribute(value)] as const);
  const text = JSON.stringify(Object.fromEntries(attributes), (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
  return { Item: JSON.parse(text) };
}

const isGood = ({ key }: Item) => key.pk === goodRun;
const goodLines = storedRuns.items.filter(isGood).map((item) => JSON.stringify(lineOf(item)));
const others = storedRuns.items.filter((item) => !isGood(item)).map(lineOf);

const otherLines = others.map((line) => JSON.stringify(line));

/** A damaged line, and of which it is. */
const damagedLines = fc.oneof(...others.map((line, at) => damagedText([line]).map((text) => [at, text] as const)));

/** All lines, with a few of other runs than the good one damaged: one that is refused hides the rest. */
export const damagedExports: fc.Arbitrary<string> = fc.array(damagedLines, { maxLength: 3 }).map((changes) => {
  const lines = changes.reduce<readonly string[]>((all, [at, line]) => all.with(at, line), otherLines);
  return [...goodLines, ...lines].join("\n");
});

/** @throws Harm when what is said of the good run is not that it is good */
export async function checkExport(text: string): Promise<void> {
  const items = await itemsIn(text);
  if (items === undefined) return;
  const report = auditExport(items);
  const wrong = report.violations.find(({ run }) => run === goodRun);
  if (wrong !== undefined) throw new Harm(`the good run is said to be wrong: ${JSON.stringify(wrong)}`);
  JSON.stringify(report);
}

/** Undefined where the file is refused, by its line. */
async function itemsIn(text: string): Promise<Item[] | undefined> {
  try {
    return await readExport(fakeIo({ stdin: text, cwd: "/nonexistent" }), "-");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (!/^standard input, line \d+: ./.test(error.message)) throw new Harm(`an unclear refusal: ${error.message}`);
    return undefined;
  }
}
