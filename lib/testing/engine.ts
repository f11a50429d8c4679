/**
 * The engine that users test with: the real driver on a table and queues in memory, in virtual time.
 */
import { createVirtualClock } from "../adapters/memory/clock.ts";
import { createSeededIds } from "../adapters/memory/ids.ts";
import { createMemoryQueue } from "../adapters/memory/queue.ts";
import { createMemoryStore } from "../adapters/memory/store.ts";
import type { CoordinatorDeps, Settings } from "../coordinator/index.ts";
import { RunRemovedError, TuttiError } from "../errors.ts";
import type { Budget } from "../model/budget.ts";
import { taskIdOf } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import { defaults } from "../model/limits.ts";
import { type AttemptReport, encodeToken } from "../model/outside.ts";
import type { Headers, Workflow } from "../model/workflow.ts";
import { parseReport } from "../plan/parse-report.ts";
import { parseRequest } from "../plan/parse-request.ts";
import type { Log } from "../ports/index.ts";
import { type Head, isTombstone } from "../protocol/head.ts";
import { protocol } from "../protocol/index.ts";
import { rejectedKey } from "../protocol/keys.ts";
import { readAttempt } from "../records/attempts.ts";
import { requestBody } from "../records/documents.ts";
import { createPlanCache } from "../records/plans.ts";
import { readHead } from "../records/snapshots.ts";
import type { TaskContext } from "../tasks/context.ts";
import { catalogOf, registryOf, type TaskRegistry } from "../tasks/registry.ts";
import { createFaults, type Fault, faultText } from "./faults.ts";
import { createHistory } from "./history.ts";
import { type Leftovers, readLeft } from "./leftovers.ts";
import { createPlaces } from "./places.ts";
import { type EndedRun, isOver, type Records, readRun, rejectionOf, type TestRun } from "./report.ts";
import { type Stub, stubbed } from "./stubs.ts";
import { createTime, type Goal, type Time } from "./time.ts";
import { withTimeline } from "./with-timeline.ts";
import { type BodyCall, createWorkers, type Workers } from "./workers.ts";

/** What {@link createTestEngine} is told. */
export interface TestEngineOptions {
  /** The tasks module (`import * as tasks`), or an object of definitions. */
  readonly tasks: Readonly<Record<string, unknown>>;
  /** Bodies that run in the place of tasks' own, by name of the task. @default none */
  readonly stubs?: Readonly<Record<string, Stub>>;
  /** When virtual time begins. @default 2026-01-01T00:00:00Z */
  readonly startAt?: Date;
  /** Times and sizes of the deployment. @default those of a deployment */
  readonly settings?: Partial<Settings>;
  /** Seed of ids and of the jitter of retries. @default 1 */
  readonly seed?: number;
  /** Gets the lines of engine and tasks. @default none */
  readonly log?: Log;
}

/** What goes around a workflow. */
export interface TestSubmitOptions {
  /** Run id. @default drawn */
  readonly id?: string;
  readonly name?: string;
  /** The run is TIMED_OUT after that. @default 7 days */
  readonly deadlineSeconds?: number;
  /** What the run may use, with everything that its maps expand into. @default no limit */
  readonly budget?: Budget;
  /** After a failure: end at once, or skip what follows from it and finish the rest. @default "fail-fast" */
  readonly onFailure?: "fail-fast" | "finish";
  readonly headers?: Headers;
  /** Whose work this is; kept, and without effect here. */
  readonly fairnessKey?: string;
}

/** What to run again beside what did not succeed. */
export interface TestRetryOptions {
  /** Paths of tasks, or of chords and groups for all tasks in them; with them all that follows. */
  readonly tasks?: readonly string[];
  /** New bound arguments, by path. */
  readonly args?: Readonly<Record<string, readonly Json[]>>;
  /** New limits of a run that has a budget. */
  readonly budget?: Budget;
}

/** A run that was accepted. */
export interface SubmittedRun {
  readonly runId: string;
  /** Id of the task whose value is the run's; null when there is no single one. */
  readonly callbackTaskId: string | null;
  /** Lets time pass until the run has ended. */
  end(): Promise<EndedRun>;
}

