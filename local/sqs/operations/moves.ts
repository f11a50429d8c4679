/**
 * Operations on message move tasks.
 */
import type { MoveTask } from "../move-tasks.ts";
import { requestSchemas } from "../requests.ts";
import { type Operation, operation } from "./operation.ts";

/** A task in the form of the API; its handle is shown only while it runs. */
function presentTask(task: MoveTask): object {
  return {
    TaskHandle: task.status === "RUNNING" ? task.handle : undefined,
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.ratePerSecond,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAtMs,
  };
}

export const moveOperations = {
  StartMessageMoveTask: operation(requestSchemas.StartMessageMoveTask, (request, { service }) => {
    const task = service.moves.start({
      sourceArn: request.SourceArn,
      destinationArn: request.DestinationArn,
      ratePerSecond: request.MaxNumberOfMessagesPerSecond,
    });
    service.onMoveStarted();
    return { TaskHandle: task.handle };
  }),

  ListMessageMoveTasks: operation(requestSchemas.ListMessageMoveTasks, ({ SourceArn, MaxResults }, { service }) => ({
    Results: service.moves.list(SourceArn).slice(0, MaxResults).map(presentTask),
  })),

  CancelMessageMoveTask: operation(requestSchemas.CancelMessageMoveTask, ({ TaskHandle }, { service }) => ({
    ApproximateNumberOfMessagesMoved: service.moves.cancel(TaskHandle).moved,
  })),
} satisfies Readonly<Record<string, Operation>>;
