/**
 * What canvases are made of.
 */
import type { DagNode, Task, Workflow } from "../model/workflow.ts";

/** Any workflow: a document, a task, or a task with arguments. */
export type Composable = Workflow | { toJSON(): Workflow };

/** The document of a workflow. */
export function documentOf(workflow: Composable): Workflow {
  return "toJSON" in workflow ? workflow.toJSON() : workflow;
}

/** A node of a dag: a workflow, or one that comes {@link after} others. */
export type ComposableNode = Composable | DagNode;

/** The document of a node. */
export function nodeDocumentOf(node: ComposableNode): DagNode {
  return "toJSON" in node ? node.toJSON() : node;
}

/** One task. */
export type ComposableTask = Task | { toJSON(): Task };

/** The document of a task. */
export function taskDocumentOf(task: ComposableTask): Task {
  return "toJSON" in task ? task.toJSON() : task;
}