/** How {@link TestEngine.advance} goes about bodies. */
export interface AdvanceOptions {
  /** Lets time pass although bodies are at work: so a body that hangs meets its limit. @default false */
  readonly evenWhileRunning?: boolean;
}

/**
 * An engine in memory.
 *
 * Time is virtual: back-offs, delays, deadlines and leases pass at once. It passes only inside {@link run},
 * {@link SubmittedRun.end} and {@link advance}, and by one rule: **no time passes while a body is at work**, unless the body
 * waits for {@link sleep}. So a body may await real timers, files and requests: it is waited for in real time, and its
 * limits do not run out meanwhile. A body that never ends holds time still for ever, and then the test's own time limit
 * strikes; `sleep(ctx, Infinity)` is a body that hangs in virtual time and is TIMED_OUT, and
 * `advance(seconds, { evenWhileRunning: true })` does the same to a body that really hangs.
 */
export interface TestEngine {
  /**
   * Sends a workflow, and starts what can start now.
   *
   * @throws InvalidRequestError when the document breaks a rule: an unknown task, arguments that do not fit.
   * @throws RunConflictError, RunRemovedError when the id is taken.
   */
  submit(workflow: Workflow | { toJSON(): Workflow }, options?: TestSubmitOptions): Promise<SubmittedRun>;
  /** Submits a workflow, and lets time pass until the run and its error callbacks have ended. @throws as {@link submit} */
  run(workflow: Workflow | { toJSON(): Workflow }, options?: TestSubmitOptions): Promise<EndedRun>;
  /**
   * Runs again what did not succeed of a run that has ended, as its next generation.
   *
   * @throws InvalidRequestError when it has not ended, or has succeeded and no task is named.
   */
  retry(runId: string, options?: TestRetryOptions): Promise<SubmittedRun>;
  /** A run as it is now; undefined when there is none of that id. */
  inspect(runId: string): Promise<TestRun | undefined>;
  /**
   * Reports on a task that is only declared, as the program elsewhere or the person would that has it in hand.
   *
   * @param taskId - `<run id>/<path>`
   * @throws InvalidRequestError when the report breaks a rule, or the task does not wait for one.
   */
  report(taskId: string, report: AttemptReport): Promise<void>;
  /** Lets that much time pass, with everything that happens in it. @param seconds - 0 or more */
  advance(seconds: number, options?: AdvanceOptions): Promise<void>;
  /**
   * For bodies: resolves after that much virtual time. Rejects when `ctx.signal` is aborted before that.
   *
   * While one of its sleeps is open, a body does not hold time still, whatever else it awaits.
   */
  sleep(ctx: TaskContext, seconds: number): Promise<void>;
  readonly clock: {
    /** Virtual time, in epoch milliseconds. */
    now(): number;
  };
  /** Every body that was entered, in order; each attempt is one. */
  readonly calls: readonly BodyCall[];
  /**
   * Injects a fault, which happens at the next point that fits.
   *
   * A task that follows on another one often runs in the same delivery: it has no message then to be lost or doubled.
   * A fault that finds no such point is in {@link left}.
   *
   * @throws InvalidRequestError when it names no task or call site that there is.
   */
  inject(fault: Fault): void;
  /**
   * For bodies: ends the process of the worker at this place, with everything in it. `await` it: it never resolves.
   *
   * What the process held comes back when its visibility timeout and its leases are over. Bodies that ran beside this one
   * in the same process are never heard of again; what they still do on their own is beyond the engine.
   */
  crash(ctx: TaskContext): Promise<never>;
  /** What is left, after everything that can happen without time passing; compare with `nothingLeft`. */
  left(): Promise<Leftovers>;
  /** What has happened, line by line. @param runId - of one run only. @default of all */
  timeline(runId?: string): string;
  /**
   * Runs assertions, of any library; what they throw gets the seed and the timeline added to its message.
   *
   * @returns What they return; to be awaited when that is a promise.
   */
  check<T>(assertions: () => T): T;
  /** Ends every `run` and `advance` under way with an error. Bodies at work go on, and nobody waits for them. */
  close(): void;
}

/** A request that was sent, and how it is known that it has had its effect. */
interface Asked {
  readonly requestId: string;
  readonly runId: string;
  readonly answered: (head: Head) => boolean;
}

