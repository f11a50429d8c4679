/**
 * The network between processes and services: every call of a port takes its time, and may go wrong.
 */
import { QueueError, StoreError } from "../../lib/errors.ts";
import { epochMs } from "../../lib/model/ids.ts";
import type { Clock } from "../../lib/ports/index.ts";
import type { HeldMessage, OutgoingMessage, Queue, QueueRef } from "../../lib/ports/queue.ts";
import type { Store, Write } from "../../lib/ports/store.ts";
import { decodeParent } from "../../lib/protocol/parent-ref.ts";
import { type CallKind, isOurs } from "../simulation/faults.ts";
import type { Variant } from "../simulation/world.ts";
import type { Diary } from "./diary.ts";
import type { CallFault, Mix } from "./faults.ts";
import type { Queues } from "./queues.ts";
import type { Random } from "./random.ts";
import type { Schedule, Stoppable } from "./schedule.ts";
import { nameOf, type Table } from "./table.ts";

/** One process: a worker, control, a sweeper, or a reader of dead letters. */
export interface Process extends Stoppable {
  readonly name: string;
  readonly version: 1 | 2;
  /** How far its clock is ahead. */
  readonly offsetMs: number;
  held: readonly HeldMessage[];
  /** Runs that its messages so far are about; undefined when it may touch any. */
  runs: readonly string[] | undefined;
}

export interface Network {
  readonly schedule: Schedule;
  readonly random: Random;
  readonly mix: Mix;
  readonly queues: Queues;
  readonly table: Table;
  readonly diary: Diary;
  readonly variant: Variant | undefined;
  /** Calls at which something went wrong. */
  readonly happened: { readonly call: number; readonly fault: CallFault; readonly site: string }[];
  wrong(what: readonly string[]): void;
  calls: number;
}

interface Call<T> {
  readonly kind: CallKind;
  readonly site: string;
  /** What it is about, in a word; asked only where it is noted. */
  readonly about: () => string;
  readonly perform: () => Promise<T> | T;
  readonly told: (result: T) => string;
  /** The answer as if it had been done. */
  readonly lost?: () => T;
  /** The same with entries refused. */
  readonly partial?: () => T;
}

const usualMs = 12;
const slowMs = 30_000;
/** Longer than a lease, its ε and a visibility timeout together. */
const longestPauseMs = 300_000;

const never = (): Promise<never> => new Promise(() => {});

/** Makes a call; what is returned resolves when its answer has come. */
export function call<T>(network: Network, process: Process, made: Call<T>): Promise<T> {
  const { schedule, random, mix } = network;
  if (process.dead) return never();
  const number = network.calls++;
  const fault = mix.at(number, made.kind);
  if (fault) network.happened.push({ call: number, fault, site: made.site });
  const slow = fault === "slow" ? random.below(slowMs) : 0;
  // Half of what is slow is so before the effect, half after it.
  const [before, after] = slow % 2 === 0 ? [slow, 0] : [0, slow];
  return new Promise((resolve, reject) => {
    const begin = () => {
      const done = perform(network, process, made, fault, number);
      if (after === 0) return void done.then(resolve, reject);
      const later = (answer: () => void) => void schedule.at(schedule.now() + after, answer, process);
      done.then(
        (result) => later(() => resolve(result)),
        (error) => later(() => reject(error)),
      );
    };
    const isHeld = fault === "pause" && random.chance(0.5);
    if (isHeld) pause(network, process);
    schedule.at(schedule.now() + 1 + random.below(usualMs) + before, begin, process);
  });
}

function pause({ schedule, random }: Network, process: Process): void {
  process.pausedUntilMs = schedule.now() + random.between(20_000, longestPauseMs);
}

