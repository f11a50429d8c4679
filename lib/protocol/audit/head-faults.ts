/**
 * The head by itself: what it must say, in which status (S1, S10, S18, L3).
 */
import { defaults, limits } from "../../model/limits.ts";
import { runStatuses } from "../../model/outcome.ts";
import type { Image } from "../../ports/store.ts";
import { decodeHead, type Head } from "../head.ts";
import { dueShard, listShard, shardOf } from "../keys.ts";
import {
  anyText,
  count,
  flag,
  hash,
  isMap,
  oneOf,
  only,
  positive,
  type Rule,
  shapeFaults,
  shown,
  text,
  time,
} from "./shape.ts";
import { clockSlackMs, errorFaults, type Fault, tooLong } from "./slot-shape.ts";

const map: Rule = { must: "be a map", holds: isMap };
const parts = {
  parent: { required: { r: text, t: time, n: text, g: positive, p: text, k: text, s: text }, optional: { f: text } },
  budget: { required: {}, optional: { t: count, a: count, c: count, p: count, r: text } },
} as const;

const required = {
  status: oneOf(runStatuses),
  generation: positive,
  documentHash: hash,
  planHash: hash,
  planPages: positive,
  requestId: text,
  taskCount: count,
  errorBranches: flag,
  submittedAt: time,
  deadlineAt: time,
} as const;

const optional = {
  name: anyText,
  callback: text,
  maps: only(true),
  parent: map,
  budget: map,
  endedAt: time,
  endedBy: text,
  error: map,
  pausedAt: time,
  removeAt: time,
  pausedBy: text,
  restartedAt: time,
  raisedAt: time,
  raisedBy: text,
  due: time,
  dueShard: text,
  listShard: text,
  listAt: time,
  sweptSettled: count,
  sweptInterval: count,
  removedAt: time,
  ttl: count,
} as const;

/** What is wrong with a head by itself. */
export function headFaults(runId: string, image: Image): Fault[] {
  const shape: Fault[] = shapeFaults("the head", image, { required, optional }).map((fault) => ["S1", fault]);
  for (const name of ["parent", "budget"] as const) {
    const value = image[name];
    if (isMap(value))
      shape.push(...shapeFaults(`${name} of the head`, value, parts[name]).map((fault): Fault => ["S1", fault]));
  }
  if (isMap(image.error))
    shape.push(...errorFaults("the run's error", image.error, { name: "name", message: "message", taskId: "taskId" }));
  if (shape.length > 0) return shape;
  const head = decodeHead(runId, image);
  return [
    ...endFaults(head),
    ...generationFaults(head),
    ...timeFaults(head),
    ...tooLong("the run's name", image.name, limits.nameLength * 4),
    ...(head.removedAtMs === undefined ? keptFaults(head, image) : tombstoneFaults(head, image)),
  ];
}

/** RUNNING, or ended by somebody at some time, with an error or without. */
function endFaults(head: Head): Fault[] {
  const { status, endedAtMs, endedBy, error, pausedAtMs, pausedBy } = head;
  const faults: Fault[] = [];
  const must = (holds: boolean, explanation: string) => void (holds || faults.push(["S10", explanation]));
  const running = status === "RUNNING";
  must(
    running === (endedAtMs === undefined),
    `the run is ${status} and has ${running ? "a time" : "no time"} of its end`,
  );
  must(
    running === (endedBy === undefined),
    `the run is ${status}, and ${running ? "somebody" : "nobody"} has ended it`,
  );
  const failed = !running && status !== "SUCCEEDED";
  // A tombstone keeps no error.
  if (failed && head.removedAtMs === undefined)
    must(error !== undefined, `the run is ${status}, and there is no error that tells why`);
  if (!failed) must(error === undefined, `the run is ${status} and has an error`);
  must(pausedAtMs === undefined || pausedBy !== undefined, "the run is paused, and by no request");
  return faults;
}

function generationFaults({ generation, raisedAtMs, raisedBy, restartedAtMs }: Head): Fault[] {
  const raised = generation > 1;
  if (raised !== (raisedAtMs !== undefined) || raised !== (raisedBy !== undefined))
    return [
      [
        "S20",
        `generation ${generation} ${raised ? "was raised by no request" : "is the first, and says who raised it"}`,
      ],
    ];
  if (raised && (restartedAtMs ?? 0) < (raisedAtMs ?? 0))
    return [["S20", `generation ${generation} was raised and not restarted`]];
  return [];
}

function timeFaults({ submittedAtMs, raisedAtMs, endedAtMs, deadlineAtMs, status }: Head): Fault[] {
  const beganMs = raisedAtMs ?? submittedAtMs;
  const faults: Fault[] = [];
  if (raisedAtMs !== undefined && raisedAtMs < submittedAtMs - clockSlackMs)
    faults.push(["S23", "the generation began before the run was submitted"]);
  if (deadlineAtMs < beganMs) faults.push(["S23", "the deadline of the run is before its beginning"]);
  if (endedAtMs !== undefined && endedAtMs < beganMs - clockSlackMs)
    faults.push(["S23", "the run ended before it began"]);
  if (status === "TIMED_OUT" && (endedAtMs ?? 0) < deadlineAtMs - clockSlackMs)
    faults.push(["S10", "the run is TIMED_OUT and ended before its deadline"]);
  return faults;
}

/** A run that is there is visited by the sweeper, and listed. */
function keptFaults(head: Head, image: Image): Fault[] {
  const { runId, dueMs, submittedAtMs } = head;
  const faults: Fault[] = [];
  if (dueMs === undefined || image.dueShard !== dueShard(shardOf(runId)))
    faults.push([
      "L3",
      `the run is not in the due index: "due" is ${shown(image.due)}, "dueShard" ${shown(image.dueShard)}`,
    ]);
  if (image.listAt !== submittedAtMs || image.listShard !== listShard(shardOf(runId)))
    faults.push([
      "L3",
      `the run is not listed: "listAt" is ${shown(image.listAt)}, "listShard" ${shown(image.listShard)}`,
    ]);
  if (image.ttl !== undefined) faults.push(["S18", "the run was not removed, and DynamoDB will delete its head"]);
  return faults;
}

function tombstoneFaults({ removedAtMs = 0, endedAtMs, error }: Head, image: Image): Fault[] {
  const faults: Fault[] = [];
  const until = Math.ceil(removedAtMs / 1000) + defaults.tombstoneSeconds;
  if (image.ttl !== until)
    faults.push(["S18", `the tombstone expires at ${shown(image.ttl)}, should at ${until}: 30 days after the removal`]);
  if (endedAtMs !== undefined && removedAtMs < endedAtMs - clockSlackMs)
    faults.push(["S18", "the run was removed before its end"]);
  if (error !== undefined) faults.push(["S18", "the tombstone keeps the run's error"]);
  if (image.listShard !== undefined) faults.push(["S18", "the run was removed and is listed"]);
  return faults;
}
