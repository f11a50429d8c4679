/**
 * Programs elsewhere: they do what the headers of a task say, and report it. They say more than they need: heartbeats, the same
 * twice, the contrary afterwards, something when their time is over.
 */

import { z } from "zod";
import { QueueError } from "../../lib/errors.ts";
import { decodeToken, type OutsideTask } from "../../lib/model/outside.ts";
import { slotOf } from "../../lib/protocol/snapshot.ts";
import { declareTask } from "../../lib/tasks/define-task.ts";
import { type Act, messageOf, resultOf, scriptOf } from "../property/workflows/script.ts";
import { readRun } from "../simulation/oracle.ts";
import { type Network, type Process, queueOf } from "./calls.ts";
import { nameOf } from "./table.ts";
import { outsideTask } from "./workflow.ts";

/** Where tasks go that programs elsewhere run. */
export const outsideQueue = "task:elsewhere";
export const declaration = declareTask({ name: outsideTask, queue: "elsewhere", args: z.array(z.any()) });

/** Longer than the time that such a program has. */
const tooLongMs = 400_000;

/** The run that a report, or the message of such a task, is about. */
export function runInToken(body: string): string | undefined {
  const [, token] = /"token":"([^"]+)"/.exec(body) ?? [];
  return token === undefined ? undefined : decodeToken(token)?.run;
}

/**
 * Runs a task in a process, and reports.
 *
 * @param nextAct - What the script of a task has next.
 * @throws QueueError when a report could not be sent: then the message comes again.
 */
export async function runElsewhere(
  network: Network,
  process: Process,
  task: OutsideTask,
  nextAct: (taskId: string, does: readonly Act[]) => Act,
): Promise<void> {
  const { schedule, random, mix, diary } = network;
  const { taskId, attempt, token } = task;
  const path = taskId.slice(taskId.indexOf("/") + 1);
  const { does, seconds, value } = scriptOf(task.headers);
  const note = (what: string) =>
    diary.note(schedule.now(), process.name, "elsewhere", `${taskId} attempt ${attempt}`, undefined, what);
  const sleep = (ms: number) => new Promise<void>((done) => void schedule.at(schedule.now() + ms, done, process));
  const report = async (said: Readonly<Record<string, unknown>>) => {
    const body = JSON.stringify({ tutti: 1, type: "report", token, ...said });
    const { failed } = await queueOf(network, process).send("request", [{ body, delaySeconds: 0 }], "report.send");
    if (failed.length > 0) throw new QueueError("refused");
  };

  note("begins");
  if (seconds > 0) await sleep(seconds * 500);
  if (random.chance(0.3)) await report({ status: "heartbeat", details: { half: true } });
  if (seconds > 0) await sleep(seconds * 500);
  if (mix.on.has("late-reports") && random.chance(0.2)) await sleep(tooLongMs);
  const scripted = nextAct(taskId, does);
  const act = (decodeToken(token)?.generation ?? 1) > 1 ? "succeed" : scripted;
  note(act);
  if (act === "die") {
    process.dead = true;
    return new Promise(() => {});
  }
  const failure = (kind: Act, retryable: boolean) => {
    const error = { name: kind === "fatal" ? "FatalError" : "Error", message: messageOf(kind, path) };
    return { status: "failed", error, retryable };
  };
  const success = { status: "succeeded", result: resultOf(value, path) };
  const said = act === "succeed" ? success : failure(act, act !== "fatal");
  await report(said);
  if (random.chance(0.3)) await report(said);
  if (random.chance(0.2)) {
    await sleep(30_000);
    // Until then the contrary would be believed: what was said first may be lost, or overtaken.
    if (await isSettled(network, taskId, path)) await report(act === "succeed" ? failure("fatal", false) : success);
  }
}

async function isSettled({ table }: Network, taskId: string, path: string): Promise<boolean> {
  const run = taskId.slice(0, taskId.indexOf("/"));
  const head = table.images.get(nameOf({ pk: run, sk: "head" }))?.image;
  // Of a run that is being removed nobody knows any more.
  if (head === undefined || head.removeAt !== undefined || head.removedAt !== undefined) return false;
  const { snapshot } = await readRun({ store: { ...table.memory, dump: () => [...table.images.values()] } }, run);
  const node = snapshot.plan.nodes[path];
  return node !== undefined && slotOf(snapshot, node).state === "settled";
}
