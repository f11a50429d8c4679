/**
 * What a dead letter is about, why it is one, and what to do: read from the letter, and from the run that it names. Reads only.
 */
import { InvalidRequestError } from "../errors.ts";
import { cutTo } from "../model/cut.ts";
import { taskIdOf } from "../model/ids.ts";
import { isJsonObject } from "../model/json.ts";
import type { Letter } from "../model/letter-reports.ts";
import { nodesOf, taskMessageSchema } from "../model/message.ts";
import type { RejectedRequest } from "../model/operating-reports.ts";
import { isOutsideMessage, parseOutsideMessage } from "../plan/parse-report.ts";
import { isTombstone } from "../protocol/head.ts";
import { releasedOf } from "../protocol/released.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import type { FoundLetter } from "./find-letter.ts";
import { isoTime, statusOf } from "./project.ts";
import type { Reading } from "./wait.ts";

/** Bytes of a body that are shown: enough to know it again. */
const shownBytes = 500;
/** Where a task is that waits for somebody to take it. */
const open = ["WAITING", "QUEUED", "RUNNING", "RETRYING"];

/** What a message says of itself. */
interface Named {
  readonly about: string;
  readonly runId: string | null;
  readonly generation: number | null;
  readonly nodes: readonly string[];
}

/** A letter that a dead-letter queue holds. */
export async function describeLetter(reading: Reading, { ref, message }: FoundLetter): Promise<Letter> {
  const named = namedIn(message.body);
  const queue = ref.replace(/^task:/, "");
  const { tasks, standing } = await standingOf(reading, named);
  const drop = `tutti dlq drop ${message.messageId}`;
  const redrive = `tutti dlq redrive ${queue}`;
  return {
    id: message.messageId,
    kind: "letter",
    queue,
    at: isoTime(message.sentAtMs),
    deliveries: message.receiveCount,
    about: named.about,
    runId: named.runId,
    generation: named.generation,
    tasks,
    bytes: Buffer.byteLength(message.body),
    body: cutTo(message.body, shownBytes),
    why: `queue ${queue} gave it up: it came back too often. ${standing.why}`,
    next:
      standing.needs === "nothing"
        ? [drop]
        : ["tutti doctor", redrive, ...(standing.needs === "run" ? [`tutti check ${named.runId}`] : []), drop],
  };
}

/** A request or message that was refused, as the table holds it. */
export function describeRejected({ requestId, kind, at, runId, code, message }: RejectedRequest): Letter {
  const mended = kind === "dead-letter" ? "tutti doctor" : "tutti submit FILE";
  return {
    id: requestId,
    kind: "rejected",
    queue: null,
    at,
    deliveries: null,
    about: kind,
    runId,
    generation: null,
    tasks: [],
    bytes: null,
    body: null,
    why: `${code}: ${message}`,
    next: [mended, `tutti dlq drop ${requestId}`],
  };
}

function namedIn(body: string): Named {
  try {
    if (isOutsideMessage(body)) {
      const { run, generation, node } = parseOutsideMessage(body);
      return { about: "outside-task", runId: run, generation, nodes: [node] };
    }
    return namedInJson(JSON.parse(body));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidRequestError) return unreadable;
    throw error;
  }
}

const unreadable: Named = { about: "unreadable", runId: null, generation: null, nodes: [] };

function namedInJson(value: unknown): Named {
  const task = taskMessageSchema.safeParse(value);
  if (task.success) {
    const { type, run, generation } = task.data;
    return { about: type, runId: run, generation, nodes: nodesOf(task.data) };
  }
  if (!isJsonObject(value as never)) return unreadable;
  const { type, run, id, generation, node } = value as Readonly<Record<string, unknown>>;
  const text = (found: unknown) => (typeof found === "string" ? found : null);
  return {
    about: text(type) ?? "unreadable",
    runId: text(run) ?? text(id),
    generation: typeof generation === "number" ? generation : null,
    nodes: typeof node === "string" ? [node] : [],
  };
}

/** What the run that is named needs of the letter. */
interface Standing {
  readonly why: string;
  /** `message`: to be delivered; `run`: the same, and its run stands still until then or until a sweep. */
  readonly needs: "nothing" | "message" | "run";
}

async function standingOf(
  { store, plans }: Reading,
  { about, runId, generation, nodes }: Named,
): Promise<{ readonly tasks: Letter["tasks"]; readonly standing: Standing }> {
  const without = (why: string, needs: Standing["needs"]) => ({ tasks: [], standing: { why, needs } });
  if (about === "unreadable") return without("It is no message of Tutti", "nothing");
  if (runId === null) return without("It names no run", "message");
  const head = await readHead(store, runId);
  if (head === undefined) return without(`There is no run ${runId}`, about === "submit" ? "message" : "nothing");
  if (isTombstone(head)) return without(`Run ${runId} was removed`, "nothing");
  if (generation !== null && generation !== head.generation)
    return without(`It is of generation ${generation}, and run ${runId} is in its ${head.generation}`, "nothing");
  if (nodes.length === 0) return without(`Run ${runId} is ${head.status}`, "message");
  const snapshot = await readSnapshot(store, plans, head);
  const released = releasedOf(snapshot);
  const tasks = nodes.flatMap((id) => {
    const node = snapshot.plan.nodes[id];
    return node === undefined
      ? []
      : [{ taskId: taskIdOf(runId, id), status: statusOf(snapshot, released, node) as string }];
  });
  const waiting = tasks.filter(({ status }) => open.includes(status));
  if (waiting.length === 0)
    return { tasks, standing: { why: "What it names has an outcome, or never will run", needs: "nothing" } };
  const told = waiting.map(({ taskId, status }) => `${taskId} is ${status}`).join(", ");
  return { tasks, standing: { why: `${told}: the sweeper sends it again when it is late`, needs: "run" } };
}
