/**
 * What is deployed: the tasks, and when the report is made.
 */
import { defineSchedule } from "tutti";
import report from "./workflow.ts";

export { fetchSales, makeReport, publishReport } from "./tasks.ts";

/** Every night at three. Each fire is a run named `nightly-report-<time>`, however often the fire is repeated. */
export const nightlyReport = defineSchedule({
  name: "nightly-report",
  cron: "0 3 * * ? *",
  timeZone: "Europe/Zurich",
  workflow: report,
  deadlineSeconds: 6 * 3600,
});