/** The call as it happens, with whatever goes wrong at it. */
async function perform<T>(
  network: Network,
  process: Process,
  made: Call<T>,
  fault: CallFault | undefined,
  number: number,
): Promise<T> {
  const { schedule, random, queues } = network;
  const { kind, site, about } = made;
  const { diary } = network;
  const note = (result: string) =>
    diary.isKept &&
    diary.note(schedule.now(), process.name, site, about(), fault && `${fault} (call ${number})`, result);
  const effect = async () => {
    const result = await made.perform();
    if (diary.isKept) note(made.told(result));
    return result;
  };
  const again = (ms: number) =>
    schedule.at(schedule.now() + ms, () => {
      if (diary.isKept) diary.note(schedule.now(), "network", site, about(), undefined, "applied late");
      void Promise.resolve(made.perform()).catch(() => {});
    });
  const failure = () =>
    kind === "send" || kind === "message" ? new QueueError("injected") : new StoreError("injected");
  switch (fault) {
    case undefined:
    case "slow":
      return effect();
    case "crash-before":
      note("the process dies");
      process.dead = true;
      return never();
    case "crash-after":
      await effect();
      process.dead = true;
      return never();
    case "gone":
      await effect();
      for (const message of process.held) if (isOurs(message)) queues.remove(message.receipt);
      process.dead = true;
      return never();
    case "reply-lost":
      await effect();
      return new Promise((resolve, reject) => {
        const repeat = () => void effect().then(resolve, reject);
        schedule.at(schedule.now() + random.below(1000), repeat, process);
      });
    case "failed-after":
      await effect();
      throw failure();
    case "throttled":
      note("fails");
      throw failure();
    case "applied-late":
      note("fails");
      again(lateMs(random));
      throw failure();
    case "late-copy":
      again(lateMs(random));
      return effect();
    case "partial":
      note("some refused");
      return made.partial ? made.partial() : effect();
    case "lost":
      note("lost");
      return made.lost ? made.lost() : effect();
    case "deliver-again":
      for (const { receipt } of process.held) queues.changeVisibility(receipt, 0);
      return effect();
    case "pause": {
      const result = await effect();
      if (process.pausedUntilMs <= schedule.now()) pause(network, process);
      return new Promise((resolve) => schedule.at(schedule.now(), () => resolve(result), process));
    }
  }
}

const lateMs = (random: Random) => random.below(random.pick([100, 2000, 60_000, longestPauseMs]));

// ---- Ports -----------------------------------------------------------------------------------------------------------

export function clockOf({ schedule }: Network, process: Process): Clock {
  return {
    now: () => epochMs(schedule.now() + process.offsetMs),
    // Clocks tell whole milliseconds, and a third of a lease is none.
    after: (delayMs, run) => schedule.at(schedule.now() + Math.max(0, Math.ceil(delayMs)), run, process),
  };
}

export function storeOf(network: Network, process: Process): Store {
  const { table, variant, queues } = network;
  const store = variant?.store?.(table.store) ?? table.store;
  const read = <T>(site: string, about: () => string, perform: () => Promise<T>, told: (result: T) => string) =>
    call(network, process, { kind: "read", site, about, perform, told });
  const isThere = (image: unknown) => (image === undefined ? "nothing" : "found");
  return {
    get(key, site) {
      checkOwn(network, process, [key.pk], site);
      return read(
        site,
        () => nameOf(key),
        () => store.get(key, site),
        isThere,
      );
    },
    getMany(keys, site) {
      checkOwn(
        network,
        process,
        keys.map(({ pk }) => pk),
        site,
      );
      return read(
        site,
        () => `${keys.length} items`,
        () => store.getMany(keys, site),
        () => "",
      );
    },
    query(pk, prefix, cursor, site) {
      checkOwn(network, process, [pk], site);
      return read(
        site,
        () => `${pk}/${prefix}*`,
        () => store.query(pk, prefix, cursor, site),
        ({ items }) => `${items.length}`,
      );
    },
    // Three of four shards are empty here: asking them is no event.
    due: async (shard, before, cursor, site) => {
      const found = await store.due(shard, before, cursor, site);
      if (found.items.length === 0) return found;
      return read(
        site,
        () => shard,
        () => store.due(shard, before, cursor, site),
        ({ items }) => `${items.length}`,
      );
    },
    list: (shard, cursor, site) =>
      read(
        site,
        () => shard,
        () => store.list(shard, cursor, site),
        () => "",
      ),
    async write(write, site) {
      checkOwn(network, process, [write.key.pk], site);
      if (variant?.acknowledgeBeforeWrite === site) for (const { receipt } of process.held) queues.remove(receipt);
      return call(network, process, {
        kind: "write",
        site,
        about: () => aboutWrite(write),
        perform: () => store.write(write, site),
        told: ({ applied }) => (applied ? "written" : "refused"),
      });
    },
    remove(keys, site) {
      checkOwn(
        network,
        process,
        keys.map(({ pk }) => pk),
        site,
      );
      return call(network, process, {
        kind: "write",
        site,
        about: () => `${keys.length} items`,
        perform: () => store.remove(keys, site),
        told: () => "removed",
      });
    },
  };
}

