/**
 * `tutti/cdk`: Tutti as constructs for the user's own app. Table and queues; the functions follow.
 */
export { type QueuePair, TuttiQueues, type TuttiQueuesProps } from "./constructs/queues.ts";
export { TuttiTable, type TuttiTableProps } from "./constructs/table.ts";
