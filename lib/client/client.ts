/**
 * What a producer, an observer and an operator use: submit, inspect, status, result, wait; revoke, pause, resume, retry.
 *
 * Built on the ports alone. A submit stores a workflow that is too large for a message, and sends one message: the producer
 * may exit right after, since the callback is fired by whoever settles the last member. What changes a run sends one message
 * too. Everything else only reads: it writes nothing and sends nothing.
 */
import { InvalidRequestError, QueueError } from "../errors.ts";
import type { Budget } from "../model/budget.ts";
import type { DeadLettersReport, SweepReport } from "../model/cleaning-reports.ts";
import { type RunId, taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { DropReport, LetterReport } from "../model/letter-reports.ts";
import type { ActiveJoin, CheckReport, HealthReport, ListReport, RepairReport } from "../model/operating-reports.ts";
import { runStatuses } from "../model/outcome.ts";
import type { AttemptReport } from "../model/outside.ts";
import { requestIdSchema, type SubmitRequest } from "../model/request.ts";
import type { EventsReport, GraphReport } from "../model/view-reports.ts";
import type { Headers, Workflow } from "../model/workflow.ts";
import { documentHash } from "../plan/document-hash.ts";
import { parseFileDocument } from "../plan/parse-request.ts";
import type { Clock, FactSource, Ids, Queue, QueueRef, Store } from "../ports/index.ts";
import { childIn } from "../protocol/child.ts";
import { type Head, isTombstone } from "../protocol/head.ts";
import { decided, type Snapshot, slotOf, tallyOf } from "../protocol/snapshot.ts";
import { topOf } from "../protocol/tally.ts";
import { acceptedOf } from "../records/accepted.ts";
import { requestBody } from "../records/documents.ts";
import { createPlanCache } from "../records/plans.ts";
import { readHead, readSnapshot } from "../records/snapshots.ts";
import type { CheckTimes } from "./active.ts";
import { learnAnswer, type Submission } from "./answer.ts";
import { type AuditOptions, auditAll, auditOne } from "./audit.ts";
import { budgetReport } from "./budget.ts";
import { type CheckOptions, checkStuck, getActiveJoins, health } from "./check.ts";
import { type CostOptions, costOfRun } from "./cost-of-run.ts";
import { ConfigurationError, RunFailedError, RunUnfinishedError } from "./errors.ts";
import { type EventsOptions, eventsOf } from "./events.ts";
import { failures } from "./failures.ts";
import type { LetterBox } from "./find-letter.ts";
import { type GraphOptions, graphOf } from "./graph.ts";
import { type DropOptions, dropLetter, type LetterDeps, listLetters, showLetter } from "./letter.ts";
import type { Redriven } from "./letters.ts";
import { type ListOptions, listRuns } from "./list.ts";
import { type Monitoring, type MonitoringOptions, monitor } from "./monitoring.ts";
import {
  type Operating,
  pauseRun,
  previewRetry,
  previewRevoke,
  type RetryOptions,
  type RevokeOptions,
  removeRun,
  resumeRun,
  retryRun,
  revoke,
} from "./operate.ts";
import { type AcceptedByJoin, activityOf, inspectReport, resultReport, runLine } from "./project.ts";
import { type ReportOptions, report } from "./report.ts";
import { findHead, readListing, refreshRunning } from "./runs.ts";
import {
  type AuditReport,
  type CostReport,
  type FailuresReport,
  type InspectReport,
  type OperationReport,
  type QueueReport,
  type ReportReport,
  type ResultReport,
  type RetryPreview,
  type RevokePreview,
  type StatusReport,
  type SubmitReport,
  schemaVersion,
  type WaitReport,
} from "./shapes.ts";
import { previewSweep, type Swept, sweepReport } from "./sweeping.ts";
import {
  type Reading,
  readEnd,
  readProgress,
  readResult,
  readValue,
  type WaitOptions,
  type WaitTarget,
  waitForEnd,
} from "./wait.ts";
import { type Look, type WatchOptions, watch } from "./watch.ts";

/** What the client works with. */
export interface ClientDeps {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Asks the queues how long they are; absent where nobody can tell. */
  readonly queueDepths?: () => Promise<readonly QueueReport[]>;
  /** What is known beyond the table; absent where nothing is. */
  readonly facts?: FactSource;
  /** Times of the deployment, where they are not the usual ones. */
  readonly times?: Partial<CheckTimes>;
  /** Does for a run what the sweeper would do at its next visit; absent where that is not possible. */
  readonly repair?: (runId: RunId, options: RepairOptions) => Promise<number>;
  /** Sweeps from here; absent where that is not possible. */
  readonly sweep?: () => Promise<Swept>;
  /** Sends dead letters back to their queue; absent where the queues cannot be reached. */
  readonly redrive?: (queue: QueueRef, limit: number) => Promise<Redriven>;
  /** The dead-letter queues; absent where they cannot be reached. */
  readonly letters?: LetterBox;
  /** Deletes every message in the queues of the deployment, and names those; absent where it is not known that they are its own. */
  readonly purge?: () => Promise<readonly string[]>;
}

/** How to repair a run. */
export interface RepairOptions {
  /** Sends again what nobody has taken, however short a time ago it was sent: its message is known to be gone. @default false */
  readonly sendAgain?: boolean;
}

/** What can be submitted: a workflow, anything that gives one (a task with its arguments), or a whole request. */
export type Submittable = Workflow | { toJSON(): Workflow } | SubmitRequest;

/** What goes around a workflow. What is given here goes before what a request says itself. */
export interface SubmitOptions {
  /** Idempotency key and run id. @default drawn */
  readonly id?: string;
  /** Display name. */
  readonly name?: string;
  /** The run is TIMED_OUT after that. @default 7 days */
  readonly deadlineSeconds?: number;
  /** What the run may use, with everything that its maps expand into. @default no limit @see docs/budgets.md */
  readonly budget?: Budget;
  /** After a failure: end at once, or skip what follows from it and finish the rest. @default "fail-fast" */
  readonly onFailure?: "fail-fast" | "finish";
  /** Strings that travel to every task. */
  readonly headers?: Headers;
  /** Whose work this is: a queue that many tenants share is then fair between them. @see docs/queues.md */
  readonly fairnessKey?: string;
  /** Drawn anew for every document: the answer is found by it. @default drawn */
  readonly requestId?: string;
  /** Whether to learn the answer, for up to 10 s. @default true */
  readonly wait?: boolean;
}

/** What to inspect of a run. */
export interface InspectOptions {
  /** Whether to list the tasks, 1,000 a page. @default false */
  readonly verbose?: boolean;
  /** Where the page starts: the `cursor` of the page before. */
  readonly cursor?: string;
}

/** A submitted run. */
export interface RunHandle extends SubmitReport {
  readonly runId: RunId;
  /**
   * Waits for the end and returns the run's value.
   *
   * @throws RunFailedError when the run ended without one.
   * @throws WaitTimedOutError when time is up; the run goes on.
   */
  result(options?: WaitOptions): Promise<Json>;
  /** Waits for the end, whatever it is. @throws WaitTimedOutError when time is up; the run goes on. */
  wait(options?: WaitOptions): Promise<WaitReport>;
}

/** A Tutti deployment, as producers and observers see it. Ids may be cut to a beginning that only one run has. */
export interface TuttiClient {
  /**
   * Sends a workflow, or a whole request, as one message. A workflow over 256 KiB, up to 100 MiB, is stored in the table
   * first: that takes the permission to write there.
   *
   * The same id with the same document is the same run; with another document it is a conflict that changes nothing.
   *
   * @throws InvalidRequestError when the document breaks a rule.
   * @throws RunConflictError, RunRemovedError when the id is taken.
   */
  submit(document: Submittable, options?: SubmitOptions): Promise<RunHandle>;
  /**
   * A run in detail, or the part of it below `<run id>/<join or task>`.
   *
   * @throws RunNotFoundError, RunRemovedError
   */
  inspect(id: string, options?: InspectOptions): Promise<InspectReport>;
  /**
   * Reports on a task that a program elsewhere runs, or a person decides.
   *
   * @param target - The token of its message, or the task's id: then it is about the attempt that is out now.
   * @throws InvalidRequestError when the report breaks a rule, or is not of an attempt that runs: it has changed nothing.
   */
  report(target: string, report: AttemptReport, options?: ReportOptions): Promise<ReportReport>;
  /**
   * What a run has cost, with everything that its maps have expanded into: counted from its items, and estimated where they do
   * not tell. Reads every item of it.
   *
   * @throws RunNotFoundError, RunRemovedError
   */
  cost(id: string, options?: CostOptions): Promise<CostReport>;
  /**
   * Holds what is stored of a run, or of a removed one, against the invariants of the protocol. Reads every item of it.
   *
   * @throws RunNotFoundError
   * @see docs/audit.md
   */
  audit(id: string): Promise<AuditReport>;
  /** The same for all runs that are listed, one after the other, and for rejected requests. */
  auditAll(options?: AuditOptions): Promise<AuditReport>;
  /** What is going on in the whole deployment. */
  status(): Promise<StatusReport>;
  /** How a run ended. @throws RunUnfinishedError with its progress while it is running. */
  result(id: string): Promise<ResultReport>;
  /** Waits for the end of a run. @throws WaitTimedOutError when time is up; the run goes on. */
  wait(id: string, options?: WaitOptions): Promise<WaitReport>;
  /**
   * Ends a run as REVOKED, or settles one task, or what is missing of a chord or group. Bodies that run are told by their
   * signal within a third of a lease; what they return then changes nothing.
   *
   * All four below send one request and learn within 10 s what became of it. They name the generation they saw: a run that is
   * retried meanwhile refuses them.
   *
   * @throws RunNotFoundError, RunRemovedError
   * @throws InvalidRequestError when the run has no such part.
   */
  revoke(id: string, options?: RevokeOptions): Promise<OperationReport>;
  /** What {@link revoke} would end now. Writes and sends nothing. */
  previewRevoke(id: string, options?: Pick<RevokeOptions, "path">): Promise<RevokePreview>;
  /** Starts nothing new of a run until it is resumed. What runs goes on, and so do deadlines. */
  pause(id: string): Promise<OperationReport>;
  /** Lets a paused run go on. */
  resume(id: string): Promise<OperationReport>;
  /**
   * Runs again what did not succeed of a run that has ended, as its next generation. What succeeded is kept, and so are
   * chords that have called their callback, with the failures they tolerated.
   *
   * @throws InvalidRequestError when it has not ended, or has succeeded and no task is named.
   */
  retry(id: string, options?: RetryOptions): Promise<OperationReport>;
  /**
   * Removes a run that has ended, before its retention is over. From then on nothing of it starts and no retry goes on with it; the
   * sweeper deletes it at its next visit, once no worker holds a task of it. Its id is refused for 30 days.
   *
   * @throws InvalidRequestError when it has not ended.
   */
  remove(id: string, options?: Pick<RevokeOptions, "reason">): Promise<OperationReport>;
  /** What {@link retry} would run and keep. Writes and sends nothing. @throws as {@link retry} */
  previewRetry(id: string, options?: RetryOptions): Promise<RetryPreview>;
  /**
   * Does now what the sweeper would do for a run at its next visit: takes from dead workers, sends again, drives on. Unlike
   * the rest it writes to the table and the queues itself, and needs the permissions of the sweeper.
   *
   * @throws RunNotFoundError, RunRemovedError
   * @throws ConfigurationError where it cannot reach the queues.
   */
  repair(id: string, options?: RepairOptions): Promise<RepairReport>;
  /**
   * Deletes every message in the request queue and the task queues of the deployment. Takes a deployment whose queues are known
   * to be its own: that of a `tutti dev`, or a stack.
   *
   * @returns The queues, by name.
   * @throws ConfigurationError for any other.
   */
  purgeQueues(): Promise<readonly string[]>;
  /**
   * Visits all runs that are due, as the sweeper does. It writes to the table and the queues itself, and needs the sweeper's
   * permissions.
   *
   * @throws ConfigurationError where it cannot reach the queues.
   */
  sweep(): Promise<SweepReport>;
  /** What a sweep would mend of the runs that run. Writes and sends nothing. */
  previewSweep(): Promise<SweepReport>;
  /**
   * Dead letters by queue, and the newest rejected requests. Reads only: no letter is taken.
   *
   * @param options - `letters`: each letter too. They are taken in hand for a moment, up to 1,000 a queue, and given back.
   * @throws ConfigurationError when letters are asked for, and the queues cannot be reached.
   */
  deadLetters(options?: { readonly letters?: boolean }): Promise<DeadLettersReport>;
  /**
   * One dead letter, or rejected request: what it is about, why it is there, what to do. Its queue's letters are taken in hand for
   * a moment, up to 1,000 a queue, and given back.
   *
   * @param id - Of the message, or of the request; or the beginning of one.
   * @throws LetterNotFoundError
   */
  showLetter(id: string): Promise<LetterReport>;
  /**
   * Removes one dead letter, or the record of a rejected request, for good. Repeatable. It writes to the queues and the table
   * itself.
   */
  dropLetter(id: string, options?: DropOptions): Promise<DropReport>;
  /**
   * Sends the dead letters of a queue back to it.
   *
   * @param queue - Name of a task queue, or `request`.
   * @throws ConfigurationError where the queues cannot be reached.
   */
  redrive(queue: string, options?: { readonly limit?: number }): Promise<Redriven>;
  /** Runs, newest first, a page at a time. */
  list(options?: ListOptions): Promise<ListReport>;
  /**
   * What is stuck and why: the exact members that are missing, where each is, and the commands that mend it. Reads the
   * listing index, and every running run whole.
   *
   * @throws RunNotFoundError, RunRemovedError
   * @see docs/operations.md
   */
  checkStuck(options?: CheckOptions): Promise<CheckReport>;
  /** Chords, groups and joins that wait for members. */
  getActiveJoins(): Promise<readonly ActiveJoin[]>;
  /** One object for a load balancer or a cron line: unhealthy as soon as anything is stuck. */
  health(options?: Omit<CheckOptions, "id">): Promise<HealthReport>;
  /** Checks once, and again as often as it is told, with what has changed in between. */
  monitor(options?: MonitoringOptions): Promise<Monitoring>;
  /**
   * The picture of a run: what lies in what, what follows what, with states; and the runs of its maps.
   *
   * @throws RunNotFoundError, RunRemovedError
   */
  graph(id: string, options?: GraphOptions): Promise<GraphReport>;
  /**
   * The timeline of a run: every step that is recorded, oldest first.
   *
   * @throws RunNotFoundError, RunRemovedError
   */
  events(id: string, options?: EventsOptions): Promise<EventsReport>;
  /** Looks at a run until it has ended, or at those that run until the signal. Reads only. @throws RunNotFoundError, RunRemovedError */
  watch(options: WatchOptions): Promise<Look>;
  /**
   * The runs that have failed or ran out of time, among the 10,000 newest, with the kind of their error.
   *
   * @param options - `fingerprint`: only those of that kind.
   */
  failures(options?: { readonly fingerprint?: string }): Promise<FailuresReport>;
}

/** Tasks on one page of `inspect`. */
const taskPageSize = 1000;
/** Runs of maps whose progress `inspect` shows. */
const inspectedChildren = 20;
/** Running runs that `status` reads whole, newest first, and runs it lists. */
const statusActiveRuns = 50;
const statusRecentRuns = 10;

/** Makes a client of ports. Programs use `createClient` of the package, which brings the AWS ones. */
export function createPortClient(deps: ClientDeps): TuttiClient {
  const reading: Reading = { store: deps.store, clock: deps.clock, plans: createPlanCache(deps.store) };
  const operating: Operating = { ...deps, plans: reading.plans };
  const checking = { reading, facts: deps.facts, times: deps.times };
  const check = (options: CheckOptions) => checkStuck(checking, options);
  const letterDeps = { reading, letters: deps.letters };
  return {
    submit: (document, options = {}) => submit(deps, reading, document, options),
    inspect: (id, options = {}) => inspect(reading, id, options),
    cost: (id, options = {}) => costOfRun(reading, id, options),
    audit: (id) => auditOne(reading, id),
    auditAll: (options = {}) => auditAll(reading, options),
    report: (target, said, options = {}) => report(deps, reading, { target, said }, options),
    status: () => status(deps, reading),
    async result(id) {
      const head = await findHead(reading.store, id);
      const result = await readResult(reading, head);
      if (result === undefined) throw new RunUnfinishedError(head.runId, await readProgress(reading, head));
      return result;
    },
    async wait(id, options = {}) {
      const { runId } = await findHead(reading.store, id);
      return readEnd(reading, await waitForEnd(reading, { runId }, options));
    },
    revoke: (id, options = {}) => revoke(operating, id, options),
    previewRevoke: (id, options = {}) => previewRevoke(operating, id, options),
    pause: (id) => pauseRun(operating, id),
    resume: (id) => resumeRun(operating, id),
    remove: (id, options = {}) => removeRun(operating, id, options),
    retry: (id, options = {}) => retryRun(operating, id, options),
    previewRetry: (id, options = {}) => previewRetry(operating, id, options),
    failures: ({ fingerprint } = {}) => failures(deps.store, fingerprint),
    list: (options = {}) => listRuns(deps.store, deps.clock.now(), options),
    checkStuck: (options = {}) => check(options),
    getActiveJoins: () => getActiveJoins(checking),
    health: (options = {}) => health(checking, options),
    monitor: (options = {}) => monitor({ check, after: (delayMs, run) => deps.clock.after(delayMs, run) }, options),
    purgeQueues: () => purgeQueues(deps),
    sweep: () => sweepNow(deps),
    previewSweep: () => previewSweep(checking),
    deadLetters: (options = {}) => deadLetters(deps, letterDeps, { check: () => check({}), ...options }),
    showLetter: (id) => showLetter(letterDeps, id),
    dropLetter: (id, options = {}) => dropLetter(letterDeps, id, options),
    redrive: (queue, { limit = 1000 } = {}) => redriveLetters(deps, queue, limit),
    repair: (id, options = {}) => repair(deps, id, options),
    graph: (id, options = {}) => graphOf(reading, id, options),
    watch: (options) => watch(reading, options),
    events: (id, options = {}) => eventsOf(reading, id, options),
  };
}

async function repair(deps: ClientDeps, id: string, options: RepairOptions): Promise<RepairReport> {
  const { runId } = await findHead(deps.store, id);
  if (deps.repair === undefined)
    throw new ConfigurationError("to repair a run takes its queues: name the request queue");
  return { schemaVersion, runId, repaired: await deps.repair(runId, options) };
}

async function sweepNow({ sweep }: ClientDeps): Promise<SweepReport> {
  if (sweep !== undefined) return sweepReport(await sweep());
  throw new ConfigurationError("to sweep takes the queues: name the request queue");
}

async function deadLetters(
  deps: ClientDeps,
  letterDeps: LetterDeps,
  { check, letters = false }: { readonly check: () => Promise<CheckReport>; readonly letters?: boolean },
): Promise<DeadLettersReport> {
  const [queues, { rejected, rejectedCount }] = await Promise.all([deps.queueDepths?.() ?? null, check()]);
  const dead = queues?.map((one) => ({ queue: one.queue, dead: one.dead })) ?? null;
  const each = letters ? { letters: await listLetters(letterDeps) } : {};
  return { schemaVersion, queues: dead, rejected, rejectedCount, ...each };
}

async function redriveLetters({ redrive }: ClientDeps, queue: string, limit: number): Promise<Redriven> {
  if (redrive !== undefined) return redrive(queue === "request" ? queue : `task:${queue}`, limit);
  throw new ConfigurationError("the queues cannot be reached from here: name the stack (--stack)");
}

async function purgeQueues({ purge }: ClientDeps): Promise<readonly string[]> {
  if (purge !== undefined) return purge();
  throw new ConfigurationError(
    "others may share queues that are named one by one: name the stack that has made them (--stack), or purge them one by one",
  );
}

async function submit(
  deps: ClientDeps,
  reading: Reading,
  document: Submittable,
  options: SubmitOptions,
): Promise<RunHandle> {
  const request = requestToSend(deps.ids, document, options);
  const submission: Submission = {
    runId: request.id ?? request.requestId,
    requestId: request.requestId,
    documentHash: documentHash(request),
  };
  await send(deps, request);
  if (options.wait === false)
    return handleOf(reading, { runId: submission.runId, submission }, { callbackTaskId: null, created: null });
  const answer = await learnAnswer(deps, submission);
  if (answer.kind === "refused") throw answer.error;
  if (answer.kind === "unknown")
    return handleOf(reading, { runId: submission.runId, submission }, { callbackTaskId: null, created: null });
  return handleOf(
    reading,
    { runId: submission.runId },
    { callbackTaskId: callbackOf(answer.head), created: answer.kind === "created" },
  );
}

type IdentifiedRequest = SubmitRequest & { readonly requestId: string };

/** The request as it is sent: what the options say goes before what the document says. */
function requestToSend(ids: Ids, document: Submittable, options: SubmitOptions): IdentifiedRequest {
  const { wait: _wait, ...given } = options;
  const around = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = parseFileDocument(documentOf(document));
  // Parsed again with the options in place: they obey the same rules.
  const request = Object.keys(around).length === 0 ? parsed : parseFileDocument({ ...parsed, ...around });
  return { ...request, requestId: request.requestId ?? requestIdSchema.parse(ids.next()) };
}

/** A program may hand over anything: what gives no document is taken for one, and refused by its rule. */
function documentOf(given: unknown): unknown {
  const own = given as { readonly toJSON?: unknown } | null | undefined;
  return typeof own?.toJSON === "function" ? own.toJSON() : given;
}

async function send({ store, queue, clock }: ClientDeps, request: IdentifiedRequest): Promise<void> {
  const body = await requestBody({ store, clock }, request);
  const { fairnessKey } = request;
  const message = { body, delaySeconds: 0, ...(fairnessKey === undefined ? {} : { fairnessKey }) };
  const { failed } = await queue.send("request", [message], "request.send");
  if (failed.length > 0)
    throw new QueueError(
      `the request queue refused request ${request.requestId}: nothing was started, submit it again`,
    );
}

function callbackOf(head: Head): string | null {
  return head.callback === undefined ? null : taskIdOf(head.runId, head.callback);
}

function handleOf(
  reading: Reading,
  target: WaitTarget,
  known: Pick<SubmitReport, "callbackTaskId" | "created">,
): RunHandle {
  const ended = (options: WaitOptions = {}) => waitForEnd(reading, target, options);
  return {
    schemaVersion,
    runId: target.runId,
    ...known,
    wait: async (options) => readEnd(reading, await ended(options)),
    async result(options) {
      const head = await ended(options);
      const result = resultReport(head, await readValue(reading, head));
      if (result.status === "SUCCEEDED") return result.value;
      throw new RunFailedError(result.runId, result.status, result.error);
    },
  };
}

async function inspect(reading: Reading, id: string, options: InspectOptions): Promise<InspectReport> {
  const [run = "", ...rest] = id.split("/");
  const path = rest.length === 0 ? undefined : rest.join("/");
  const from = pageStart(options.cursor);
  const head = await findHead(reading.store, run);
  const [snapshot, result, budget] = await Promise.all([
    readSnapshot(reading.store, reading.plans, head),
    readValue(reading, head),
    budgetReport(reading.store, head),
  ]);
  const tasks =
    options.verbose === true
      ? { page: { from, size: taskPageSize }, accepted: await acceptedByJoin(reading, snapshot) }
      : {};
  const children = await readChildren(reading, snapshot);
  return inspectReport(snapshot, { result, children, budget, ...tasks, ...(path === undefined ? {} : { path }) });
}

/** Runs that the maps of a run have expanded into: the first ones, since each is read whole. */
async function readChildren({ store, plans }: Reading, snapshot: Snapshot): Promise<ReadonlyMap<string, Snapshot>> {
  if (!snapshot.head.maps) return new Map();
  const ids = Object.values(snapshot.plan.nodes).flatMap((node) =>
    node.map === undefined ? [] : (childIn(slotOf(snapshot, node)) ?? []),
  );
  const children = new Map<string, Snapshot>();
  for (const id of ids.slice(0, inspectedChildren)) {
    const head = await readHead(store, id);
    if (head && !isTombstone(head)) children.set(id, await readSnapshot(store, plans, head));
  }
  return children;
}

/** What the decided quorums of a run have accepted. */
async function acceptedByJoin({ store }: Reading, snapshot: Snapshot): Promise<AcceptedByJoin> {
  const reader = { deps: { store }, run: { id: snapshot.head.runId } };
  const quorums = Object.values(snapshot.plan.joins).filter(
    (join) => join.when === "quorum" && decided(snapshot, join) === "callback",
  );
  const sets = await Promise.all(
    quorums.map(async (join) => [join.id, await acceptedOf(reader, tallyOf(snapshot, join, topOf(join)))] as const),
  );
  return new Map(sets);
}

function pageStart(cursor = "0"): number {
  if (/^\d{1,7}$/.test(cursor)) return Number(cursor);
  throw new InvalidRequestError("cursor", cursor, "must be the cursor of the page before");
}

async function status(deps: ClientDeps, reading: Reading): Promise<StatusReport> {
  const { store, plans } = reading;
  const [listing, queues] = await Promise.all([readListing(store), deps.queueDepths?.() ?? null]);
  const heads = await refreshRunning(store, listing.heads);
  const running = heads.filter((head) => head.status === "RUNNING");
  // What a map has expanded into is part of the run that the map is in.
  const own = heads.filter((head) => head.parent === undefined);
  const activities = [];
  for (const head of running.slice(0, statusActiveRuns))
    activities.push(activityOf(await readSnapshot(store, plans, head)));
  const waiting = activities
    .flatMap(({ oldestWaiting }) => oldestWaiting ?? [])
    .sort((a, b) => (a.since < b.since ? -1 : 1));
  return {
    schemaVersion,
    runs: Object.fromEntries(
      runStatuses.map((state) => [state, own.filter((head) => head.status === state).length]),
    ) as StatusReport["runs"],
    activeJoins: activities.reduce((sum, activity) => sum + activity.activeJoins, 0),
    oldestWaiting: waiting[0] ?? null,
    rejected: listing.rejected,
    queues,
    recent: own.slice(0, statusRecentRuns).map(runLine),
    partial: listing.partial || running.length > statusActiveRuns,
  };
}
