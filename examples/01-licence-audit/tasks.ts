/**
 * The tasks of the audit: one for each package, and the callback that has all results.
 */
import path from "node:path";
import { defineTask, FatalError } from "tutti";
import { z } from "zod";
import { classifyLicence, PackageNotFoundError } from "./classify.ts";
import { replaceFile } from "./replace-file.ts";
import { auditOutcomeSchema, createReport } from "./report.ts";

/** Reads one package and classifies its licence. Writes nothing, so a repeated attempt does no harm. */
export const classifyPackage = defineTask(
  {
    name: "classify-package",
    args: z.tuple([
      z.string().describe("folder that holds node_modules"),
      z.string().describe("path of the package in it"),
    ]),
    timeoutSeconds: 60,
    // Reading is harmless to repeat, and `npm start -- --kill` kills its workers again and again.
    retry: { maxLost: 10 },
  },
  async (_ctx, rootFolder, packagePath) => {
    try {
      return await classifyLicence(rootFolder, packagePath);
    } catch (error) {
      // Another attempt finds the same: somebody removed the package since it was listed.
      if (error instanceof PackageNotFoundError) throw new FatalError(error.message, { cause: error });
      throw error;
    }
  },
);

/**
 * Writes the report on all packages.
 *
 * Called by an all-settled chord: a package that could not be audited is a line in the report, not the end of it. The files
 * depend on the arguments only and are replaced as a whole, so that a second attempt leaves what the first one wrote.
 */
export const makeReport = defineTask(
  {
    name: "make-report",
    retry: { maxLost: 10 },
    args: z.tuple([
      z.array(auditOutcomeSchema),
      z.string().describe("folder that was audited"),
      z.string().optional().describe("folder for the report; default: the audited one"),
      z.iso.datetime().optional().describe("time of the audit, for the report"),
    ]),
  },
  async (ctx, outcomes, rootFolder, outputFolder = rootFolder, auditedAt) => {
    const { markdown, summaryLines, json } = createReport(outcomes, { folder: path.basename(rootFolder), auditedAt });
    const reportFile = path.join(outputFolder, "licence-report.md");
    const jsonFile = path.join(outputFolder, "licence-report.json");
    await replaceFile(reportFile, markdown, ctx.attempt);
    await replaceFile(jsonFile, `${JSON.stringify(json, null, 2)}\n`, ctx.attempt);
    return {
      packages: json.totals.packages,
      flagged: json.totals.flagged,
      notAudited: json.totals.notAudited,
      reportFile,
      jsonFile,
      summary: summaryLines,
    };
  },
);
