/**
 * Every limit and default of the product in one place.
 *
 * A limit is checked at submit and at expansion and named in the error; a default is what a user gets who said nothing.
 */

/** Limits. Bytes are of UTF-8. */
export const limits = {
  /** A request sent raw on the request queue. */
  rawMessageBytes: 256 * 1024,
  /** Any message: SQS takes no larger one. */
  messageBytes: 1024 * 1024,
  /** The message of a task that a program elsewhere runs: any queue takes that much, older ones and other engines' too. */
  outsideMessageBytes: 256 * 1024,
  /** A workflow as JSON that is stored apart from its request. */
  documentBytes: 100 * 1024 * 1024,
  /** Parts of a stored document: whoever writes it may cut it smaller than we do. */
  documentParts: 4096,
  membersPerGroup: 100_000,
  tasksPerRun: 1_000_000,
  edgesPerDag: 10_000,
  /** Canvases inside canvases; the nesting of JSON inside arguments does not count. */
  nestingLevels: 32,
  /** Share of the members that have ended when the others get a second copy: fewer would double what is usual. */
  minHedgePercentile: 50,
  maxHedgePercentile: 99,
  maxAttempts: 100,
  maxLost: 100,
  taskTimeoutSeconds: 12 * 3600,
  /** The same of a task that a program elsewhere runs, or a person decides: how long it may be silent. */
  outsideTimeoutSeconds: 365 * 86_400,
  delaySeconds: 365 * 86_400,
  runDeadlineSeconds: 365 * 86_400,
  chordDeadlineSeconds: 365 * 86_400,
  backoffSeconds: 86_400,
  /** The longest delay SQS keeps a message back; anything longer is a timer of the run's head. */
  messageDelaySeconds: 900,
  /** An argument or result as JSON. */
  valueBytes: 100 * 1024 * 1024,
  /** One item of what is stored in parts: with keys and attributes well under the 400 KB that DynamoDB takes. */
  partBytes: 350 * 1024,
  /** A value kept in the slot of a task that is delivered alone. */
  inlineValueBytes: 1024,
  /** The same of a task that travels with others: ten of them share an item, and each write is billed by its size. */
  packedValueBytes: 256,
  /**
   * Members of one message, and so slots of one leaf, where a queue asks for that many. One claim of them all
   * is within what a DynamoDB expression may say, and 64 failures with everything in one item, twice, within 400 KB.
   */
  packMembers: 64,
  /** What a heartbeat says of itself, as JSON: it is kept in the lease, and ten of those may share an item. */
  heartbeatBytes: 256,
  /** An error's message, wherever it is stored. */
  errorMessageBytes: 256,
  errorNameBytes: 64,
  headerKeys: 50,
  headerBytes: 1024,
  labelLength: 256,
  nameLength: 256,
  /** Of a task or join within its run. */
  pathLength: 900,
  /** Why an operator did something; it becomes an error's message. */
  reasonLength: 256,
  /** Tasks that a retry names. */
  retryTasks: 1000,
  /** Of a budget: tasks or attempts, and US dollars. */
  budgetCount: 1_000_000_000,
  budgetUsd: 1_000_000,
} as const;

/** Defaults. */
export const defaults = {
  queue: "default",
  retry: { maxAttempts: 3, maxLost: 3, backoffSeconds: 1, maxBackoffSeconds: 60 },
  timeoutSeconds: 300,
  /** A task used as callback or error callback aggregates, so it gets more (docs/requirements.md, S1-71). */
  callbackTimeoutSeconds: 900,
  callbackSoftTimeoutSeconds: 600,
  leaseSeconds: 30,
  /** How far two clocks may differ (ε): added to every end of a lease before anybody acts on it. */
  clockSkewSeconds: 2,
  runDeadlineSeconds: 7 * 86_400,
  sweepSeconds: 60,
  tasksPerInvocation: 10,
  tasksPerMessage: 10,
  retentionSeconds: 7 * 86_400,
  /** How long a removed run's id stays refused: longer than any queue keeps a message. */
  tombstoneSeconds: 30 * 86_400,
  visibilitySeconds: 60,
  /** How long a stored document is kept after its upload: as the tombstone, longer than a queue can keep its request. */
  documentSeconds: 30 * 86_400,
  /** Leaf of a join whose members are delivered one a message. */
  leafSize: 4,
  /** Children of an inner tally. */
  fan: 256,
  /** Messages that a releaser sends itself, and those of one range: ten batches of ten. */
  messagesPerRange: 100,
  /** Members of a group for each partition key it is spread over: a partition takes 1,000 writes a second. */
  membersPerBucket: 1000,
} as const;
