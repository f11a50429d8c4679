/**
 * Bad requests and poisoned messages, kept where an operator finds them: `tutti check` lists them, the sweeper removes
 * them when the retention is over.
 */
import { InvalidRequestError, TuttiError } from "../errors.ts";
import type { Value } from "../ports/index.ts";
import { dueShard, listShard, rejectedKey, shardOf } from "../protocol/keys.ts";
import type { CoordinatorDeps } from "./deps.ts";

export interface Rejection {
  readonly requestId: string;
  readonly error: unknown;
  /** `request`: a submit that broke a rule; `message`: a task message that is none; `dead-letter`: given up by the queue. */
  readonly kind: "request" | "message" | "dead-letter";
  readonly runId?: string;
}

/** Longest text of the value found that is kept, and of message, path and rule, which may quote the request. */
const shownValueLength = 200;
const shownTextLength = 1000;

/** Records a rejection. Repeatable: the same request gives the same item. */
export async function recordRejected(deps: CoordinatorDeps, rejection: Rejection): Promise<void> {
  const nowMs = deps.clock.now();
  const shard = shardOf(rejection.requestId);
  const attributes: Record<string, Value> = {
    kind: rejection.kind,
    requestId: rejection.requestId,
    error: describe(rejection.error),
    listShard: listShard(shard),
    listAt: nowMs,
    dueShard: dueShard(shard),
    due: nowMs + deps.settings.retentionSeconds * 1000,
    ...(rejection.runId === undefined ? {} : { runId: rejection.runId }),
  };
  const set = Object.entries(attributes).map(([name, value]) => ({ path: [name] as const, value }));
  await deps.store.write({ key: rejectedKey(rejection.requestId), set }, "rejected.write");
  deps.metrics.count("requests.rejected", 1);
  deps.log.write("warn", "request rejected", { requestId: rejection.requestId, error: attributes.error });
}

function describe(error: unknown): { readonly [key: string]: Value } {
  const code = error instanceof TuttiError ? error.code : "invalid-request";
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof InvalidRequestError)) return { code, message: cut(message) };
  const value =
    error.value === undefined
      ? undefined
      : (JSON.stringify(error.value) ?? String(error.value)).slice(0, shownValueLength);
  const texts = { message: cut(message), path: cut(error.path), rule: cut(error.rule) };
  return { code, ...texts, ...(value === undefined ? {} : { value }) };
}

/** An item has at most 400 KB, whatever a request says (S17). */
function cut(text: string): string {
  return text.length <= shownTextLength ? text : `${text.slice(0, shownTextLength)}…`;
}
