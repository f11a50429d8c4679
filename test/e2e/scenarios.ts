/**
 * What is done with the deployed stack. Each scenario ends with the stored state audited.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "./commands.ts";
import { packedProject } from "./packed.ts";
import { startsFile } from "./shared-tasks.ts";
import {
  audit,
  endOf,
  firedJoin,
  idOf,
  inspect,
  members,
  report,
  runToEnd,
  type Scenario,
  submit,
  tutti,
  tuttiJson,
  until,
  type World,
} from "./world.ts";

const squares = (count: number) => members(count, (index) => ({ task: "square", args: [index] }));
const failing = (count: number, fails: number) =>
  members(count, (index) => ({ task: "fail-if", args: [index < fails] }));

/** A chord of n, whose callback adds up n squares. */
export const chordOf = (count: number): Scenario => ({
  name: `chord of ${count.toLocaleString("en")}`,
  async run(world) {
    const name = `chord-${count}`;
    const started = performance.now();
    const { value } = await runToEnd(world, name, { chord: { header: squares(count), callback: { task: "add" } } });
    const seconds = (performance.now() - started) / 1000;
    assert.equal(value, ((count - 1) * count * (2 * count - 1)) / 6);
    const { arrived, decision, missingCount } = await firedJoin(world, idOf(world, name));
    assert.deepEqual({ arrived, decision, missingCount }, { arrived: count, decision: "callback", missingCount: 0 });
    return `run ${seconds.toFixed(1)} s`;
  },
});

const policies: Scenario = {
  name: "a failing member, under each policy",
  async run(world) {
    const chord = (chordWith: object) => ({ chord: { header: failing(3, 1), ...chordWith } });
    const [settled, failed] = await Promise.all([
      runToEnd(world, "all-settled", chord({ when: "all-settled", callback: { task: "statuses" } })),
      runToEnd(world, "all-succeeded", chord({ onError: { task: "tell-failure" } }), "FAILED"),
      runToEnd(world, "tolerate", chord({ when: { tolerate: { count: 1 } } })),
      runToEnd(world, "tolerate-0", chord({ when: { tolerate: { count: 0 } } }), "FAILED"),
      runToEnd(world, "quorum", chord({ when: { quorum: 2 } })),
    ]);
    assert.deepEqual(settled.value, ["FAILED", "SUCCEEDED", "SUCCEEDED"]);
    assert.equal(failed.error?.message, "asked to fail");
    // The run has failed; its error callback runs after that.
    await until("the error callback", 120, async () => {
      const { tasks } = await inspect(world, idOf(world, "all-succeeded"));
      return tasks.some(({ id, status }) => id.endsWith("onError") && status === "SUCCEEDED");
    });
    for (const name of ["all-settled", "tolerate", "tolerate-0", "quorum", "all-succeeded"])
      await audit(world, idOf(world, name));
    return "5 runs";
  },
};

const retries: Scenario = {
  name: "retries: of an attempt, and of a run",
  async run(world) {
    assert.equal((await runToEnd(world, "attempts", { task: "fail-once" })).value, 2);
    const id = idOf(world, "again");
    await runToEnd(world, "again", { chord: { header: failing(2, 1), callback: { task: "add" } } }, "FAILED");
    await tuttiJson(world, ["retry", id, "--yes", "--args", "header[0]=[false]"]);
    // The command waits for its answer for ten seconds; a machine with much to do may take longer.
    await until("generation 2", 120, async () => (await inspect(world, id)).run.generation === 2);
    assert.equal((await endOf(world, id)).value, 2);
    await audit(world, id);
    return "2 generations";
  },
};

const revoke: Scenario = {
  name: "a revoke",
  async run(world) {
    const header = members(3, () => ({ task: "hold", args: [120] }));
    const id = await submit(world, "revoked", { chord: { header, callback: { task: "add" } } });
    await tuttiJson(world, ["revoke", id, "--yes", "--reason", "shown to work"]);
    await endOf(world, id, "REVOKED");
    await audit(world, id);
    return "";
  },
};

const pause: Scenario = {
  name: "pause, resume, and a report for a task elsewhere",
  async run(world) {
    const id = await submit(world, "paused", { chain: [{ task: "approve" }, { task: "square" }] });
    const paused = async () => (await inspect(world, id)).run.pausedAt !== null;
    await tuttiJson(world, ["pause", id]);
    await until("the pause", 120, paused);
    await tuttiJson(world, ["resume", id]);
    await until("the end of the pause", 120, async () => !(await paused()));
    await report(world, (await inspect(world, id)).tasks[0]?.id as string, "3");
    assert.equal((await endOf(world, id)).value, 9);
    await audit(world, id);
    return "";
  },
};

