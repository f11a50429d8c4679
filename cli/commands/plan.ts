/**
 * `tutti plan`: check and compile without sending.
 */
import type { Command } from "commander";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { schemaVersion } from "../../lib/client/shapes.ts";
import type { Budget } from "../../lib/model/budget.ts";
import { compile } from "../../lib/plan/compile.ts";
import { describePlan, type PlanDescription } from "../../lib/plan/describe.ts";
import { describeMaps, type MapDescription } from "../../lib/plan/describe-maps.ts";
import { parseFileDocument } from "../../lib/plan/parse-request.ts";
import type { Prediction } from "../../lib/plan/predict.ts";
import { findTasksModule, loadTasksModule } from "../../local/tasks-module.ts";
import { readDocument } from "../file-argument.ts";
import type { CliIo } from "../io.ts";
import { addExample, addJsonOption, type CommonFlags } from "../options.ts";
import { dollars } from "../output/dollars.ts";
import { durationText } from "../output/duration.ts";
import { writeJson } from "../output/json.ts";
import { taskText } from "../output/plain.ts";
import { writeProse } from "../output/prose.ts";
import { type Column, renderTable } from "../output/table.ts";
import { whenText } from "../output/when.ts";
import { UsageError } from "../usage.ts";

interface Flags extends CommonFlags {
  readonly tasks?: string;
}

/** Tasks listed on the screen; `--json` lists all. */
const listedNodes = 20;

export function registerPlan(program: Command, io: CliIo): void {
  const command = program
    .command("plan")
    .description(
      "check and compile a workflow without sending it: nodes, joins, deadlines, predicted requests and cost",
    )
    .argument(
      "<FILE>",
      "request or workflow as JSON, - for standard input, or a module whose default export is a workflow",
    )
    .option("--tasks <FILE>", "tasks module (default: tutti.tasks in package.json, then src/tasks.ts, tasks.ts)")
    .action(async (file: string, flags: Flags) => {
      const request = parseFileDocument(await readDocument(io, file));
      const nowMs = wallClock.now();
      const tasks = await catalog(io, flags.tasks);
      const plan = compile(request, tasks, { nowMs });
      const description = describePlan(plan, nowMs);
      const maps = describeMaps(plan, tasks);
      const { budget } = request;
      if (flags.json === true)
        writeJson(io, {
          schemaVersion,
          ...description,
          ...(maps.length > 0 ? { maps } : {}),
          ...(budget === undefined ? {} : { budget }),
        });
      else {
        writePlan(io, description, maps);
        if (budget !== undefined) writeProse(io.out, `budget: ${budgetText(description, budget)}`);
      }
    });
  addExample(addJsonOption(command), "tutti plan workflow.json --tasks src/tasks.ts");
}

async function catalog(io: CliIo, file: string | undefined) {
  const path = await findTasksModule({ cwd: io.cwd, file });
  if (path === undefined) {
    throw new UsageError(
      "there is no tasks module here: looked for tutti.tasks in package.json, src/tasks.ts and tasks.ts",
      "name it: tutti plan FILE --tasks src/tasks.ts",
    );
  }
  return (await loadTasksModule(path)).catalog;
}

function writePlan(
  io: CliIo,
  { tasks, nodes, joins, waitSeconds, predicted, secondCopies }: PlanDescription,
  maps: readonly MapDescription[],
): void {
  const { writeUnits, sqsRequests, usd } = predicted;
  io.out.write(
    `${tasks} task${tasks === 1 ? "" : "s"}, ${joins.length} join${joins.length === 1 ? "" : "s"}: the document is valid\n\n`,
  );
  io.out.write(renderTable(shown(nodeColumns, nodes), nodes.slice(0, listedNodes), { width: io.out.columns }));
  if (nodes.length > listedNodes) io.out.write(`… and ${nodes.length - listedNodes} more\n`);
  if (joins.length > 0) io.out.write(`\n${renderTable(shown(joinColumns, joins), joins, { width: io.out.columns })}`);
  if (waitSeconds > 0) io.out.write(`\nwaits ${durationText(waitSeconds * 1000)} at least\n`);
  io.out.write("\n");
  writeProse(
    io.out,
    `predicted, if nothing is retried: ${writeUnits} write units, ${sqsRequests} SQS requests, $${dollars(usd)} without Lambda time`,
  );
  if (secondCopies !== undefined)
    writeProse(
      io.out,
      `second copies of slow members: at most ${secondCopies.executions} more execution${secondCopies.executions === 1 ? "" : "s"}, about ${costText(secondCopies)}`,
    );
  for (const { id, perExpansion, perItem } of maps)
    writeProse(
      io.out,
      `map ${id}: its size is known in the run; each expansion adds about ${costText(perExpansion)}, and each item ${costText(perItem)}`,
    );
}

