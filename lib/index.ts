/**
 * Tutti: workflows of tasks on SQS, Lambda and DynamoDB. What programs import.
 */
export {
  after,
  type ChordOptions,
  chain,
  chord,
  type DagOptions,
  dag,
  group,
  type HedgeOptions,
  type MapOptions,
  map,
  onlyIf,
  sleep,
} from "./canvas/canvas.ts";
export type { Composable, ComposableNode } from "./canvas/composable.ts";
export { literal, ref } from "./canvas/reference.ts";
export type { AuditOptions } from "./client/audit.ts";
export type { CheckOptions } from "./client/check.ts";
export type {
  InspectOptions,
  RepairOptions,
  RunHandle,
  SubmitOptions,
  Submittable,
  TuttiClient,
} from "./client/client.ts";
export type { CostOptions } from "./client/cost-of-run.ts";
export {
  ConfigurationError,
  LetterNotFoundError,
  RequestRejectedError,
  RunFailedError,
  RunNotFoundError,
  RunUnfinishedError,
  WaitTimedOutError,
} from "./client/errors.ts";
export type { ListOptions } from "./client/list.ts";
export type { Changes, Monitoring, MonitoringOptions } from "./client/monitoring.ts";
export type { RetryOptions, RevokeOptions } from "./client/operate.ts";
export type { ReportOptions } from "./client/report.ts";
export type {
  AuditReport,
  BudgetReport,
  CostLine,
  CostReport,
  FailedRun,
  FailuresReport,
  InspectReport,
  JoinReport,
  OperationReport,
  Progress,
  QueueReport,
  ReportReport,
  ResultReport,
  RetryPreview,
  RevokePreview,
  RunLine,
  RunReport,
  StatusReport,
  SubmitReport,
  TaskReport,
  WaitingTask,
  WaitReport,
} from "./client/shapes.ts";
export type { WaitOptions } from "./client/wait.ts";
export { type ConnectOptions, createClient } from "./connect.ts";
export {
  type ErrorCode,
  FatalError,
  InvalidRequestError,
  MessageTooLargeError,
  QueueError,
  RetryAfterError,
  RunConflictError,
  RunRemovedError,
  StoreError,
  TuttiError,
} from "./errors.ts";
export type { Budget } from "./model/budget.ts";
export type { Json, JsonObject } from "./model/json.ts";
export {
  type ActiveJoin,
  type CheckReport,
  type HealthReport,
  type Issue,
  type ListReport,
  type RepairReport,
  reportsJsonSchema,
} from "./model/operating-reports.ts";
export type {
  FailureSummary,
  MemberOutcome,
  OutcomeStatus,
  RunStatus,
  Skipped,
  StoredError,
  TaskStatus,
} from "./model/outcome.ts";
export { type AttemptReport, type OutsideTask, outsideTaskJsonSchema } from "./model/outside.ts";
export { type PriceTable, usEast1Prices } from "./model/prices.ts";
export { requestJsonSchema, type SubmitRequest } from "./model/request.ts";
export type { Chain, Chord, Dag, Deadline, Group, Retry, Sleep, Task, Workflow } from "./model/workflow.ts";
export { type AtDeployment, checkStuck, getActiveJoins, health, setupPeriodicMonitoring } from "./monitoring.ts";
export type { AuditedInvariant, Violation } from "./protocol/audit/index.ts";
export type { TaskContext, TaskLog } from "./tasks/context.ts";
export { defineSchedule, type ScheduleDefinition, type ScheduleOptions } from "./tasks/define-schedule.ts";
export {
  declareTask,
  defineTask,
  type TaskDeclaration,
  type TaskDefinition,
  type TaskOptions,
} from "./tasks/define-task.ts";
export { InvalidHeartbeatError, LeaseLostError } from "./tasks/heartbeat.ts";
export { InvalidTasksError } from "./tasks/invalid-tasks.ts";
export type { Signature, SignatureOptions } from "./tasks/signature.ts";
export { type SkipResult, skip } from "./tasks/skip.ts";
