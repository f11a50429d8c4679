/**
 * A task with arguments: an element of a workflow. Plain data; nothing runs.
 */
import { InvalidRequestError } from "../errors.ts";
import { pathText } from "../model/document-path.ts";
import type { Json } from "../model/json.ts";
import { findJsonProblem } from "../model/json-problem.ts";
import type { Task } from "../model/workflow.ts";

/** What one use of a task may have that its definition does not say. */
export type SignatureOptions = Omit<Task, "task" | "args" | "immutable">;

/** One use of a task. Never changes: each method gives a new one. */
export interface Signature {
  /** Without the result of what comes before: called with the bound arguments only. */
  immutable(): Signature;
  /** With options on top of those it has. */
  withOptions(options: SignatureOptions): Signature;
  /** As a workflow document. */
  toJSON(): Task;
}

/** Makes a signature from a document. */
export function signatureOf(task: Task): Signature {
  return {
    immutable: () => signatureOf({ ...task, immutable: true }),
    withOptions: (options) => signatureOf({ ...task, ...options }),
    toJSON: () => task,
  };
}

/** Binds arguments. @throws InvalidRequestError naming what JSON cannot hold. */
export function bind(task: string, args: readonly unknown[]): Signature {
  const problem = findJsonProblem(args);
  if (problem) throw new InvalidRequestError(pathText("args", problem.path), problem.value, problem.rule);
  return signatureOf({ task, ...(args.length === 0 ? {} : { args: [...args] as Json[] }) });
}
