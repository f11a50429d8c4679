/**
 * What `doctor` says of the queues: how each is set up, what it needs to be read for, and whether it is.
 */
import type { DoctorFinding } from "../model/doctor-report.ts";
import type { AskedQueue, QueueDescription, QueueRef } from "../ports/index.ts";
import { commandsFor } from "../protocol/causes.ts";
import { isUnread } from "../protocol/facts.ts";
import type { DoctorFacts } from "./doctor-facts.ts";
import { advice, ok, unasked, unknown, wrong } from "./doctor-words.ts";

/** As the construct makes the queues: a healthy task that is given back is not given up (docs/protocol.md#retries-and-losses). */
const usualReceives = 20;
const namedTasks = 8;

export function queueFindings(facts: DoctorFacts): DoctorFinding[] {
  const { place, deployment } = facts;
  const { queues } = deployment;
  return [
    ...(place.requestQueueUrl === undefined
      ? [unknown("queue", "queue request", "not named: name it by TUTTI_REQUEST_QUEUE_URL")]
      : []),
    ...[...queues].flatMap(([ref, queue]) => findingsOf(ref, queue, facts)),
    ...(taskQueuesIn(facts).length === 0
      ? [unknown("queue", "task queues", "not named here: name them by TUTTI_TASK_QUEUE_URLS, or the stack by --stack")]
      : []),
    ...taskFindings(facts),
  ];
}

/** How a queue is called in findings. */
export function nameOf(ref: QueueRef): string {
  return `queue ${ref.replace(/^task:/, "")}`;
}

function taskQueuesIn({ deployment }: DoctorFacts): string[] {
  return [...deployment.queues.keys()].filter((ref) => ref !== "request").map((ref) => ref.slice("task:".length));
}

function findingsOf(ref: QueueRef, { queue, dead, mappings }: AskedQueue, facts: DoctorFacts): DoctorFinding[] {
  const about = nameOf(ref);
  const letters = deadLetterFinding(about, dead);
  if (queue.answer === "missing") return [missing("queue", about, facts), letters];
  if (queue.answer !== "found") return [unasked("queue", about, queue), letters];
  return [
    ok("queue", about, `is there: ${depthOf(queue.value)}`),
    visibility(about, queue.value, facts),
    redrive(about, queue.value, dead),
    encryption(about, queue.value),
    // A function that reads it is told with the event source mappings.
    ...[reader(ref, queue.value)].filter(({ state }) => state !== "unknown" || !isMapped(mappings)),
    letters,
  ];
}

function isMapped(mappings: AskedQueue["mappings"]): boolean {
  return mappings?.answer === "found" && mappings.value.length > 0;
}

function missing(check: "queue" | "tasks", about: string, { place }: DoctorFacts): DoctorFinding {
  const fix =
    place.from === "dev-file"
      ? "start tutti dev again, with that code"
      : "npx cdk deploy, or correct the URLs and the region";
  return wrong(check, about, "is not there", { fix, expected: "there" });
}

function depthOf({ depth: { visible, inFlight, delayed } }: QueueDescription): string {
  return `about ${visible} waiting, ${inFlight} in workers' hands, ${delayed} kept back`;
}

function visibility(about: string, { visibilitySeconds: seconds }: QueueDescription, { times }: DoctorFacts) {
  const found = `a message that was taken comes back after ${seconds} s`;
  if (seconds < times.leaseSeconds)
    return wrong("visibility", about, found, {
      fix: `raise the visibility timeout: it comes back while its worker holds it (TUTTI_LEASE_SECONDS is ${times.leaseSeconds})`,
      expected: `${times.leaseSeconds} s or more`,
    });
  if (seconds < times.visibilitySeconds)
    return advice("visibility", about, found, {
      fix: `set TUTTI_VISIBILITY_SECONDS (${times.visibilitySeconds}) to that, or raise the visibility timeout`,
      expected: `${times.visibilitySeconds} s or more`,
    });
  return ok("visibility", about, found);
}

