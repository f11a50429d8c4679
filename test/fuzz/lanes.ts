/**
 * Every kind of input that comes from outside, and what must hold of each: it is taken, or refused by path and rule; nothing
 * else is harmed.
 */
import fc from "fast-check";
import { ZodError } from "zod";
import { deliveredIn } from "../../lambdas/batch.ts";
import { parseFollowMessage, parseHedgeMessage, parseMapMessage } from "../../lib/coordinator/control-message.ts";
import { parseRangeMessage } from "../../lib/coordinator/range.ts";
import { parseWakeMessage } from "../../lib/coordinator/sleep.ts";
import { parseTaskMessage } from "../../lib/coordinator/work.ts";
import { findResultProblem } from "../../lib/model/json-problem.ts";
import { requestOf } from "../../lib/model/request.ts";
import { describeThrown } from "../../lib/model/thrown.ts";
import { compile } from "../../lib/plan/compile.ts";
import { mapTask } from "../../lib/plan/map.ts";
import { isOutsideMessage, isReport, parseOutsideMessage, parseReport } from "../../lib/plan/parse-report.ts";
import { parseRequest, parseWorkflowDocument } from "../../lib/plan/parse-request.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { checkBatch, type Source } from "./batches.ts";
import { checkCommandLine, commandLines } from "./commands.ts";
import { corpus, messages } from "./corpus.ts";
import { damagedText, damagedValue } from "./damage.ts";
import { checkExport, damagedExports } from "./exports.ts";
import { Harm } from "./guard.ts";
import { asyncLane, type Lane, syncLane, takenOrRefused } from "./lane.ts";
import { checkLog, markedRequests } from "./secrets.ts";
import { tasks } from "./tasks.ts";

const catalog = catalogOf(registryOf(tasks));
const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

function checkRequest(text: string): void {
  const request = takenOrRefused(() => parseRequest(text));
  if (request !== undefined && "id" in request && !idPattern.test(String(request.id)))
    throw new Harm(`the id ${request.id} was taken`);
}

function checkReport(text: string): void {
  isReport(text);
  takenOrRefused(() => parseReport(text));
}

/** What is taken names tasks of the registry, and nothing that every object has. */
function checkDocument(value: unknown): void {
  const workflow = takenOrRefused(() => parseWorkflowDocument(value));
  if (workflow === undefined) return;
  const plan = takenOrRefused(() => compile(requestOf(workflow), catalog));
  // A sleep and a map stand in a plan as tasks of their own, whatever the registry has.
  for (const { task } of Object.values(plan?.nodes ?? {}))
    if (!catalog.has(task) && task !== "sleep" && task !== mapTask)
      throw new Harm(`the task ${task} is in no registry`);
}

const controlParsers = [parseWakeMessage, parseRangeMessage, parseMapMessage, parseFollowMessage, parseHedgeMessage];

function checkControlMessage(text: string): void {
  for (const parse of controlParsers) takenOrRefused<unknown>(() => parse(text));
}

function checkOutsideMessage(text: string): void {
  isOutsideMessage(text);
  takenOrRefused(() => parseOutsideMessage(text));
}

function checkEvent(value: unknown): void {
  try {
    deliveredIn(value as Parameters<typeof deliveredIn>[0]);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
  }
}

/** What a body may return or throw. */
function checkValue(value: unknown): void {
  const problem = findResultProblem(value);
  if (problem === null) JSON.stringify(value);
  else if (problem.rule === "") throw new Harm("a problem without a rule");
  const { name, message } = describeThrown(value);
  if (typeof name !== "string" || typeof message !== "string") throw new Harm("a thrown value without a text");
}

const anyValue = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

const badPerBatch = 8;
const bodies = damagedText(messages);
const batches = fc.tuple(fc.array(bodies, { minLength: badPerBatch, maxLength: badPerBatch }), fc.nat(badPerBatch));
const batchLane = (source: Source, share: number): Lane =>
  asyncLane(`batch-${source}`, share, badPerBatch, batches, ([bad, at]) => checkBatch(source, bad, at));

export const lanes: readonly Lane[] = [
  syncLane("request", 250, damagedText(corpus.requests), checkRequest),
  syncLane("document", 250, damagedValue(corpus.workflows), checkDocument),
  syncLane("report", 100, damagedText(corpus.reports), checkReport),
  syncLane("task-message", 90, damagedText(corpus.taskMessages), (text) => {
    takenOrRefused(() => parseTaskMessage(text));
  }),
  syncLane("control-message", 80, damagedText(corpus.controlMessages), checkControlMessage),
  syncLane("outside-message", 20, damagedText(corpus.outsideMessages), checkOutsideMessage),
  syncLane("event", 60, damagedValue(corpus.events), checkEvent),
  syncLane("value", 60, anyValue, checkValue),
  batchLane("worker", 20),
  batchLane("control", 20),
  batchLane("dead-letter", 10),
  asyncLane("log", 6, 2, markedRequests, checkLog),
  asyncLane("export", 20, 1, damagedExports, checkExport),
  asyncLane("command-line", 14, 1, commandLines, checkCommandLine),
];
