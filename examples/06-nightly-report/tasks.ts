/**
 * The steps of a report that is made every night.
 */
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { defineTask } from "tutti";
import { z } from "zod";

const salesSchema = z.object({ region: z.string(), day: z.string(), total: z.number() });

/** Sales of one region on the day of the run, which its id ends in. Stands for a slow query that nobody wants to repeat. */
export const fetchSales = defineTask({ name: "fetch-sales", args: z.tuple([z.string()]) }, (ctx, region) => {
  const day = /\d{4}-\d\d-\d\d/.exec(ctx.runId)?.[0] ?? "2026-01-01";
  return { region, day, total: region.length * 1000 + Number(day.slice(-2)) };
});

export const makeReport = defineTask({ name: "make-report", args: z.tuple([z.array(salesSchema)]) }, (_ctx, sales) => {
  const day = sales[0]?.day ?? "";
  const lines = sales.map(({ region, total }) => `${region}: ${total}`);
  return { day, text: [`Sales of ${day}`, ...lines, ""].join("\n") };
});

/** Writes the report into a folder, which must be there: it may be on a disk that is not. */
export const publishReport = defineTask(
  {
    name: "publish-report",
    args: z.tuple([z.object({ day: z.string(), text: z.string() }), z.string()]),
    retry: { maxAttempts: 2, backoffSeconds: 1 },
  },
  async (ctx, { day, text }, folder) => {
    const file = path.resolve(folder, `${day}.txt`);
    const part = `${file}.${ctx.attempt}`;
    await writeFile(part, text);
    await rename(part, file);
    return { file };
  },
);
