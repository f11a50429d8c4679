/**
 * `tutti/testing`: the engine in memory and in virtual time, for tests of your own tasks and workflows.
 */
export type { AdvanceOptions, SubmittedRun, TestEngine, TestEngineOptions, TestSubmitOptions } from "./engine.ts";
export { createTestEngine } from "./engine.ts";
export type { EndedRun, TestRun, TestTask, TestTaskStatus } from "./report.ts";
export type { BodyCall } from "./workers.ts";