function redrive(about: string, { redrive: policy }: QueueDescription, dead: AskedQueue["dead"]): DoctorFinding {
  const expected = `dead letters after ${usualReceives} deliveries`;
  const fix = `set its redrive policy: maxReceiveCount ${usualReceives}, and its own dead-letter queue (npx cdk deploy)`;
  if (policy === undefined) return wrong("redrive", about, "has no dead-letter queue", { fix, expected });
  const { maxReceiveCount, targetArn } = policy;
  const target = targetArn.split(":").at(-1);
  const found = `dead letters after ${maxReceiveCount} deliveries, to ${target}`;
  if (dead?.answer === "found" && dead.value.arn !== targetArn)
    return wrong("redrive", about, found, { fix, expected: `to ${dead.value.arn.split(":").at(-1)}` });
  if (maxReceiveCount < usualReceives) return advice("redrive", about, found, { fix, expected });
  return ok("redrive", about, found);
}

function encryption(about: string, { encryption: by }: QueueDescription): DoctorFinding {
  if (by !== "none") return ok("encryption", about, by === "SQS" ? "encrypted by SQS" : "encrypted with a key of KMS");
  const fix = "switch on SSE-SQS: it costs nothing";
  return advice("encryption", about, "not encrypted at rest", { fix, expected: "encrypted" });
}

/** Whoever reads an empty queue leaves no trace in its depths. */
function reader(ref: QueueRef, { depth }: QueueDescription): DoctorFinding {
  const about = nameOf(ref);
  if (isUnread(depth)) {
    const cause = ref === "request" ? "requests-not-read" : "queue-not-read";
    const [command = ""] = commandsFor(cause, "");
    const fix = `deploy the function that reads it, or ${command}`;
    const found = `messages wait, and nobody takes them: ${depth.visible}`;
    return wrong("reader", about, found, { fix, expected: "a reader" });
  }
  if (depth.inFlight > 0) return ok("reader", about, "somebody reads it: messages are in workers' hands");
  return unknown("reader", about, "it holds nothing to read: whether somebody would, cannot be seen");
}

function deadLetterFinding(of: string, dead: AskedQueue["dead"]): DoctorFinding {
  const about = `dead letters of ${of}`;
  if (dead === undefined)
    return unknown("dead-letters", about, "not named here (TUTTI_DEAD_LETTER_QUEUE_URLS, or --stack)");
  if (dead.answer === "missing")
    return wrong("dead-letters", about, "the dead-letter queue is not there", {
      fix: "npx cdk deploy",
      expected: "there",
    });
  if (dead.answer !== "found") return unasked("dead-letters", about, dead);
  const { depth } = dead.value;
  const count = depth.visible + depth.inFlight;
  if (isUnread(depth))
    return wrong("dead-letters", about, `${count}, and nobody handles them`, {
      fix: `tutti dlq list, and see that the dead-letter function runs`,
      expected: "none",
    });
  return ok("dead-letters", about, count === 0 ? "none" : `${count}, which are being handled`);
}

/** Which queues the code needs, and where its callbacks go: each to the queue of its own task. */
function taskFindings(facts: DoctorFacts): DoctorFinding[] {
  const { tasks } = facts;
  const rule = "a callback goes to the queue of its own task, whatever queues its members have";
  if (tasks === undefined)
    return [
      unknown("tasks", "tasks of the code", "not known here: name them by --tasks FILE"),
      unknown("callbacks", "callbacks", `${rule}; of which tasks there are, see --tasks FILE`),
    ];
  const byQueue = new Map<string, string[]>();
  for (const [name, { queue }] of Object.entries(tasks)) byQueue.set(queue, [...(byQueue.get(queue) ?? []), name]);
  const known = taskQueuesIn(facts);
  const needed = [...byQueue].map(([queue, names]) => {
    const shown = names.slice(0, namedTasks).join(", ");
    const text = names.length > namedTasks ? `${shown} and ${names.length - namedTasks} more` : shown;
    const about = `queue ${queue}`;
    if (known.includes(queue)) return ok("tasks", about, `takes ${text}, as members and as callbacks`);
    if (known.length === 0)
      return unknown("tasks", about, `is needed by ${text}; which queues there are, is not known`);
    const { fix } = missing("tasks", about, facts);
    return wrong("tasks", about, `is needed by ${text}, and the deployment has no such queue`, {
      fix: fix ?? "",
      expected: `one of that name (there are: ${known.join(", ")})`,
    });
  });
  return [...needed, ok("callbacks", "callbacks", rule)];
}