const looking: Scenario = {
  name: "status, and audit of all runs",
  async run(world) {
    const { queues } = await tuttiJson<{ queues: readonly { queue: string }[] }>(world, ["status"]);
    assert.deepEqual(queues.map(({ queue }) => queue).sort(), ["default", "marked", "people", "poison", "request"]);
    const { violations } = await tuttiJson<{ violations: readonly unknown[] }>(world, ["audit", "--all"]);
    assert.deepEqual(violations, []);
    return `${queues.length} queues`;
  },
};

const deadline: Scenario = {
  name: "a chord's deadline, ended by the schedule",
  async run(world) {
    const header = [
      { task: "square", args: [2] },
      { task: "hold", args: [600], timeoutSeconds: 800 },
    ];
    const chord = { header, when: "all-settled", callback: { task: "statuses" }, deadlineSeconds: 3 };
    const { value } = await runToEnd(world, "deadline", { chord });
    assert.deepEqual(value, ["SUCCEEDED", "TIMED_OUT"]);
    await firedJoin(world, idOf(world, "deadline"));
    const { aws } = world.target;
    return aws === undefined || !world.target.sharesFiles
      ? ""
      : `swept: ${await sweptIn(aws, idOf(world, "deadline"))}`;
  },
};

/** What the sweeper has done for a run, by its log: nothing else ends a chord whose member is silent. */
async function sweptIn(aws: NonNullable<World["target"]["aws"]>, id: string): Promise<string> {
  const { logGroups } = (await aws("logs", "describe_log_groups", {})) as { logGroups: { logGroupName: string }[] };
  const logGroupName = logGroups.find((group) => group.logGroupName.includes("SweepLogs"))?.logGroupName;
  const { events } = (await aws("logs", "filter_log_events", { logGroupName })) as { events: { message: string }[] };
  const lines = events.filter(({ message }) => message.includes('"event":"swept"') && message.includes(`"${id}"`));
  assert.ok(lines.length > 0, `the sweeper has done nothing for ${id}`);
  return lines.map(({ message }) => /"cause":"([^"]+)"/.exec(message)?.[1]).join(", ");
}

/** URL of a queue of the stack. */
async function urlOf({ target }: World, part: string): Promise<string> {
  const { aws, stack } = target as Required<World["target"]>;
  const listed = (await aws("sqs", "list_queues", { QueueNamePrefix: stack })) as { QueueUrls: string[] };
  const url = listed.QueueUrls.find((one) => one.includes(part));
  assert.ok(url !== undefined, `no queue ${part} of ${stack}`);
  return url;
}

/** Set for this queue alone, and for the emulator: a stack's own values would take half a day. */
const giveUpSoon = { VisibilityTimeout: "2", maxReceiveCount: 1 };

const poison: Scenario = {
  name: "a poisoned message, through the dead-letter queue",
  needs: ({ aws }) => aws !== undefined,
  async run(world) {
    const { aws } = world.target as Required<World["target"]>;
    const queue = await urlOf(world, "QueuesTaskpoison");
    const { Attributes } = (await aws("sqs", "get_queue_attributes", {
      QueueUrl: queue,
      AttributeNames: ["RedrivePolicy"],
    })) as { Attributes: { RedrivePolicy: string } };
    const { VisibilityTimeout, maxReceiveCount } = giveUpSoon;
    const RedrivePolicy = JSON.stringify({ ...JSON.parse(Attributes.RedrivePolicy), maxReceiveCount });
    await aws("sqs", "set_queue_attributes", { QueueUrl: queue, Attributes: { VisibilityTimeout, RedrivePolicy } });

    const healthy = submit(world, "beside", { group: squares(3) });
    const { error } = await runToEnd(world, "poison", { task: "poison", retry: { maxLost: 1 } }, "FAILED");
    assert.match(error?.message ?? "", /^queue poison gave the task up/);
    await endOf(world, await healthy);
    await audit(world, idOf(world, "poison"));
    return error?.message ?? "";
  },
};

const rejected: Scenario = {
  name: "a message that is no request",
  needs: ({ aws }) => aws !== undefined,
  async run(world) {
    const { aws } = world.target as Required<World["target"]>;
    const QueueUrl = await urlOf(world, "QueuesRequests");
    await aws("sqs", "send_message", { QueueUrl, MessageBody: "{ not a request" });
    await until("the rejected request", 120, async () => {
      const status = await tuttiJson<{ rejected: number }>(world, ["status"]);
      return status.rejected > 0;
    });
    return "recorded for operators";
  },
};

