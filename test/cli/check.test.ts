/**
 * `check`, `fix`, `health`, `list` and `monitor` in a process of our own: what they print, ask, change, and end with.
 */
import { describe, expect, it } from "vitest";
import { main } from "../../cli/program.ts";
import {
  checkReportSchema,
  fixReportSchema,
  healthReportSchema,
  listReportSchema,
} from "../../lib/model/operating-reports.ts";
import { createStage, type Stage } from "../unit/diagnose/stage.ts";
import { exitCodes, type FakeIoOptions, fakeIo, json, tutti } from "./fake-io.ts";

const one = (value: number) => ({ task: "one", args: [value] });
const other = (value: number) => ({ task: "other", args: [value] });
const collect = { task: "collect" };

/** A chord of four whose last two members wait on a queue that nobody reads. */
async function stuckStage(seconds = 3600): Promise<Stage> {
  const stage = createStage();
  stage.deployment.switches.unread.add("other");
  const header = [one(1), one(2), other(3), other(4)];
  await stage.begin({ chord: { header, callback: collect } }, { id: "nightly", name: "nightly report" });
  await stage.pass(seconds);
  return stage;
}

/** The same, whose message was lost, and nobody has swept since. */
async function lostStage(): Promise<Stage> {
  const stage = await stuckStage(1);
  await stage.lose("task:other");
  stage.deployment.switches.unread.clear();
  await stage.deployment.advance(100);
  return stage;
}

const terminal = { columns: 80, env: { NO_COLOR: "1" } };
const run = ({ deployment }: Stage, argv: readonly string[], options: FakeIoOptions = {}) =>
  tutti(argv, { deployment, ...options });
const stored = ({ deployment: { store, queue } }: Stage) => JSON.stringify([store.dump(), queue.list()]);
const statusOf = async ({ deployment }: Stage, id = "nightly") =>
  (await deployment.until(deployment.client.list())).runs.find((one) => one.id === id)?.status;

