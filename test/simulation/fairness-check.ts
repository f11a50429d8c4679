/**
 * That every message travels under the fairness key of what it is for, whoever sends it: release, retry, repair or letter.
 */
import { nodesOf, type TaskMessage } from "../../lib/model/message.ts";
import type { OperateRequest, SubmitRequest } from "../../lib/model/request.ts";
import type { PlanNode } from "../../lib/plan/types.ts";
import type { OutgoingMessage } from "../../lib/ports/index.ts";

/** What is wrong with a message's key, in words. @param requestKey - Of the request that made the run. */
export function wrongFairnessKey(message: OutgoingMessage, requestKey: string | undefined): string[] {
  const wanted = wantedKeys(JSON.parse(message.body), requestKey);
  const wrong = wanted.filter((key) => key !== message.fairnessKey);
  return wrong.map(
    (key) => `a message for ${key ?? "nobody"} travels under the key of ${message.fairnessKey ?? "nobody"}`,
  );
}

type Body = SubmitRequest | OperateRequest | TaskMessage | { readonly type: "range" | "map" | "follow" };

function wantedKeys(body: Body, requestKey: string | undefined): readonly (string | undefined)[] {
  switch (body.type) {
    // A request about a run is nobody's work.
    case "revoke":
    case "pause":
    case "resume":
    case "retry":
      return [];
    case "submit":
    case "range":
    case "map":
    case "follow":
      return [requestKey];
    case "task":
    case "pack": {
      const { fragment } = body;
      if (fragment === undefined) return [];
      return nodesOf(body).map((id) => (fragment.nodes[id] as PlanNode).fairnessKey);
    }
    // What operators ask for is of no tenant.
    default:
      return [undefined];
  }
}
