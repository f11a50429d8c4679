/**
 * Bad requests and poisoned messages, kept where an operator finds them: `tutti check` lists them, the sweeper removes
 * them when the retention is over.
 */
import { InvalidRequestError, TuttiError } from "../errors.ts";
import { cutTo } from "../model/cut.ts";
import { limits } from "../model/limits.ts";
import { textOfThrown } from "../model/thrown.ts";
import type { ReceivedMessage, Value } from "../ports/index.ts";
import { dueShard, listShard, rejectedKey, shardOf } from "../protocol/keys.ts";
import type { CoordinatorDeps } from "./deps.ts";
import { tell } from "./events.ts";

export interface Rejection {
  readonly requestId: string;
  readonly error: unknown;
  /** `request`: a submit that broke a rule; `message`: a task message that is none; `dead-letter`: given up by the queue. */
  readonly kind: "request" | "message" | "dead-letter";
  readonly runId?: string;
}

/** Longest text of the value found that is kept. */
const shownValueLength = 200;
/** Bytes of each other text: names and keys of the sender's own may be as long as its message, and an item holds 400 KB. */
const textBytes = 4096;

/** Records a rejection. Repeatable: the same request gives the same item. */
export async function recordRejected(deps: CoordinatorDeps, rejection: Rejection): Promise<void> {
  const nowMs = deps.clock.now();
  const shard = shardOf(rejection.requestId);
  const error = describe(rejection.error);
  const attributes: Record<string, Value> = {
    kind: rejection.kind,
    requestId: rejection.requestId,
    error,
    listShard: listShard(shard),
    listAt: nowMs,
    dueShard: dueShard(shard),
    due: nowMs + deps.settings.retentionSeconds * 1000,
    ...(rejection.runId === undefined ? {} : { runId: rejection.runId }),
  };
  const set = Object.entries(attributes).map(([name, value]) => ({ path: [name] as const, value }));
  await deps.store.write({ key: rejectedKey(rejection.requestId), set }, "rejected.write");
  deps.metrics.count("requests.rejected", 1);
  const { requestId, runId, kind } = rejection;
  const { code, path, rule } = error;
  // After its colon a rule may quote what was found, and that may be a secret.
  const broken = path === undefined || rule === undefined ? {} : { path, rule: rule.split(": ", 1)[0] as string };
  tell(deps, runId === undefined ? {} : { id: runId }, kind, [
    { event: "rejected", requestId, error: code, ...broken },
  ]);
}

/** An error as it is stored. */
type Described = {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly rule?: string;
  readonly value?: string;
};

/**
 * The ids a request names, also when the rest of it is not readable; else they come from the message, so that copies agree. One
 * that is too large is not parsed: it has the first request id that stands in it.
 */
export function requestIdIn(message: ReceivedMessage): { readonly requestId: string; readonly runId?: string } {
  const fallback = `message-${message.messageId}`;
  if (Buffer.byteLength(message.body) > limits.rawMessageBytes) {
    const [, requestId = fallback] = /"requestId"\s*:\s*"([A-Za-z0-9][A-Za-z0-9_.:-]{0,127})"/.exec(message.body) ?? [];
    return { requestId };
  }
  try {
    const value = JSON.parse(message.body) as { readonly requestId?: unknown; readonly id?: unknown } | null;
    const text = (found: unknown) =>
      typeof found === "string" && /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/.test(found) ? found : undefined;
    const runId = text(value?.id);
    return { requestId: text(value?.requestId) ?? fallback, ...(runId === undefined ? {} : { runId }) };
  } catch {
    return { requestId: fallback };
  }
}

function describe(error: unknown): Described {
  const code = error instanceof TuttiError ? error.code : "invalid-request";
  const message = cutTo(textOfThrown(error), textBytes);
  if (!(error instanceof InvalidRequestError)) return { code, message };
  const value =
    error.value === undefined
      ? undefined
      : (JSON.stringify(error.value) ?? String(error.value)).slice(0, shownValueLength);
  const [path, rule] = [error.path, error.rule].map((text) => cutTo(text, textBytes)) as [string, string];
  return { code, message, path, rule, ...(value === undefined ? {} : { value }) };
}
