/**
 * A deployment in the middle of an upgrade: processes of two versions of the code, on queues and a table that do everything
 * that SQS and DynamoDB allow themselves.
 *
 * Version 2 has one task more, cuts lists into other tallies and packs, and has other leases. Old workers get messages of
 * the new code and new ones those of the old; what an old one does not know comes back until a new one takes it.
 */
import { z } from "zod";
import { createSeededIds } from "../../lib/adapters/memory/ids.ts";
import {
  type Coordinator,
  type CoordinatorDeps,
  createCoordinator,
  type Disposition,
  type Settings,
} from "../../lib/coordinator/index.ts";
import { FatalError, QueueError } from "../../lib/errors.ts";
import { defaults } from "../../lib/model/limits.ts";
import type { OutsideTask } from "../../lib/model/outside.ts";
import { type CompileOptions, compile } from "../../lib/plan/compile.ts";
import type { Plan } from "../../lib/plan/types.ts";
import type { ConsumedQueue, HeldMessage } from "../../lib/ports/queue.ts";
import { protocol } from "../../lib/protocol/index.ts";
import type { TaskContext } from "../../lib/tasks/context.ts";
import { defineTask, type TaskBody } from "../../lib/tasks/define-task.ts";
import { catalogOf, registryOf, type TaskRegistry } from "../../lib/tasks/registry.ts";
import { skip } from "../../lib/tasks/skip.ts";
import { type Act, messageOf, reasonOf, resultOf, scriptOf } from "../property/workflows/script.ts";
import type { Entry, Variant } from "../simulation/world.ts";
import { createAtOnce } from "./at-once.ts";
import { call, clockOf, type Network, type Process, queueOf, runIn, storeOf } from "./calls.ts";
import { createDiary, type Diary, type Keeps } from "./diary.ts";
import { declaration, outsideQueue, runElsewhere, runInToken } from "./elsewhere.ts";
import type { Mix } from "./faults.ts";
import { createQueues, maxReceives, type Queues } from "./queues.ts";
import { createRandom, seedOf, streams } from "./random.ts";
import { createSchedule, type Schedule, settled } from "./schedule.ts";
import { createSweeper } from "./sweeper.ts";
import { createTable, type Table } from "./table.ts";

export const startMs = Date.UTC(2026, 0, 1);
/** ε of the settings: clocks differ by no more. */
export const skewMs = defaults.clockSkewSeconds * 1000;
/** A history that has not come to rest by then never will. */
const maxEvents = 30_000;
const maxDays = 2;

export interface WorldOptions {
  readonly seed: number;
  /** Another order of everything. */
  readonly schedule: number;
  readonly mix: Mix;
  readonly keeps: Keeps;
  /** Whether the sweeper runs. */
  readonly sweeps: boolean;
  readonly variant?: Variant | undefined;
}

export interface World {
  readonly schedule: Schedule;
  readonly queues: Queues;
  readonly table: Table;
  readonly diary: Diary;
  readonly entries: readonly Entry[];
  /** What programs elsewhere were sent. */
  readonly outsideMessages: readonly OutsideTask[];
  readonly sideBySide: () => boolean;
  readonly violations: readonly string[];
  readonly happened: Network["happened"];
  readonly calls: () => number;
  /** Runs until nothing moves any more; false when that never comes. */
  settle(): Promise<boolean>;
}

/** Tasks, all alike, on two queues; the last is new in version 2. */
export const taskNames = ["a", "b", "c"] as const;
const bare = (name: string, queue: string) => defineTask({ name, queue, args: z.array(z.any()) }, () => null);
const inside = { a: bare("a", "default"), b: bare("b", "other"), c: bare("c", "default") };
const allTasks = registryOf({ ...inside, elsewhere: declaration });
const catalog = catalogOf(allTasks);

/** What differs from one version of the code to the other. */
interface Release {
  readonly settings: Settings;
  readonly shape: CompileOptions;
}