/** A worker keeps its message until its body ends: the longest that SQS allows, and that a task may take. */
const visibilitySeconds = 43_200;
const maxReceiveCount = 20;
/** Lines of a timeline that is added to an error: those in the middle give way. */
const shownLines = 120;
const silent: Log = { write: () => {} };

/**
 * Makes an engine for tests: no AWS, no network, no waiting.
 *
 * The same workflows, seed and bodies give the same history, as long as the bodies themselves are deterministic.
 *
 * @throws InvalidTasksError when two tasks have one name.
 * @throws InvalidRequestError when a stub is of no task, or is none.
 * @example
 * ```ts
 * import { chord } from "tutti";
 * import { createTestEngine } from "tutti/testing";
 * import * as tasks from "../src/tasks.ts";
 *
 * it("reports on every page, though the first is slow", async () => {
 *   const engine = createTestEngine({ tasks });
 *   const run = await engine.run(chord([tasks.fetchPage.with("/a"), tasks.fetchPage.with("/b")], tasks.report.with("daily")));
 *   expect(run).toMatchObject({ status: "SUCCEEDED", value: { pages: 2 } });
 *   expect(engine.calls.map((call) => call.task)).toEqual(["fetchPage", "fetchPage", "report"]);
 *   engine.close();
 * });
 * ```
 */