/** S12: who handles messages of a run touches items of that run only, and of those that its maps have expanded into. */
function checkOwn(network: Network, { runs, name }: Process, partitions: readonly string[], site: string): void {
  if (runs === undefined) return;
  for (const pk of partitions) {
    if (pk.startsWith("rejected#")) continue;
    const [of = ""] = pk.split("#", 1);
    const root = rootOf(network.table, of);
    if (runs.some((run) => run === of || rootOf(network.table, run) === root) || root.startsWith("map-")) continue;
    network.wrong([`S12: ${name} touches ${pk} at ${site} for messages of ${runs.join(", ")}`]);
  }
}

/** The run that a map's is a part of; itself, when it is none or not made yet. */
export function rootOf({ images }: Pick<Table, "images">, run: string): string {
  if (!run.startsWith("map-")) return run;
  const parent = images.get(nameOf({ pk: run, sk: "head" }))?.image.parent;
  return parent === undefined ? run : rootOf({ images }, decodeParent(parent).run);
}

/** The key, and what is set there: for slots their state. */
function aboutWrite({ key, set }: Write): string {
  const states = set.flatMap((action) => {
    const value = "value" in action ? action.value : undefined;
    if (typeof value !== "object" || value === null || !("s" in value)) return [];
    return [`${action.path[0]}=${String((value as { s: unknown }).s)}`];
  });
  return states.length === 0 ? nameOf(key) : `${nameOf(key)} ${states.join(" ")}`;
}

export function queueOf(network: Network, process: Process): Queue {
  const { variant } = network;
  const own: Queue = { send: (ref, messages, site) => send(network, process, ref, messages, site) };
  return variant?.queue?.(own) ?? own;
}

function send(
  network: Network,
  process: Process,
  ref: QueueRef,
  messages: readonly OutgoingMessage[],
  site: string,
): Promise<{ readonly failed: readonly number[] }> {
  const { queues, variant, random } = network;
  if (variant?.acknowledgeBeforeSend) for (const { receipt } of process.held) queues.remove(receipt);
  network.wrong(messages.flatMap((message) => wrongKey(network.table, message)));
  return call(network, process, {
    kind: "send",
    site,
    about: () => `${messages.length} to ${ref}${runsIn(messages)}`,
    perform() {
      queues.send(ref, messages);
      return { failed: [] };
    },
    told: () => "sent",
    lost: () => ({ failed: [] }),
    partial() {
      const failed = messages.flatMap((_, at) => (at === 0 || random.chance(0.5) ? [at] : []));
      queues.send(
        ref,
        messages.filter((_, at) => !failed.includes(at)),
      );
      return { failed };
    },
  });
}

/** What a message of ours says it is about. */
const ofRun = /^\{"tutti":1,"type":"(\w+)".*?"run":"([^"]+)"/;
const ofNode = /"nodes?":(\["[^\]]*"\]|"[^"]*")/;

export function runIn(body: string): string | undefined {
  return ofRun.exec(body)?.[2];
}

function runsIn(messages: readonly OutgoingMessage[]): string {
  const named = messages.map(({ body }) => `${runIn(body) ?? ""}/${ofNode.exec(body)?.[1] ?? ""}`);
  return named.length === 0 ? "" : ` ${named.join(" ")}`;
}

/** A message travels under the fairness key of its run: the tenants here are named after theirs. */
function wrongKey(table: Table, { body, fairnessKey }: OutgoingMessage): string[] {
  const [, type = "", run = ""] = ofRun.exec(body) ?? [];
  if (!["task", "pack", "range", "map", "follow"].includes(type)) return [];
  const wanted = fairnessKeyOf(rootOf(table, run));
  return fairnessKey === wanted ? [] : [`S12: a ${type} of ${run} travels under the key ${fairnessKey}`];
}

export const fairnessKeyOf = (run: string) => `key-of-${run}`;
