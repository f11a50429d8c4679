/**
 * A whole deployment in one thread and virtual time: the real driver on the memory store and queue, processes that can die
 * at any call, and a network that loses, repeats and delays.
 *
 * Every call of a port has a number; a fault names one. The same scenario and faults give the same history.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { createVirtualClock } from "../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { createMemoryStore } from "../../lib/adapters/memory/store.ts";
import {
  type Coordinator,
  type CoordinatorDeps,
  createCoordinator,
  type Disposition,
  type Settings,
} from "../../lib/coordinator/index.ts";
import { QueueError, StoreError } from "../../lib/errors.ts";
import { defaults, limits } from "../../lib/model/limits.ts";
import { type OutsideTask, outsideTaskSchema } from "../../lib/model/outside.ts";
import type { SubmitRequest } from "../../lib/model/request.ts";
import { type CompileOptions, compile } from "../../lib/plan/compile.ts";
import type { Plan } from "../../lib/plan/types.ts";
import type { Clock, Ids, Queue, Store } from "../../lib/ports/index.ts";
import type { ConsumedQueue, HeldMessage, OutgoingMessage, QueueRef } from "../../lib/ports/queue.ts";
import { decodeHead } from "../../lib/protocol/head.ts";
import { type Protocol, protocol } from "../../lib/protocol/index.ts";
import { storedBody } from "../../lib/records/documents.ts";
import { catalogOf, registryOf } from "../../lib/tasks/registry.ts";
import { wrongFairnessKey } from "./fairness-check.ts";
import { type CallKind, type Fault, type FaultMode, isOurs } from "./faults.ts";
import { tooManyAtOnce } from "./lane-check.ts";
import { forbiddenChanges } from "./oracle.ts";
import { createTrace } from "./reference-step.ts";

export const startMs = Date.UTC(2026, 0, 1);
/** Longer than a lease, its ε and a visibility timeout together. */
const pauseMs = 200_000;
/** Where tasks without a body go. */
const outsideQueue = "task:elsewhere";
/** A world that has not come to rest by then hangs. */
const maxSteps = 5_000;
/** The same where every call is a step. */
const maxChosenSteps = 20_000;

export interface WorldOptions {
  readonly tasks: (world: World) => Readonly<Record<string, unknown>>;
  readonly settings?: Partial<Settings>;
  readonly shape?: CompileOptions;
  readonly faults?: readonly Fault[];
  /** Whether the sweeper runs. Without it the messages alone must bring the run to its end. */
  readonly sweeper: boolean;
  /** Messages of one delivery. */
  readonly batchSize?: number;
  readonly maxReceiveCount?: number;
  /** Whether anybody reads the dead-letter queues. @default true */
  readonly deadLetters?: boolean;
  /** Faults that happen before those of `faults`: each at the first call of its site. */
  readonly base?: readonly BaseFault[];
  /** Whether to wait until ended runs are removed. */
  readonly untilRemoved?: boolean;
  /** Largest part of stored content. @default that of the product */
  readonly partBytes?: number;
  /** The programs elsewhere that run tasks without a body, by task name. */
  readonly programs?: Readonly<Record<string, OutsideProgram>>;
  /** Wraps what the processes see: how wrong variants are switched on. */
  readonly variant?: Variant;
  /**
   * Picks what happens next among that many: a call of some process, or a delivery of any message. Then the calls of all
   * processes interleave, and batches have random sizes. @default the oldest message first, one process at a time
   */
  readonly choose?: (count: number) => number;
  /** Whether the queue delivers a message twice, asked at each that is sent. @default never */
  readonly duplicate?: (message: OutgoingMessage) => boolean;
  /** Of ids and of the jitter of retries. @default 1 */
  readonly seed?: number;
}

/** A known wrong protocol: decisions replaced, writes changed, or messages acknowledged at the wrong time. */
export interface Variant {
  readonly protocol?: Partial<Protocol>;
  readonly store?: (store: Store) => Store;
  readonly queue?: (queue: Queue) => Queue;
  readonly plan?: (plan: Plan) => Plan;
  /** Acknowledges the messages in hand as soon as the first send of a delivery begins. */
  readonly acknowledgeBeforeSend?: boolean;
  /** The same before a write of that site. */
  readonly acknowledgeBeforeWrite?: string;
  /** Answers an outside task's claim at once, and makes it when its message is sent. */
  readonly claimAfterSend?: boolean;
}