describe("tutti check", () => {
  it("S1-27 S2-23: prints each stuck chord, its members, why, and what mends it, at 80 columns", async () => {
    const { exitCode, stdout, stderr } = await run(await stuckStage(), ["check"], terminal);
    expect(stdout).toBe(`=== Chord nightly/. ===
Status: PENDING · queue-not-read for 1 h
Ready: False · 2 of 4 arrived
  header[2..3] (2) are queued:
    sent 6 times, last 28 min 2 s ago to queue other, and nobody reads it: about
    11 messages waiting, 0 in workers' hands
  To mend it:
    tutti worker --only tasks --tasks FILE
    tutti revoke 'nightly/header[2]'

1 issue, 1 stuck: 1 active run, 1 active join
`);
    expect(stderr).toBe("");
    expect(exitCode).toBe(exitCodes.issue);
  });

  it("S1-28 S1-37 S1-42: ends with 0 until a run has made no progress for so many hours, and then with 1", async () => {
    const stage = createStage();
    await stage.begin({ chord: { header: [{ task: "nap", args: [30_000] }], callback: collect } });
    await stage.pass(7080);
    const { exitCode, stdout } = await run(stage, ["check", "--max-hours", "2"]);
    expect(stdout).toBe("nothing is stuck: 1 active run, 1 active join\n");
    expect(exitCode).toBe(exitCodes.fine);
    await stage.pass(180);
    expect((await run(stage, ["check", "--max-hours", "2"])).exitCode).toBe(exitCodes.issue);
    expect((await run(stage, ["check", "--max-hours", "0.5"])).exitCode).toBe(exitCodes.issue);
  });

  it("S1-29 S1-39 S1-43: prints the same as JSON, with times as they are", async () => {
    const stage = await stuckStage();
    const { exitCode, stdout } = await run(stage, ["check", "--json"]);
    const report = checkReportSchema.parse(json(stdout));
    expect(report).toMatchObject({
      healthy: false,
      issues: [
        {
          kind: "queue-not-read",
          runId: "nightly",
          joinId: ".",
          expected: 4,
          arrived: 2,
          missing: [{ taskId: "nightly/header[2]", where: "queued" }, { taskId: "nightly/header[3]" }],
          groups: [{ members: "header[2..3]", count: 2 }],
        },
      ],
    });
    expect(report.issues[0]?.since).toBe("2026-11-21T09:00:00.000Z");
    expect(exitCode).toBe(exitCodes.issue);
  });

  it("S2-22: takes the run by --chord-id too, tells what it waits for, and is fine until that is stuck", async () => {
    const stage = createStage();
    await stage.begin({ chord: { header: [one(1), { task: "approve" }], callback: collect } }, { seconds: 5 });
    const { exitCode, stdout } = await run(stage, ["check", "--chord-id", "r"], terminal);
    expect(stdout).toMatch(/^=== Chord r\/\. ===\nStatus: PENDING · waits-for-report for 7 s\nReady: False/);
    expect(stdout).toContain("tutti report 'r/header[1]' --succeeded");
    expect(stdout).toMatch(/nothing is stuck: 1 active run, 1 active join\n$/);
    expect(exitCode).toBe(exitCodes.fine);
    expect((await run(stage, ["check", "r", "--chord-id", "r"])).exitCode).toBe(exitCodes.usage);
  });

  it("lists requests that were refused, and stays at 0", async () => {
    const stage = createStage();
    await stage.deployment.queue.send("request", [{ body: '{"tutti":2}', delaySeconds: 0 }], "request.send");
    await stage.deployment.advance(5);
    const { exitCode, stdout } = await run(stage, ["check"], terminal);
    expect(stdout).toMatch(/^rejected requests: 1\n {2}message-\S+ \d+ s ago: /);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(exitCode).toBe(exitCodes.fine);
  });

  it.each(["0", "-1", "x", "99999"])("refuses --max-hours %s as wrong usage", async (hours) => {
    expect((await run(createStage(), ["check", "--max-hours", hours])).exitCode).toBe(exitCodes.usage);
  });

  it("says when facts are unknown, and paints only where colours are welcome", async () => {
    const stage = await stuckStage();
    stage.deployment.switches.askable = false;
    const painted = await run(stage, ["check"], { columns: 80 });
    expect(painted.stderr).toContain("unknown here, so a cause may be missing: queue depths and readers");
    expect(painted.stdout).toContain("\u001b[31m");
    expect((await run(stage, ["check", "--no-color"], { columns: 80 })).stdout).not.toContain("\u001b");
    expect((await run(stage, ["check"])).stdout).not.toContain("\u001b");
  });
});