/** What the plan itself takes of its budget. */
function budgetText({ tasks, predicted }: PlanDescription, { maxTasks, maxAttemptsTotal, maxCost }: Budget): string {
  const parts = [
    ...(maxTasks === undefined ? [] : [`${tasks} of ${maxTasks} tasks`]),
    ...(maxAttemptsTotal === undefined ? [] : [`${tasks} of ${maxAttemptsTotal} attempts`]),
    ...(maxCost === undefined ? [] : [`$${dollars(predicted.usd)} of $${dollars(maxCost)}`]),
  ];
  return `the plan takes ${parts.join(", ")}`;
}

function costText({ writeUnits, sqsRequests, usd }: Prediction): string {
  return `${writeUnits} write units, ${sqsRequests} SQS requests, $${dollars(usd)}`;
}

function timeLimitText({ timeoutSeconds, softTimeoutSeconds }: PlanDescription["nodes"][number]): string {
  // Neither a sleep nor a map is a task.
  if (timeoutSeconds === 0) return "";
  const hard = durationText(timeoutSeconds * 1000);
  return softTimeoutSeconds === null ? hard : `${hard}, soft ${durationText(softTimeoutSeconds * 1000)}`;
}

type Conditional = Pick<PlanDescription["nodes"][number], "if">;

function conditionText(unit: Conditional): string {
  return unit.if
    .map(({ result, path, equals }) => {
      const part = path === null ? "" : path.startsWith("[") ? path : `.${path}`;
      return `${result}${part} is ${JSON.stringify(equals)}`;
    })
    .join(", ");
}

const conditionColumn = { title: "IF", cell: conditionText, importance: 2 } as const;

/** Most workflows have no conditions, and so no column for them. */
function shown<Unit extends Conditional>(columns: readonly Column<Unit>[], units: readonly Unit[]) {
  return units.some((unit) => unit.if.length > 0) ? columns : columns.filter((column) => column !== conditionColumn);
}

const nodeColumns: readonly Column<PlanDescription["nodes"][number]>[] = [
  { title: "NODE", cell: ({ id }) => id },
  { title: "TASK", cell: taskText },
  { title: "QUEUE", cell: ({ queue }) => queue, importance: 2 },
  { title: "FOR", cell: ({ fairnessKey }) => fairnessKey ?? "", importance: 3 },
  { title: "TIME LIMIT", cell: timeLimitText, importance: 1 },
  {
    title: "WAITS",
    cell: ({ delaySeconds = 0, at }) =>
      at === undefined ? (delaySeconds === 0 ? "" : durationText(delaySeconds * 1000)) : `until ${at}`,
    importance: 1,
  },
  conditionColumn,
];

const joinColumns: readonly Column<PlanDescription["joins"][number]>[] = [
  { title: "JOIN", cell: ({ id }) => id },
  { title: "KIND", cell: ({ kind }) => kind, importance: 3 },
  { title: "EXPECTED", cell: ({ expected }) => String(expected), alignRight: true },
  { title: "AT ONCE", cell: ({ maxConcurrency }) => String(maxConcurrency ?? ""), alignRight: true, importance: 4 },
  {
    title: "ROUNDS",
    cell: ({ maxConcurrency, rounds }) => (maxConcurrency === null ? "" : String(rounds)),
    alignRight: true,
    importance: 5,
  },
  { title: "WHEN", cell: whenText, importance: 2 },
  {
    title: "DEADLINE",
    cell: ({ deadlineSeconds }) => (deadlineSeconds === null ? "none" : durationText(deadlineSeconds * 1000)),
    importance: 1,
  },
  conditionColumn,
];