export function createWorld({ seed, schedule: order, mix, keeps, sweeps, variant }: WorldOptions): World {
  const random = createRandom(seed ^ Math.imul(order, 0x2545f491), streams.schedule);
  const ids = createSeededIds(seedOf(seed, streams.ids));
  const schedule = createSchedule(startMs);
  const diary = createDiary(startMs, keeps);
  const violations: string[] = [];
  const entries: Entry[] = [];
  const outsideMessages: OutsideTask[] = [];
  const acts = new Map<string, number>();
  const idle: { readonly process: Process; readonly role: string; readonly coordinator: Coordinator }[] = [];
  const wrong = (what: readonly string[]) => void (what.length > 0 && violations.push(...what));
  let made = 0;
  let started = 0;

  const releases = { 1: releaseOf(), 2: releaseOf() } as const;
  // Workers are replaced one after the other, at once or within minutes; the first two calls of a function are of one version each.
  const [fromMs, untilMs] = random.pick([
    [0, 0],
    [0, 120_000],
    [0, 2000],
    [5000, 60_000],
  ] as const);

  function releaseOf(): Release {
    const tasksPerInvocation = random.between(1, 4);
    const packs = random.pick([1, 1, 2, 3, 10]);
    return {
      settings: { ...defaults, tasksPerInvocation, leaseSeconds: random.pick([30, 30, 20]) },
      shape: {
        tasksPerMessage: () => packs,
        // Few members are enough for several levels.
        leafSize: random.pick([1, 1, 2, 3, 4]),
        fan: random.pick([2, 2, 3, 4]),
        messagesPerRange: random.between(1, 4),
        membersPerBucket: random.between(2, 20),
      },
    };
  }

  const queues = createQueues(
    schedule,
    random,
    {
      visibilitySeconds: defaults.visibilitySeconds,
      maxTaskReceives: mix.on.has("dead-letters") ? random.between(2, 5) : maxReceives,
      batchSize: random.pick([1, 1, 2, 5, 10]),
      duplicates: mix.on.has("duplicate") ? random.pick([0.02, 0.1, 0.4]) : 0,
      disorderMs: mix.on.has("reorder") ? random.pick([100, 3000, 30_000]) : 0,
    },
    (from, messages) =>
      void deliver(from, messages).catch((error) =>
        wrong([`it threw: ${error instanceof Error ? error.stack : error}`]),
      ),
  );
  const rules = {
    skewMs: mix.on.has("skew") ? skewMs / 2 : 0,
    lagMs: mix.on.has("stale-index") ? random.pick([2000, 60_000, 300_000]) : 0,
  };
  const table = createTable(schedule, random, rules, { wrong, indexed: () => sweeps && sweeper.look() });
  const atOnce = createAtOnce(table, wrong);
  const network: Network = { schedule, random, mix, queues, table, diary, variant, wrong, happened: [], calls: 0 };

  const sweeper = createSweeper(schedule, random, { table, isAbsent: mix.on.has("sweeper-absent") }, async () => {
    const process = newProcess("sweeper", versionNow());
    process.runs = undefined;
    await coordinatorOf(process).sweep({ deadlineAtMs: schedule.now() + 60_000 });
  });

  function versionNow(): 1 | 2 {
    if (started < 2) return ++started as 1 | 2;
    const sinceMs = schedule.now() - startMs;
    if (sinceMs >= untilMs) return 2;
    return sinceMs < fromMs || random.chance(0.5) ? 1 : 2;
  }

  function newProcess(role: string, version: 1 | 2): Process {
    const offsetMs = rules.skewMs === 0 ? 0 : random.between(-rules.skewMs, rules.skewMs);
    const name = `${role}-${++made}.v${version}`;
    return { name, version, offsetMs, dead: false, pausedUntilMs: 0, held: [], runs: [] };
  }

  function coordinatorOf(process: Process): Coordinator {
    const { settings, shape } = releases[process.version];
    const deps: CoordinatorDeps = {
      store: storeOf(network, process),
      queue: queueOf(network, process),
      clock: clockOf(network, process),
      ids,
      log: { write: () => {} },
      metrics: { count: () => {} },
      settings,
      registry: tasksOf(process),
      // The function of the request queue is deployed first.
      catalog,
      protocol: variant?.protocol ? { ...protocol, ...variant.protocol } : protocol,
      compile: (request, tasks, nowMs) => planOf(compile(request, tasks, { ...shape, nowMs })),
    };
    return createCoordinator(deps);
  }

  const planOf = (plan: Plan) => variant?.plan?.(plan) ?? plan;

  function tasksOf(process: Process): TaskRegistry {
    const body: TaskBody = (ctx) => run(process, ctx);
    const known = taskNames.filter((name) => name !== "c" || process.version === 2);
    const withBody = known.map(
      (name) => [name, { ...(allTasks.get(name) as never as object), body } as never] as const,
    );
    return new Map([...withBody, [declaration.name, declaration as never]]);
  }

  function nextAct(taskId: string, does: readonly Act[]): Act {
    const before = acts.get(taskId) ?? 0;
    acts.set(taskId, before + 1);
    return does[Math.min(before, does.length - 1)] as Act;
  }

  /** A body: as its headers say, from where the attempts before have come to. */
  async function run(process: Process, ctx: TaskContext): Promise<unknown> {
    if (process.dead) return new Promise(() => {});
    const { taskId, attempt, generation } = ctx;
    const path = taskId.slice(taskId.indexOf("/") + 1);
    const { does, seconds, value } = scriptOf(ctx.headers);
    const note = (what: string) =>
      diary.note(schedule.now(), process.name, "body", `${taskId} attempt ${attempt}`, undefined, what);
    const entry = { taskId, attempt, generation, atMs: schedule.now() };
    entries.push(entry);
    const leave = await atOnce.enter(entry, process);
    note("begins");
    if (seconds > 0)
      await new Promise<void>((done) => void schedule.at(schedule.now() + seconds * 1000, done, process));
    const scripted = nextAct(taskId, does);
    const act = generation > 1 && scripted !== "skip" ? "succeed" : scripted;
    note(act);
    if (act !== "hang" && act !== "die") leave();
    switch (act) {
      case "succeed":
        return resultOf(value, path);
      case "skip":
        return skip(reasonOf(value, path));
      case "hang":
        return new Promise(() => {});
      case "die":
        process.dead = true;
        return new Promise(() => {});
      case "fatal":
        throw new FatalError(messageOf(act, path));
      case "throw":
        throw new Error(messageOf(act, path));
    }
  }

  /** One batch, by a process that is warm or new. */
  async function deliver(from: ConsumedQueue, messages: readonly HeldMessage[]): Promise<void> {
    const role = roleOf(from);
    const version = versionNow();
    const warm = random.chance(0.9)
      ? idle.findIndex((one) => one.role === role && one.process.version === version)
      : -1;
    const [found] = warm < 0 ? [] : idle.splice(warm, 1);
    const process = found?.process ?? newProcess(role, version);
    const coordinator = found?.coordinator ?? coordinatorOf(process);
    process.held = messages;
    // A heartbeat of an earlier delivery may still be on its way.
    const [before, now] = [process.runs, runsOf(messages)];
    process.runs = before && now && [...before, ...now];
    for (const { messageId, receiveCount, body } of diary.isKept ? messages : [])
      diary.note(
        schedule.now(),
        process.name,
        "receive",
        `${messageId} ${shortly(body)}`,
        undefined,
        `${receiveCount}`,
      );
    const dispositions = await handle(process, coordinator, from, messages);
    for (const [at, message] of messages.entries()) await finish(process, message, dispositions[at] as Disposition);
    process.held = [];
    idle.push({ process, role, coordinator });
  }

  async function finish(
    process: Process,
    { receipt, messageId }: HeldMessage,
    disposition: Disposition,
  ): Promise<void> {
    const isDone = disposition.kind === "acknowledge";
    const seconds = isDone ? 0 : disposition.delaySeconds;
    try {
      await call(network, process, {
        kind: "message",
        site: isDone ? "message.acknowledge" : "message.return",
        about: () => messageId,
        perform: () => (isDone ? queues.remove(receipt) : queues.changeVisibility(receipt, seconds)),
        told: () => (isDone ? "" : `in ${seconds} s`),
      });
    } catch {
      // A message that could not be deleted or returned comes back by itself.
    }
  }

  /** A program elsewhere that could not report has its message again. */
  async function elsewhere(process: Process, { body }: HeldMessage): Promise<Disposition> {
    const task = JSON.parse(body) as OutsideTask;
    outsideMessages.push(task);
    try {
      await runElsewhere(network, process, task, nextAct);
      return { kind: "acknowledge" };
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      return { kind: "return", delaySeconds: 1 };
    }
  }

  function handle(
    process: Process,
    coordinator: Coordinator,
    from: ConsumedQueue,
    messages: readonly HeldMessage[],
  ): Promise<Disposition[]> {
    if (from === outsideQueue) return Promise.all(messages.map((message) => elsewhere(process, message)));
    if (from === "request") return Promise.all(messages.map((message) => coordinator.control(message)));
    if (from.startsWith("task:"))
      return coordinator.work({ messages, queue: from.slice("task:".length), deadlineAtMs: schedule.now() + 900_000 });
    const letter =
      from === "dead:request"
        ? ({ from: "request" } as const)
        : ({ from: "task", queue: from.slice("dead:task:".length) } as const);
    return Promise.all(messages.map((message) => coordinator.deadLetter(letter, message)));
  }

  return {
    schedule,
    queues,
    table,
    diary,
    entries,
    outsideMessages,
    sideBySide: atOnce.sideBySide,
    violations,
    happened: network.happened,
    calls: () => network.calls,
    async settle() {
      const lastMs = schedule.now() + maxDays * 86_400_000;
      for (let event = 0; event < maxEvents; event++) {
        if (!schedule.step()) return true;
        await settled();
        if (schedule.now() > lastMs) return false;
      }
      return false;
    },
  };
}

function roleOf(from: ConsumedQueue): string {
  if (from === "request") return "control";
  return from.startsWith("dead:") ? "letters" : `worker.${from.slice("task:".length)}`;
}

/** What messages are about; undefined when one does not say, or says nothing true. */
function runsOf(messages: readonly HeldMessage[]): readonly string[] | undefined {
  const runs = messages.map(({ body }) => runIn(body) ?? runInToken(body) ?? /"id":"([^"]+)"/.exec(body)?.[1]);
  return runs.includes(undefined) ? undefined : (runs as string[]);
}

function shortly(body: string): string {
  const [, type = "garbage"] = /"type":"(\w+)"/.exec(body) ?? [];
  const [, node = ""] = /"nodes?":(\[[^\]]*\]|"[^"]*")/.exec(body) ?? [];
  return `${type} ${runIn(body) ?? ""} ${node}`.trimEnd();
}
