/**
 * What producers and operators do in a history, and what somebody puts on the queues who should not: messages, at their times.
 */
import type { QueueRef } from "../../lib/ports/queue.ts";
import { decodeHead, type Head } from "../../lib/protocol/head.ts";
import { type Case, mayBeRefused, requestOf, runOfA, type Tenant, tasksOf } from "./case.ts";
import { createRandom, type Random, streams } from "./random.ts";
import { nameOf } from "./table.ts";
import type { World } from "./world.ts";

interface Sender {
  readonly world: World;
  readonly random: Random;
  /** Within that time of the beginning everything is asked for. */
  readonly withinMs: number;
  requests: number;
}

/** Sends everything at its time. */
export function beginPeople(world: World, { name, mix, tenants }: Case): void {
  const random = createRandom(name.seed ^ Math.imul(name.schedule, 0x2545f491), streams.people);
  const sender: Sender = { world, random, withinMs: random.pick([1000, 10_000, 60_000, 300_000]), requests: 0 };
  for (const tenant of tenants) {
    const isA = tenant.run === runOfA;
    submit(sender, tenant, mix.on.has("submit-again"));
    if (mix.on.has("hold") && random.chance(0.7)) hold(sender, tenant);
    if (isA && mix.on.has("revoke")) revoke(sender, tenant);
    if (isA && mix.on.has("retry")) retry(sender, tenant);
    if (isA && mix.on.has("clean-up")) cleanUp(sender, tenant, 1);
  }
  if (mix.on.has("hold")) lookAfter(sender, tenants, 1);
  if (mix.on.has("poison")) for (let one = random.between(1, 4); one > 0; one--) poison(sender);
}

/** Of requests that people send again when they see that the run has not got on. */
export function ask(world: World, run: string, requestId: string, request: Readonly<Record<string, unknown>>): void {
  world.queues.send("request", [
    { body: JSON.stringify({ tutti: 1, id: run, requestId, ...request }), delaySeconds: 0 },
  ]);
}

function later({ world, random, withinMs }: Sender, send: () => void, afterMs = 0): number {
  const atMs = world.schedule.now() + afterMs + random.below(withinMs);
  world.schedule.at(atMs, send);
  return atMs - world.schedule.now();
}

function submit(sender: Sender, tenant: Tenant, again: boolean): void {
  const { world, random } = sender;
  const send = (requestId: string) => () => {
    const request = requestOf(tenant, requestId);
    const { fairnessKey } = request;
    world.diary.note(world.schedule.now(), "producer", "submit", tenant.run, undefined, requestId);
    world.queues.send("request", [
      { body: JSON.stringify(request), delaySeconds: 0, ...(fairnessKey ? { fairnessKey } : {}) },
    ]);
  };
  const first = `submit-${tenant.run}`;
  world.schedule.at(world.schedule.now() + random.below(2000), send(first));
  if (!again) return;
  for (let copy = random.between(1, 3); copy > 0; copy--)
    later(sender, send(random.chance(0.5) ? first : `${first}-${copy}`));
}

function operate(sender: Sender, run: string, request: Readonly<Record<string, unknown>>, afterMs = 0): number {
  const { world } = sender;
  const requestId = `operation-${++sender.requests}`;
  const send = () => {
    world.diary.note(world.schedule.now(), "operator", String(request.type), run, undefined, JSON.stringify(request));
    ask(world, run, requestId, request);
  };
  return later(sender, send, afterMs);
}

function hold(sender: Sender, { run }: Tenant): void {
  for (let times = sender.random.between(1, 2); times > 0; times--) {
    const afterMs = operate(sender, run, { type: "pause", generation: 1 });
    operate(sender, run, { type: "resume", generation: 1 }, afterMs);
  }
}

const lookMs = 1_200_000;

