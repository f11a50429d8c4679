/**
 * Extract, transform, load: exchange rates from several sources that need not all answer.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { defineTask, FatalError } from "tutti";
import { z } from "zod";

const rowsSchema = z.array(z.array(z.string()));
const ratesSchema = z.record(z.string(), z.number());

/** Reads the rows of one source, a CSV file with a heading. */
export const extract = defineTask(
  { name: "extract", queue: "sources", args: z.tuple([z.string()]), timeoutSeconds: 60, retry: { maxAttempts: 3 } },
  async (_ctx, file) => {
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    return lines.slice(1).map((line) => line.split(","));
  },
);

/** Rates by currency. What is no rate will be none at the next attempt either. */
export const transform = defineTask({ name: "transform", args: z.tuple([rowsSchema]) }, (_ctx, rows) => {
  const rates: Record<string, number> = {};
  for (const [currency = "", text = ""] of rows) {
    const rate = Number(text);
    if (!(rate > 0)) throw new FatalError(`${text} is no rate of ${currency}`);
    rates[currency] = rate;
  }
  return rates;
});

const outcomeSchema = z.union([
  z.object({ status: z.literal("SUCCEEDED"), value: ratesSchema }),
  z.object({ status: z.string(), error: z.object({ name: z.string(), message: z.string() }) }),
]);

/** Writes the median of what the sources say, currency by currency, in the place of what was there. */
export const load = defineTask(
  { name: "load", args: z.tuple([z.array(outcomeSchema), z.string().describe("file to load into")]) },
  async (ctx, outcomes, file) => {
    const answers = outcomes.flatMap((outcome) => ("value" in outcome ? [outcome.value] : []));
    const currencies = [...new Set(answers.flatMap((rates) => Object.keys(rates)))].sort();
    const rates = Object.fromEntries(currencies.map((currency) => [currency, median(answers, currency)]));
    await mkdir(path.dirname(file), { recursive: true });
    const part = `${file}.${ctx.attempt}`;
    await writeFile(part, JSON.stringify(rates));
    await rename(part, file);
    return { sources: answers.length, of: outcomes.length, rates };
  },
);

function median(answers: readonly Readonly<Record<string, number>>[], currency: string): number {
  const sorted = answers.flatMap((rates) => rates[currency] ?? []).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
