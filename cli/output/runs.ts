/**
 * Runs in a table.
 */
import type { RunLine } from "../../lib/client/shapes.ts";
import { durationText } from "./duration.ts";
import { cut } from "./plain.ts";
import type { Column } from "./table.ts";

export function runColumns(nowMs: number): readonly Column<RunLine>[] {
  return [
    { title: "RUN", cell: ({ id }) => id },
    { title: "STATUS", cell: ({ status, pausedAt }) => (pausedAt === null ? status : `${status} paused`) },
    {
      title: "GENERATION",
      cell: ({ generation }) => (generation > 1 ? String(generation) : ""),
      alignRight: true,
      importance: 3,
    },
    { title: "TASKS", cell: ({ taskCount }) => String(taskCount), alignRight: true, importance: 1 },
    { title: "NAME", cell: ({ name }) => cut(name ?? "", 40), importance: 3 },
    {
      title: "SUBMITTED",
      cell: ({ submittedAt }) => `${durationText(nowMs - Date.parse(submittedAt))} ago`,
      importance: 1,
    },
    {
      title: "TOOK",
      cell: (run) =>
        run.finishedAt === null ? "" : durationText(Date.parse(run.finishedAt) - Date.parse(run.submittedAt)),
      importance: 2,
    },
  ];
}