const killed: Scenario = {
  name: "workers killed with SIGKILL",
  needs: ({ sharesFiles }) => sharesFiles,
  async run(world) {
    const count = 100;
    const header = members(count, () => ({ task: "mark", args: [world.folder, 0.5] }));
    const id = await submit(world, "killed", { chord: { header, callback: { task: "add" } } });
    const kills = 5;
    const gone = new Set<number>();
    await until(`${kills} kills`, 120, async () => {
      const pid = workersOf(world, id).find((found) => !gone.has(found));
      if (pid === undefined) return undefined;
      gone.add(pid);
      process.kill(pid, "SIGKILL");
      return gone.size === kills;
    });
    assert.equal((await endOf(world, id)).value, count);
    const { arrived } = await firedJoin(world, id);
    assert.equal(arrived, count);
    const { tasks } = await inspect(world, id);
    return `${kills} killed, ${tasks.filter(({ attempt }) => attempt > 1).length} tasks run again`;
  },
};

/** Processes that have started tasks of a run, the newest first. */
function workersOf(world: World, id: string): readonly number[] {
  let text: string;
  try {
    text = readFileSync(join(world.folder, startsFile), "utf8");
  } catch {
    return [];
  }
  const lines = text.split("\n").filter((line) => line.startsWith(id));
  return [...new Set(lines.map((line) => Number(line.split(" ")[2])))].reverse();
}

/** Where nobody can reach the processes: each member of three is the end of its process, the first time. */
const killedFromInside: Scenario = {
  name: "workers killed with SIGKILL, from inside",
  needs: ({ sharesFiles }) => !sharesFiles,
  async run(world) {
    const header = members(30, (index) => ({ task: "die-once", args: [index % 10 === 0] }));
    const { value } = await runToEnd(world, "killed-inside", { chord: { header, callback: { task: "add" } } });
    assert.equal(value, 30);
    await firedJoin(world, idOf(world, "killed-inside"));
    return "3 killed";
  },
};

const update: Scenario = {
  name: "an update deployed while runs are under way",
  async run(world) {
    const count = 100;
    const header = members(count, () => ({ task: "release", args: [1] }));
    const id = await submit(world, "update", { chord: { header } });
    const next = { task: "release", args: [0], immutable: true };
    const waiting = await submit(world, "across", { chain: [next, { task: "approve", immutable: true }, next] });
    await until("the first results", 120, async () => {
      const reports = await Promise.all([id, waiting].map((one) => inspect(world, one)));
      return reports.every(({ run }) => (run.progress.succeeded as number) > 0);
    });
    await world.deployNext();
    // What runs may end on the old code; what begins now is on the new.
    const approval = (await inspect(world, waiting)).tasks[1]?.id as string;
    await report(world, approval, "true");
    assert.equal((await endOf(world, waiting)).value, 2);
    const releases = (await endOf(world, id)).value as readonly number[];
    assert.equal(releases.length, count);
    for (const one of [id, waiting]) await audit(world, one);
    const { tasks } = await inspect(world, id);
    const again = tasks.filter(({ attempt }) => attempt > 1).length;
    return `${releases.filter((release) => release === 1).length} members on release 1, ${again} run again`;
  },
};

/** Nothing is left where the stack was. */
export async function checkGone(world: World): Promise<void> {
  const { code, stderr } = await tutti(world, ["status"]);
  assert.equal(code, 1);
  assert.match(stderr, /there is no stack/);
}

/** Steps, one after the other; tracks of a step run side by side, the scenarios of a track one after the other. */
export type Plan = readonly (readonly (readonly Scenario[])[])[];

const requests = [policies, retries, revoke, pause, rejected];

export const plans = {
  all: [
    [[chordOf(10), chordOf(100), chordOf(1000)], requests, [deadline], [poison], [killed, killedFromInside]],
    [[looking, commands, update], [packedProject]],
  ],
  leastPrivilege: [[[chordOf(10), chordOf(100)], requests, [deadline], [poison]], [[looking, commands]]],
  droppedAnswers: [[[chordOf(10), chordOf(100), chordOf(1000)], requests.filter((one) => one !== rejected)]],
  core: [[[chordOf(10), chordOf(100)], requests, [killed]], [[looking, commands]]],
} as const satisfies Readonly<Record<string, Plan>>;