/** What a program elsewhere does with a task that it is given. It dies when it throws: its message comes again. */
export type OutsideProgram = (
  task: OutsideTask,
  report: (said: Readonly<Record<string, unknown>>) => Promise<void>,
  world: World,
) => Promise<void>;

export interface BaseFault {
  readonly site: string;
  readonly mode: FaultMode;
}

export interface Call {
  readonly number: number;
  readonly site: string;
  readonly kind: CallKind;
}

/** A body that was entered. */
export interface Entry {
  readonly taskId: string;
  readonly attempt: number;
  readonly generation: number;
  readonly atMs: number;
}

export interface World {
  readonly clock: ReturnType<typeof createVirtualClock>;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly queue: ReturnType<typeof createMemoryQueue>;
  readonly calls: readonly Call[];
  /** Those of the faults before any other that have happened. */
  readonly baseDone: ReadonlySet<BaseFault>;
  readonly entries: Entry[];
  /** Records that a body was entered. @returns What it calls when it ends. */
  enter(entry: Omit<Entry, "atMs">): () => void;
  /** Is told of each body that is entered. */
  onEntry: ((entry: Entry) => void) | undefined;
  /** What programs elsewhere were sent. */
  readonly outsideMessages: OutsideTask[];
  /** What was seen to be wrong while it happened. */
  readonly violations: string[];
  submit(request: object): Promise<void>;
  /** A producer stores the request's workflow and sends where it is, that often; it begins anew, as another, until it has. */
  submitStored(request: SubmitRequest, copies: number): void;
  /** Somebody outside does something, in a process; who dies or fails begins anew, in another. */
  visit(job: (ports: OutsiderPorts, tries: number) => Promise<void>): void;
  /** Runs until nothing moves any more; says why it stopped. */
  settle(): Promise<"rest" | "hang">;
  /** Resolves after that much virtual time. For bodies. */
  sleep(seconds: number): Promise<void>;
  /** Kills the process that the caller runs in. For bodies. */
  die(): Promise<never>;
  /** Whether the process that the caller runs in is still there. For bodies. */
  alive(): boolean;
}

interface Process {
  dead: boolean;
  readonly held: HeldMessage[];
  /** Claims that are still to be made: only where a variant has it so. */
  readonly claims: (() => Promise<unknown>)[];
}

/** A body that has not come to its end, and where it runs. */
interface RunningBody extends Entry {
  readonly process: Process | undefined;
}

/** What a process has that is none of the deployment's. */
export interface OutsiderPorts {
  readonly store: Store;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly coordinator: Coordinator;
}

/** Somebody outside: who submits a stored workflow, or types a command. */
interface Outsider {
  process: Process;
  state: "busy" | "failed" | "done";
  readonly begin: () => void;
}

interface Gate {
  readonly resumeAtMs: number | "idle";
  readonly open: () => void;
}

/** The process that a body runs in. */
const running = new AsyncLocalStorage<Process>();
/** A task that control knows and no worker. */
const unknownTask = "unknown";

function newProcess(held: readonly HeldMessage[] = []): Process {
  return { dead: false, held: [...held], claims: [] };
}

/** Every member travels alone, unless a scenario says otherwise. */
const alone: CompileOptions = { tasksPerMessage: () => 1 };
const unchanged = (plan: Plan): Plan => plan;
/** A promise of its own each time: what waits for one that is kept is kept too, and that is a whole history. */
const never = (): Promise<never> => new Promise(() => {});

