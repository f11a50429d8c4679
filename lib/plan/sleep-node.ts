/**
 * Turns a sleep into a node of the plan: without task, queue or attempts.
 */
import type { Sleep } from "../model/workflow.ts";
import type { Compilation, Place } from "./place.ts";
import type { PlanNode } from "./types.ts";
import { addNode, type Unit } from "./units.ts";

/** Compiles a sleep. What comes after it gets what came before it. */
export function compileSleep(context: Compilation, { sleep }: Sleep, place: Place): Unit {
  const { path, doc, input, failure } = place;
  const node: PlanNode = {
    id: path || "sleep",
    task: "sleep",
    queue: "",
    sleep: true,
    args: [],
    input,
    ...(typeof sleep === "number" ? { delaySeconds: sleep } : { notBeforeMs: Date.parse(sleep.until) }),
    timeoutSeconds: 0,
    retry: { maxAttempts: 1, maxLost: 1, backoffSeconds: 0, maxBackoffSeconds: 0 },
    slot: null,
    next: [],
    failure,
    afterEnd: false,
  };
  addNode(context.draft, node, doc);
  context.waitingAt.set(node.id, typeof sleep === "number" ? `${doc}.sleep` : `${doc}.sleep.until`);
  const exit = { kind: "node", node: node.id } as const;
  return { starts: [exit], exit, value: exit, gives: input };
}
