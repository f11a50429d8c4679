/**
 * What the run left in the table, in a few lines: read from the stored items, not from what the code says of itself.
 */
import type { InspectReport, JoinReport, TaskReport } from "../../lib/client/shapes.ts";

/** Lines about a finished run. */
export function storedLines({ run, joins, tasks = [] }: InspectReport): string[] {
  const [chord] = joins;
  const callback = tasks.find((task) => task.id === `${run.id}/callback`);
  const retried = tasks.filter((task) => task.attempt > 1);
  return [
    `run        ${run.id}  ${run.status}`,
    `members    ${chord?.arrived ?? 0} of ${chord?.expected ?? 0} settled`,
    `attempts   ${attemptsOf(tasks)} for ${tasks.length} tasks${retried.length > 0 ? `; more than one for ${namesOf(retried)}` : ""}`,
    `callback   ${callbackLine(chord, callback)}`,
  ];
}

function attemptsOf(tasks: readonly TaskReport[]): number {
  return tasks.reduce((sum, task) => sum + task.attempt, 0);
}

const shownNames = 3;

function namesOf(tasks: readonly TaskReport[]): string {
  const names = tasks.slice(0, shownNames).map((task) => task.label ?? task.task);
  return tasks.length > shownNames ? `${names.join(", ")} and ${tasks.length - shownNames} more` : names.join(", ");
}

function callbackLine(chord: JoinReport | undefined, callback: TaskReport | undefined): string {
  if (chord?.decision !== "callback") return `not called: the chord is ${chord?.decision ?? "undecided"}`;
  return `decided once, by delivery ${chord.firedBy} at ${chord.firedAt}; ${callback?.status ?? "unknown"} at attempt ${callback?.attempt ?? 0}`;
}
