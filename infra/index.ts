/**
 * `tutti/cdk`: Tutti as a construct for the user's own app.
 */
export { type AlarmSettings, TuttiAlarms, type TuttiAlarmsProps } from "./constructs/alarms.ts";
export type { CheckSettings } from "./constructs/checks.ts";
export type { TuttiLogLevel } from "./constructs/functions.ts";
export type { QueueSettings } from "./constructs/layout.ts";
export { type ConsumerTimeouts, type QueuePair, TuttiQueues, type TuttiQueuesProps } from "./constructs/queues.ts";
export { TuttiTable, type TuttiTableProps } from "./constructs/table.ts";
export { Tutti, type TuttiProps } from "./constructs/tutti.ts";