/** Who pauses runs looks after them: a late copy of the request may have paused one again. */
function lookAfter(sender: Sender, tenants: readonly Tenant[], look: number): void {
  const { world, withinMs } = sender;
  world.schedule.at(world.schedule.now() + (look === 1 ? 2 * withinMs : lookMs), () => {
    const heads = tenants.flatMap(({ run }) => headIn(world, run) ?? []);
    // One that has ended may still have an error callback to start.
    const there = heads.filter(({ removeAtMs, removedAtMs }) => removeAtMs === undefined && removedAtMs === undefined);
    const unfinished = there.filter(({ status, pausedAtMs }) => status === "RUNNING" || pausedAtMs !== undefined);
    for (const { runId, generation, pausedAtMs } of unfinished) {
      if (pausedAtMs === undefined) continue;
      world.diary.note(world.schedule.now(), "operator", "resume", runId, undefined, "it is still paused");
      ask(world, runId, `resume-${look}`, { type: "resume", generation });
    }
    // One that may be refused need not come, but if it does, its request was delivered again after a while.
    const isAwaited = tenants.some((tenant) => !headIn(world, tenant.run) && (look === 1 || !mayBeRefused(tenant)));
    if (unfinished.length > 0 || isAwaited) lookAfter(sender, tenants, look + 1);
  });
}

function headIn({ table }: World, run: string): Head | undefined {
  const image = table.images.get(nameOf({ pk: run, sk: "head" }))?.image;
  return image && decodeHead(run, image);
}

function revoke(sender: Sender, { run, workflow }: Tenant): void {
  const { random } = sender;
  if (random.chance(0.4)) {
    operate(sender, run, { type: "revoke", generation: 1 });
    return;
  }
  const paths = pathsIn(workflow);
  for (let times = random.between(1, 2); times > 0; times--)
    operate(sender, run, { type: "revoke", generation: 1, path: random.pick(paths) });
}

/** Looks that are worth while: whoever has not ended by then is left alone. */
const looks = 20;

/** Has the run removed at some time after its end, often while messages of it are still about. */
function cleanUp(sender: Sender, tenant: Tenant, look: number): void {
  const { world, random } = sender;
  world.schedule.at(world.schedule.now() + random.below(random.pick([1000, 60_000, 600_000])), () => {
    const head = headIn(world, tenant.run);
    if (head === undefined || head.status === "RUNNING") {
      if (look < looks) cleanUp(sender, tenant, look + 1);
      return;
    }
    world.diary.note(world.schedule.now(), "operator", "remove", tenant.run, undefined, "it has ended");
    for (let copy = random.between(1, 2); copy > 0; copy--)
      ask(world, tenant.run, `remove-${copy}`, { type: "remove", generation: head.generation });
  });
}

/** Paths that a small workflow is likely to have. */
function pathsIn(workflow: Tenant["workflow"]): readonly string[] {
  if (tasksOf(workflow).length === 1 && "task" in workflow) return ["task"];
  const steps = "chord" in workflow ? ["header[0]", "header[1]", "header[2]", "callback", "."] : ["[0]", "[1]", "."];
  return "dag" in workflow ? Object.keys(workflow.dag.nodes) : steps;
}

function retry(sender: Sender, { run }: Tenant): void {
  for (let times = sender.random.between(1, 3); times > 0; times--)
    operate(sender, run, { type: "retry", generation: sender.random.between(1, 2) });
}

const garbage = ["", "{", "null", '{"tutti":1}', '{"tutti":1,"type":"task"}', '{"tutti":2,"type":"submit"}'] as const;
const queues = ["request", "task:default", "task:other"] as const satisfies readonly QueueRef[];

/** Garbage; or a message of A's run that names a task which is not in it, or takes a task for a sleep. */
function poison(sender: Sender): void {
  const { world, random } = sender;
  later(sender, () => {
    const sample = random.chance(0.6) ? world.queues.sample(runOfA) : undefined;
    const forged = random.chance(0.5)
      ? sample?.replace(/"node":"[^"]*"/, '"node":"no/such"')
      : sample?.replace('"type":"task"', '"type":"wake"');
    const body = forged ?? random.pick(garbage);
    world.diary.note(world.schedule.now(), "somebody", "poison", body.slice(0, 60), undefined, "");
    world.queues.send(
      forged === undefined ? random.pick(queues) : random.pick(["request", "request", "task:default"]),
      [{ body, delaySeconds: 0 }],
    );
  });
}