export function createWorld(options: WorldOptions): World {
  const clock = createVirtualClock(startMs);
  const store = createMemoryStore();
  const visibilitySeconds = options.settings?.visibilitySeconds ?? defaults.visibilitySeconds;
  const queue = createMemoryQueue({ clock, visibilitySeconds, maxReceiveCount: options.maxReceiveCount ?? 20 });
  const ids: Ids = createSeededIds(options.seed ?? 1);
  const calls: Call[] = [];
  const baseDone = new Set<BaseFault>();
  const gates: Gate[] = [];
  /** Calls that wait to be chosen, and messages that were received and wait for a process. */
  const turns: (() => void)[] = [];
  const inbox: { readonly from: ConsumedQueue; readonly message: HeldMessage }[] = [];
  const lateCopies: { readonly atMs: number; readonly apply: () => Promise<unknown> }[] = [];
  const active = new Set<Promise<void>>();
  const outsiders: Outsider[] = [];
  const entries: Entry[] = [];
  const violations: string[] = [];
  let sweptAtMs = startMs;
  let fairnessKey: string | undefined;
  let compiledPlan: Plan | undefined;
  const bodies = new Set<RunningBody>();

  const faultAt = (number: number): FaultMode | undefined =>
    options.faults?.find((fault) => fault.call === number)?.mode;

  const faultOf = (number: number, site: string): FaultMode | undefined => {
    const base = options.base?.find((candidate) => candidate.site === site && !baseDone.has(candidate));
    if (!base) return faultAt(number);
    baseDone.add(base);
    return base.mode;
  };

  /** One call of a port, with whatever goes wrong at it. */
  async function call<T>(
    process: Process,
    kind: CallKind,
    site: string,
    perform: () => Promise<T>,
    lose?: () => T,
  ): Promise<T> {
    if (options.choose) await new Promise<void>((go) => turns.push(go));
    if (process.dead) return never();
    const number = calls.length;
    calls.push({ number, site, kind });
    const fail = (): Error =>
      kind === "send" || kind === "message" ? new QueueError("injected") : new StoreError("injected");
    const die = (): Promise<never> => {
      process.dead = true;
      return never();
    };
    const mode = faultOf(number, site);
    switch (mode) {
      case undefined:
      case "partial":
        return perform();
      case "crash-before":
        return die();
      case "crash-after":
        await perform();
        return die();
      case "reply-lost":
        await perform();
        return perform();
      case "failed-after":
        await perform();
        throw fail();
      case "throttled":
        throw fail();
      case "late-copy":
        lateCopies.push({ atMs: clock.now() + 1, apply: perform });
        return perform();
      case "very-late-copy":
        lateCopies.push({ atMs: clock.now() + pauseMs, apply: perform });
        return perform();
      case "paused":
        await stop(clock.now() + pauseMs);
        return process.dead ? never() : perform();
      case "stalled":
        await stop("idle");
        return process.dead ? never() : perform();
      case "twice-at-once":
        for (const message of process.held) await queue.changeVisibility(message.receipt, 0);
        await stop("idle");
        return process.dead ? never() : perform();
      case "lost":
        return lose ? lose() : perform();
      case "gone":
        await perform();
        for (const message of process.held) if (isOurs(message)) await queue.remove(message.receipt);
        return die();
    }
  }

  const stop = (resumeAtMs: Gate["resumeAtMs"]): Promise<void> =>
    new Promise((open) => gates.push({ resumeAtMs, open }));

  function storeOf(process: Process): Store {
    const base = observed(store, violations, () => clock.now());
    const watched = options.variant?.store?.(base) ?? base;
    return {
      get: (key, site) => call(process, "read", site, () => watched.get(key, site)),
      getMany: (keys, site) => call(process, "read", site, () => watched.getMany(keys, site)),
      query: (pk, prefix, cursor, site) => call(process, "read", site, () => watched.query(pk, prefix, cursor, site)),
      due: (shard, before, cursor, site) => call(process, "read", site, () => watched.due(shard, before, cursor, site)),
      list: (shard, cursor, site) => call(process, "read", site, () => watched.list(shard, cursor, site)),
      write: async (write, site) => {
        if (options.variant?.acknowledgeBeforeWrite === site)
          for (const message of process.held) await queue.remove(message.receipt);
        const perform = () => call(process, "write", site, () => watched.write(write, site));
        if (!options.variant?.claimAfterSend || site !== "outside.claim") return perform();
        process.claims.push(perform);
        return { applied: true, image: {} };
      },
      remove: (keys, site) => call(process, "write", site, () => watched.remove(keys, site)),
    };
  }

  function queueOf(process: Process): Queue {
    const own: Queue = {
      send: async (ref, messages, site) => {
        const sent = await sendOnce(process, ref, messages, site);
        for (const claim of process.claims.splice(0)) await claim();
        return sent;
      },
    };
    return options.variant?.queue?.(own) ?? own;
  }

  async function sendOnce(
    process: Process,
    ref: QueueRef,
    messages: readonly OutgoingMessage[],
    site: string,
  ): Promise<{ readonly failed: readonly number[] }> {
    if (options.variant?.acknowledgeBeforeSend) for (const message of process.held) await queue.remove(message.receipt);
    violations.push(...messages.flatMap((message) => wrongFairnessKey(message, fairnessKey)));
    const refused = faultAt(calls.length) === "partial" ? [0] : [];
    const accepted = messages.filter((_, position) => !refused.includes(position));
    const perform = async () => {
      if (accepted.length > 0) await queue.send(ref, accepted, site);
      const twice = accepted.filter((message) => options.duplicate?.(message));
      if (twice.length > 0) await queue.send(ref, twice, site);
      return { failed: refused };
    };
    return call(process, "send", site, perform, () => ({ failed: [] }));
  }

  const clockOf = (process: Process): Clock => ({
    now: () => clock.now(),
    after: (delayMs, run) => clock.after(delayMs, () => !process.dead && run()),
  });

  const world: World = {
    clock,
    store,
    queue,
    calls,
    baseDone,
    entries,
    violations,
    onEntry: undefined,
    enter(entered) {
      const entry = { ...entered, atMs: clock.now() };
      entries.push(entry);
      world.onEntry?.(entry);
      const body = { ...entry, process: running.getStore() };
      bodies.add(body);
      if (compiledPlan) {
        const alive = [...bodies].filter(({ process }) => process?.dead !== true);
        violations.push(...tooManyAtOnce(compiledPlan, store.dump(), alive, entry));
      }
      return () => bodies.delete(body);
    },
    outsideMessages: [],
    async submit(request) {
      fairnessKey = (request as Partial<SubmitRequest>).fairnessKey;
      const message = { body: JSON.stringify(request), delaySeconds: 0 };
      await queue.send("request", [fairnessKey === undefined ? message : { ...message, fairnessKey }], "test");
    },
    submitStored(request, copies) {
      world.visit(async ({ store: own, clock: at }, tries) => {
        const named = { ...request, requestId: `request-${tries}` };
        const body = await storedBody({ store: own, clock: at }, named, options.partBytes ?? limits.partBytes);
        for (let copy = 0; copy < copies; copy++) await queue.send("request", [{ body, delaySeconds: 0 }], "test");
      });
    },
    visit(job) {
      let tries = 0;
      const outsider: Outsider = {
        process: newProcess(),
        state: "busy",
        begin() {
          const process = newProcess();
          Object.assign(outsider, { process, state: "busy" });
          const coordinator = coordinatorOf(process);
          const ports = { store: storeOf(process), queue: queueOf(process), clock: clockOf(process), ids, coordinator };
          const end = (state: Outsider["state"]) => () => {
            outsider.state = state;
          };
          begin(job(ports, ++tries).then(end("done"), end("failed")));
        },
      };
      outsiders.push(outsider);
      outsider.begin();
    },
    settle,
    die() {
      const process = running.getStore();
      if (process) process.dead = true;
      return never();
    },
    sleep: (seconds) => {
      const process = running.getStore();
      return new Promise((done) => void clock.after(seconds * 1000, () => !process?.dead && done()));
    },
    alive: () => running.getStore()?.dead !== true,
  };
  const tasks = registryOf(options.tasks(world));
  const catalog = catalogOf(tasks);
  /** Workers of an older deploy: they do not know everything that control knows. */
  const registry = new Map([...tasks].filter(([name]) => name !== unknownTask));

  function coordinatorOf(process: Process): Coordinator {
    const deps: CoordinatorDeps = {
      store: storeOf(process),
      queue: queueOf(process),
      clock: clockOf(process),
      ids,
      log: { write: () => {} },
      metrics: { count: () => {} },
      settings: { ...defaults, ...options.settings },
      registry,
      catalog,
      protocol: { ...protocol, ...options.variant?.protocol },
      ...(options.partBytes === undefined ? {} : { partBytes: options.partBytes }),
      compile: (request, tasks, nowMs) => {
        compiledPlan = compile(request, tasks, { ...alone, ...options.shape, nowMs });
        return (options.variant?.plan ?? unchanged)(compiledPlan);
      },
    };
    return createCoordinator(deps);
  }

  /** One delivery by a process of its own, as Lambda would do it. */
  async function deliver(from: ConsumedQueue, messages: readonly HeldMessage[]): Promise<void> {
    const process = newProcess(messages);
    const dispositions = await running.run(process, () => handle(coordinatorOf(process), from, messages));
    for (const [at, message] of messages.entries()) {
      const disposition = dispositions[at] as Disposition;
      try {
        if (disposition.kind === "acknowledge")
          await call(process, "message", "message.acknowledge", () => queue.remove(message.receipt));
        else
          await call(process, "message", "message.return", () =>
            queue.changeVisibility(message.receipt, disposition.delaySeconds),
          );
      } catch {
        // A message that could not be deleted or returned comes back by itself.
      }
    }
  }

  async function handle(
    coordinator: Coordinator,
    from: ConsumedQueue,
    messages: readonly HeldMessage[],
  ): Promise<Disposition[]> {
    if (from === "request") return Promise.all(messages.map((message) => coordinator.control(message)));
    if (from === outsideQueue) return Promise.all(messages.map((message) => runElsewhere(message)));
    if (from.startsWith("task:")) {
      return coordinator.work({ messages, queue: from.slice("task:".length), deadlineAtMs: clock.now() + 900_000 });
    }
    const letter =
      from === "dead:request"
        ? ({ from: "request" } as const)
        : ({ from: "task", queue: from.slice("dead:task:".length) } as const);
    return Promise.all(messages.map((message) => coordinator.deadLetter(letter, message)));
  }

  /** A program elsewhere: it reports, then deletes its message. One that dies has it again later. */
  async function runElsewhere(message: HeldMessage): Promise<Disposition> {
    const task = outsideTaskSchema.parse(JSON.parse(message.body));
    world.outsideMessages.push(task);
    const process = running.getStore() as Process;
    const report = async (said: Readonly<Record<string, unknown>>) => {
      const body = JSON.stringify({ tutti: 1, type: "report", token: task.token, ...said });
      const { failed } = await queueOf(process).send("request", [{ body, delaySeconds: 0 }], "report.send");
      if (failed.length > 0) throw new QueueError("refused");
    };
    try {
      await options.programs?.[task.task]?.(task, report, world);
      return { kind: "acknowledge" };
    } catch {
      return { kind: "return", delaySeconds: 1 };
    }
  }

  function begin(job: Promise<void>): void {
    const tracked = job.finally(() => active.delete(tracked));
    active.add(tracked);
  }

  const readQueues = () =>
    queue.queues().filter((name) => options.deadLetters !== false || !name.startsWith("dead:task:"));

  async function receiveNext(): Promise<boolean> {
    for (const from of readQueues()) {
      const messages = await queue.receive(from, options.batchSize ?? 1);
      if (messages.length === 0) continue;
      begin(deliver(from, messages));
      return true;
    }
    return false;
  }

  function openGates(idle: boolean): boolean {
    const at = gates.findIndex((gate) => (gate.resumeAtMs === "idle" ? idle : gate.resumeAtMs <= clock.now()));
    if (at < 0) return false;
    gates.splice(at, 1)[0]?.open();
    return true;
  }

  async function applyLateCopies(): Promise<boolean> {
    const at = lateCopies.findIndex((copy) => copy.atMs <= clock.now());
    if (at < 0) return false;
    await lateCopies.splice(at, 1)[0]?.apply();
    return true;
  }

  function heads() {
    return store.dump().flatMap((item) => (item.key.sk === "head" ? [decodeHead(item.key.pk, item.image)] : []));
  }

  /** The next time anything happens by itself; undefined at rest. */
  function nextMs(): number | undefined {
    const visible = readQueues().flatMap((name) => queue.nextEventAt(name) ?? []);
    const times = [...visible, ...lateCopies.map((copy) => copy.atMs)];
    for (const gate of gates) if (gate.resumeAtMs !== "idle") times.push(gate.resumeAtMs);
    const timer = clock.nextAt();
    if (timer !== undefined) times.push(timer);
    if (options.sweeper) times.push(...dueTimes());
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Visits that runs still need; the one that removes an ended run is not waited for. */
  function dueTimes(): number[] {
    const periodMs = (options.settings?.sweepSeconds ?? defaults.sweepSeconds) * 1000;
    const apart = options.untilRemoved ? store.dump().filter(({ key }) => key.sk !== "head") : [];
    const removals = apart.flatMap(({ image }) =>
      image.due === undefined ? [] : [Math.max(Number(image.due), sweptAtMs + periodMs)],
    );
    const visits = heads().flatMap((head) => {
      const waitsForRetention =
        !options.untilRemoved &&
        head.endedAtMs !== undefined &&
        (head.dueMs ?? Infinity) >= head.endedAtMs + retentionMs();
      return head.dueMs === undefined || waitsForRetention ? [] : [Math.max(head.dueMs, sweptAtMs + periodMs)];
    });
    return [...removals, ...visits];
  }

  const retentionMs = () => (options.settings?.retentionSeconds ?? defaults.retentionSeconds) * 1000;

  function beginSweep(): boolean {
    const dueNow = options.sweeper && dueTimes().some((atMs) => atMs <= clock.now());
    if (!dueNow) return false;
    sweptAtMs = clock.now();
    const process = newProcess();
    begin(
      coordinatorOf(process)
        .sweep({ deadlineAtMs: clock.now() + 60_000 })
        .then(
          () => {},
          () => {},
        ),
    );
    return true;
  }

  /** Who died or failed before all was done begins again when nothing else moves. */
  function visitAgain(): boolean {
    const gaveUp = outsiders.find(({ process, state }) => state === "failed" || (process.dead && state === "busy"));
    gaveUp?.begin();
    return gaveUp !== undefined;
  }

  /** One call of a process, or a delivery of some messages of one queue. */
  async function doChosen(choose: (count: number) => number): Promise<boolean> {
    for (const from of readQueues()) for (const message of await queue.receive(from, 10)) inbox.push({ from, message });
    if (turns.length + inbox.length === 0) return false;
    const chosen = choose(turns.length + inbox.length);
    if (chosen < turns.length) {
      turns.splice(chosen, 1)[0]?.();
      return true;
    }
    let [next] = inbox.splice(chosen - turns.length, 1);
    const messages: HeldMessage[] = [];
    const { from } = next as (typeof inbox)[number];
    for (let room = choose(options.batchSize ?? 1); next !== undefined; room--) {
      messages.push(next.message);
      const others = inbox.filter((one) => one.from === from);
      next = room > 0 && others.length > 0 ? others[choose(others.length)] : undefined;
      if (next !== undefined) inbox.splice(inbox.indexOf(next), 1);
    }
    begin(deliver(from, messages));
    return true;
  }

  async function settle(): Promise<"rest" | "hang"> {
    const { choose } = options;
    for (let step = 0; step < (choose ? maxChosenSteps : maxSteps); step++) {
      await macrotask();
      if (choose && (await doChosen(choose))) continue;
      if (await applyLateCopies()) continue;
      if (openGates(false) || (await receiveNext()) || beginSweep() || openGates(true) || visitAgain()) continue;
      const atMs = nextMs();
      if (atMs === undefined) return "rest";
      if (clock.nextAt() !== undefined && (clock.nextAt() as number) <= atMs) clock.next();
      else clock.advanceTo(atMs);
    }
    return "hang";
  }

  return world;
}

/** Watches every write while it happens. */
function observed(store: Store, violations: string[], nowMs: () => number): Store {
  const trace = createTrace();
  return {
    ...store,
    async write(write, site) {
      // The table in memory does both at once, so nothing comes between.
      const [before, result] = await Promise.all([store.get(write.key, site), store.write(write, site)]);
      if (!result.applied) return result;
      if (before) violations.push(...forbiddenChanges(write.key.sk, before, result.image, nowMs()));
      violations.push(...trace.note({ site, key: write.key, before, after: result.image, nowMs: nowMs() }));
      return result;
    },
  };
}

/** Lets every promise that can go on go on. */
function macrotask(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