describe("tutti fix", () => {
  it("S1-45 S1-46 S1-48 S1-50: shows what is stuck, asks, revokes, and says what to do next", async () => {
    const stage = await stuckStage(2400);
    const io = fakeIo({ deployment: stage.deployment, answer: true, ...terminal });
    expect(await main(["fix"], io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["revoke 1 run (nightly)?"]);
    expect(io.stdout()).toMatch(/^=== Chord nightly\/\. ===\n/);
    expect(io.stdout()).toMatch(/ {2}revoke nightly: queue-not-read for 40 min 2 s\nrun nightly is revoked\n/);
    expect(io.stdout()).toMatch(
      /Next steps:\n {2}tutti worker --only tasks --tasks FILE\n {2}tutti retry nightly\n {2}tutti check\n$/,
    );
    expect(await statusOf(stage)).toBe("REVOKED");
  });

  it("S1-47: leaves what is stuck for less than half an hour", async () => {
    const stage = await stuckStage(1500);
    const { exitCode, stdout } = await run(stage, ["fix"], { answer: true });
    expect(stdout).toContain("leave nightly: queue-not-read for 25 min 2 s: not yet for 30 min");
    expect(exitCode).toBe(exitCodes.issue);
    expect(await statusOf(stage)).toBe("RUNNING");
  });

  it("S1-49: revokes without asking after two hours, and not before", async () => {
    const stage = await stuckStage(7080);
    expect((await run(stage, ["fix", "--yes"])).stdout).toContain("revoked without asking after 2 h");
    expect(await statusOf(stage)).toBe("RUNNING");
    await stage.pass(180);
    const { exitCode } = await run(stage, ["fix", "--yes", "--reason", "no worker"]);
    expect(exitCode).toBe(exitCodes.fine);
    const { run: ended } = await stage.deployment.until(stage.deployment.client.inspect("nightly"));
    expect(ended).toMatchObject({ status: "REVOKED", error: { message: "no worker" } });
  });

  it("repairs what can be repaired, after asking, and the run goes on", async () => {
    const stage = await lostStage();
    const io = fakeIo({ deployment: stage.deployment, answer: true });
    expect(await main(["fix", "nightly"], io)).toBe(exitCodes.fine);
    expect(io.asked).toEqual(["repair 1 run (nightly)?"]);
    expect(io.stdout()).toContain("run nightly repaired: 2 steps");
    await stage.deployment.advance(5);
    expect(await statusOf(stage)).toBe("SUCCEEDED");
  });

  it.each([
    ["is declined", { answer: false }, ["fix", "nightly"], exitCodes.interrupted],
    ["has nobody to ask", {}, ["fix", "nightly"], exitCodes.usage],
    ["is a dry run", {}, ["fix", "nightly", "--dry-run"], exitCodes.issue],
  ])("S1-38 S1-44: changes nothing when it %s", async (_, options, argv, code) => {
    const stage = await lostStage();
    Object.assign(stage.deployment.switches, { control: false, workers: false });
    const before = stored(stage);
    const { exitCode } = await run(stage, argv, options);
    expect(exitCode).toBe(code);
    expect(stored(stage)).toBe(before);
  });

  it("does nothing the second time: the same command may be repeated", async () => {
    const stage = await lostStage();
    await run(stage, ["fix", "nightly", "--yes"]);
    await stage.deployment.advance(5);
    const { exitCode, stdout } = await run(stage, ["fix", "nightly", "--yes", "--json"]);
    expect(fixReportSchema.parse(json(stdout)).actions).toEqual([]);
    expect(exitCode).toBe(exitCodes.fine);
  });

  it.each(["approve", "nap"])("never revokes unasked a run in which nothing is wrong: %s", async (task) => {
    const stage = createStage();
    await stage.begin({ task, args: [30_000] });
    await stage.pass(8000);
    const { stdout } = await run(stage, ["fix", "--yes"]);
    expect(stdout).toContain("nothing is wrong with it");
    expect(await statusOf(stage, "r")).toBe("RUNNING");
  });
});

describe("tutti revoke --max-hours", () => {
  it("S1-30 S1-31 S1-32 S1-33: shows with --dry-run what is stuck, and revokes it without", async () => {
    const stage = await stuckStage(1860);
    Object.assign(stage.deployment.switches, { workers: false });
    const before = stored(stage);
    const dry = await run(stage, ["revoke", "--max-hours", "0.5", "--dry-run"], terminal);
    expect(dry.stdout).toMatch(/^=== Chord nightly\/\. ===[\s\S]*\nwould revoke nightly\n$/);
    expect(dry.exitCode).toBe(exitCodes.fine);
    expect((await run(stage, ["revoke", "--max-hours", "1", "--yes"])).stdout).toBe("nothing is stuck\n");
    expect((await run(stage, ["revoke", "--max-hours", "0.5"], { answer: false })).exitCode).toBe(130);
    expect(stored(stage)).toBe(before);
    const done = await run(stage, ["revoke", "--max-hours", "0.5", "--yes"]);
    expect(done.stdout).toMatch(/run nightly REVOKED\n$/);
    expect(await statusOf(stage)).toBe("REVOKED");
  });

  it.each([[["revoke"]], [["revoke", "r", "--max-hours", "1"]]])("refuses %j as wrong usage", async (argv) => {
    expect((await run(createStage(), [...argv, "--yes"])).exitCode).toBe(exitCodes.usage);
  });
});

describe("tutti health", () => {
  it("S1-57 S1-58: is one JSON object, unhealthy as soon as a chord is stuck", async () => {
    const stage = await stuckStage(5);
    const fine = await run(stage, ["health"]);
    expect(healthReportSchema.parse(json(fine.stdout))).toMatchObject({
      status: "healthy",
      active_chord_unlocks: 1,
      stuck_chords: 0,
    });
    expect(fine.exitCode).toBe(exitCodes.fine);
    await stage.pass(3600);
    const bad = await run(stage, ["health", "--json"]);
    expect(json(bad.stdout)).toMatchObject({ status: "unhealthy", stuck_chords: 1, oldest_stuck_seconds: 3609 });
    expect(bad.exitCode).toBe(exitCodes.issue);
  });

  it("stays healthy while the sweeper is about to mend what is late", async () => {
    const stage = await lostStage();
    await stage.deployment.advance(400);
    await stage.deployment.sweep();
    expect(json((await run(stage, ["health"])).stdout)).toMatchObject({ status: "healthy" });
  });
});

describe("tutti list", () => {
  it("lists runs newest first at 80 columns, wide characters included", async () => {
    const { deployment } = createStage();
    for (const [id, name] of [
      ["daily", "日次レポート"],
      ["audit", "licence audit of the whole tree"],
    ] as const) {
      await deployment.until(deployment.client.submit({ task: "one", args: [1] } as never, { id, name }));
      await deployment.advance(90);
    }
    await deployment.until(
      deployment.client.submit({ task: "approve", args: [] } as never, { id: "order", name: "x" }),
    );
    const { stdout, exitCode } = await tutti(["list"], { deployment, ...terminal });
    expect(stdout).toBe(`RUN    STATUS     TASKS  NAME                             SUBMITTED       TOOK
order  RUNNING        1  x                                50 ms ago
audit  SUCCEEDED      1  licence audit of the whole tree  1 min 30 s ago  0 ms
daily  SUCCEEDED      1  日次レポート                     3 min ago       0 ms
`);
    expect(exitCode).toBe(exitCodes.fine);
  });

  it("takes state, name and age, and pages by a cursor", async () => {
    const { deployment } = createStage();
    for (let i = 0; i < 5; i++) {
      const name = i % 2 === 0 ? `even ${i}` : "odd";
      await deployment.until(deployment.client.submit(one(i) as never, { id: `run-${i}`, name }));
      await deployment.advance(60);
    }
    const ids = async (...argv: readonly string[]) => {
      const { stdout } = await tutti(["list", "--json", ...argv], { deployment });
      const { runs, cursor } = listReportSchema.parse(json(stdout));
      return { ids: runs.map(({ id }) => id).join(" "), cursor };
    };
    expect((await ids("--name", "even*")).ids).toBe("run-4 run-2 run-0");
    expect((await ids("--name", "odd", "--status", "succeeded,failed")).ids).toBe("run-3 run-1");
    expect((await ids("--status", "FAILED")).ids).toBe("");
    expect((await ids("--newer-than", "150s")).ids).toBe("run-4 run-3");
    expect((await ids("--older-than", "3m")).ids).toBe("run-2 run-1 run-0");
    const first = await ids("--limit", "2");
    const second = await ids("--limit", "2", "--cursor", first.cursor ?? "");
    const third = await ids("--limit", "2", "--cursor", second.cursor ?? "");
    expect([first.ids, second.ids, third.ids, third.cursor]).toEqual(["run-4 run-3", "run-2 run-1", "run-0", null]);
    expect((await tutti(["list", "--status", "DONE"], { deployment })).exitCode).toBe(exitCodes.usage);
    expect((await tutti(["list", "--cursor", "x"], { deployment })).exitCode).toBe(exitCodes.issue);
  });
});

describe("tutti monitor", () => {
  it("S1-51: prints what has changed every so often, until Ctrl-C", async () => {
    const stage = await stuckStage(5);
    const { deployment } = stage;
    const io = fakeIo({ deployment });
    const ended = main(["monitor", "--every", "15m", "--max-hours", "0.4"], io);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stage.pass(1800);
    deployment.switches.unread.clear();
    await stage.pass(1200);
    io.interrupt();
    expect(await ended).toBe(exitCodes.interrupted);
    const lines = io.stdout().split("\n");
    expect(lines[0]).toContain("nothing is stuck: 1 active run, 1 active join");
    expect(lines.filter((line) => line.startsWith("==="))).toEqual(["=== Chord nightly/. ==="]);
    expect(io.stdout()).toMatch(/gone: queue-not-read of nightly\/\.\n.* nothing is stuck: 0 active runs/);
  });
});