export function createTestEngine(options: TestEngineOptions): TestEngine {
  const { seed = 1 } = options;
  const clock = createVirtualClock(options.startAt?.getTime() ?? Date.UTC(2026, 0, 1));
  const store = createMemoryStore();
  const queue = createMemoryQueue({ clock, visibilitySeconds, maxReceiveCount });
  const ids = createSeededIds(seed);
  const settings: Settings = { ...defaults, ...options.settings };
  const places = createPlaces();
  const history = createHistory(
    () => clock.now(),
    `timeline of seed ${seed}, from ${new Date(clock.now()).toISOString()}`,
  );
  const registry: TaskRegistry = stubbed(registryOf(options.tasks), options.stubs ?? {}, {
    hang: (ctx) => workers.sleep(ctx, Number.POSITIVE_INFINITY),
    failed: (error) => time.stop(error),
  });
  const faults = createFaults([...registry.keys()], (fault, where) =>
    history.engine(`FAULT ${faultText(fault)}: at ${where}`),
  );
  const deps: CoordinatorDeps = {
    store,
    queue,
    clock,
    ids,
    log: options.log ?? silent,
    metrics: { count: () => {} },
    settings,
    registry,
    catalog: catalogOf(registry),
    protocol,
  };
  const { sweepSeconds } = settings;
  const plans = createPlanCache(store);
  const surroundings = { deps, faults, history, places, plans };
  const declared = [...registry.values()].filter(({ body }) => body === null);
  const outsideQueues = new Set(declared.map(({ queue: name }) => `task:${name}`));
  const time: Time = createTime({ clock, queue, store, sweepSeconds, workers: () => workers, outsideQueues });
  const workers: Workers = createWorkers({ surroundings, consumer: queue, changed: time.changed, failed: time.stop });
  const records: Records = { store, plans, history };
  let closed = false;

  const checkOpen = (): void => {
    if (closed) throw new Error("the engine is closed");
  };

  const timeline = (runId?: string, lines?: number): string => {
    const pending = faults.pending().map((fault) => `did not happen: FAULT ${faultText(fault)}`);
    return [history.text({ runId, ...(lines === undefined ? {} : { lines }) }), ...pending].join("\n");
  };

  const explained = (error: unknown): unknown => withTimeline(error, () => timeline(undefined, shownLines));

  /** Lets time pass. What the engine fails with tells what has happened; a bad request speaks for itself. */
  const reach = async (goal: Goal): Promise<void> => {
    try {
      await time.reach(goal);
    } catch (error) {
      throw error instanceof TuttiError ? error : explained(error);
    }
  };

  const send = async (workflow: Workflow | { toJSON(): Workflow }, around: TestSubmitOptions): Promise<Head> => {
    checkOpen();
    const requestId = ids.next();
    const { id: runId = requestId } = around;
    const request = { tutti: 1, type: "submit", ...around, requestId, workflow: workflow as Workflow } as const;
    const body = await requestBody({ store, clock }, request);
    return ask(body, { requestId, runId, answered: () => true });
  };

  /** Sends a request, and lets what can happen now happen until the run's head shows its effect. */
  const ask = async (body: string, { requestId, runId, answered }: Asked): Promise<Head> => {
    await queue.send("request", [{ body, delaySeconds: 0 }], "request.send");
    let head: Head | undefined;
    const reached = async (): Promise<boolean> => {
      const rejected = await store.get(rejectedKey(requestId), "answer.read");
      if (rejected) throw rejectionOf(rejected, runId);
      head = await readHead(store, runId);
      return head !== undefined && answered(head);
    };
    await reach({ reached });
    return head as unknown as Head;
  };

  const submitted = ({ runId, callback }: Head): SubmittedRun => ({
    runId,
    callbackTaskId: callback === undefined ? null : taskIdOf(runId, callback),
    end: () => endOf(runId),
  });

  const headOf = async (runId: string): Promise<Head> => {
    const head = await readHead(store, runId);
    if (head === undefined || isTombstone(head)) throw new RunRemovedError(runId);
    return head;
  };

  const endOf = async (runId: string): Promise<EndedRun> => {
    checkOpen();
    await reach({
      reached: async () => {
        const head = await headOf(runId);
        return isOver(records, head);
      },
    });
    return (await readRun(records, await headOf(runId))) as EndedRun;
  };

  const engine: TestEngine = {
    async submit(workflow, around = {}) {
      return submitted(await send(workflow, around));
    },
    async run(workflow, around = {}) {
      return endOf((await send(workflow, around)).runId);
    },
    async retry(runId, named = {}) {
      checkOpen();
      const { generation } = await headOf(runId);
      const requestId = ids.next();
      const body = JSON.stringify({ tutti: 1, type: "retry", requestId, id: runId, generation, ...named });
      parseRequest(body);
      return submitted(await ask(body, { requestId, runId, answered: (head) => head.raisedBy === requestId }));
    },
    async inspect(runId) {
      const head = await readHead(store, runId);
      return head === undefined || isTombstone(head) ? undefined : readRun(records, head);
    },
    async report(taskId, said) {
      await engine.advance(0);
      const [runId = "", ...path] = taskId.split("/");
      const attempt = await readAttempt(records, await headOf(runId), path.join("/"));
      const requestId = ids.next();
      const body = JSON.stringify({ tutti: 1, type: "report", requestId, token: encodeToken(attempt), ...said });
      parseReport(body);
      await queue.send("request", [{ body, delaySeconds: 0 }], "report.send");
      await engine.advance(0);
    },
    async advance(seconds, { evenWhileRunning = false } = {}) {
      checkOpen();
      if (!(seconds >= 0 && seconds < Number.POSITIVE_INFINITY))
        throw new RangeError(`${seconds} seconds, allowed is a number from 0`);
      const untilMs = clock.now() + seconds * 1000;
      await reach({ reached: () => clock.now() >= untilMs, untilMs, evenWhileRunning });
    },
    sleep: (ctx, seconds) => workers.sleep(ctx, seconds),
    clock: { now: () => clock.now() },
    calls: workers.calls,
    inject: (fault) => faults.inject(fault),
    crash: (ctx) => workers.crash(ctx),
    async left() {
      if (!closed) await reach({ reached: () => true });
      const read = await readLeft({ records, places, queue, settings, nowMs: clock.now() });
      return { ...read, bodies: workers.atWork(), faults: faults.pending() };
    },
    timeline: (runId) => timeline(runId),
    check(assertions) {
      try {
        const result = assertions();
        if (!(result instanceof Promise)) return result;
        return result.catch((error) => {
          throw explained(error);
        }) as typeof result;
      } catch (error) {
        throw explained(error);
      }
    },
    close() {
      closed = true;
      const atWork = workers.awake().map(({ taskId, attempt }) => `${taskId} (attempt ${attempt})`);
      const waited = atWork.length === 0 ? "" : `; it was waiting for ${atWork.join(", ")}`;
      time.stop(new Error(`the engine was closed${waited}`));
    },
  };
  return engine;
}
