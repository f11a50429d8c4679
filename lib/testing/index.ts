/**
 * `tutti/testing`: the engine in memory and in virtual time, for tests of your own tasks and workflows.
 */
export type {
  AdvanceOptions,
  SubmittedRun,
  TestEngine,
  TestEngineOptions,
  TestRetryOptions,
  TestSubmitOptions,
} from "./engine.ts";
export { createTestEngine } from "./engine.ts";
export type { AtSite, AtTask, Fault } from "./faults.ts";
export type { TestDecision } from "./history.ts";
export { type LeftFinding, type LeftMessage, type Leftovers, nothingLeft } from "./leftovers.ts";
export type { EndedRun, TestRun, TestTask, TestTaskStatus } from "./report.ts";
export type { CallSite } from "./sites.ts";
export type { Stub, StubOutcome } from "./stubs.ts";
export type { BodyCall } from "./workers.ts";
