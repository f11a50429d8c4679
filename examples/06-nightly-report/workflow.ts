/**
 * The sales of all regions, one report, one file.
 */
import { chain, chord } from "tutti";
import { fetchSales, makeReport, publishReport } from "./tasks.ts";

export function reportWorkflow(regions: readonly string[], folder: string) {
  return chain(
    chord(
      regions.map((region) => fetchSales.with(region)),
      makeReport,
    ),
    publishReport.with(folder),
  );
}

export default reportWorkflow(["north", "south", "overseas"], ".tutti/reports");
