/**
 * What each command prints for people on a terminal of 80 columns, word by word (test/cli/golden/), and for programs: JSON that
 * the published schema allows, with no field that it does not name.
 *
 * `npx vitest run --project cli test/cli/golden.test.ts -u` writes the texts anew: read the difference.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { displayWidth } from "../../cli/output/width.ts";
import { main } from "../../cli/program.ts";
import * as changes from "../../lib/model/change-reports.ts";
import * as cleaning from "../../lib/model/cleaning-reports.ts";
import * as operating from "../../lib/model/operating-reports.ts";
import * as runs from "../../lib/model/run-reports.ts";
import * as views from "../../lib/model/view-reports.ts";
import { createStage, type Stage } from "../unit/diagnose/stage.ts";
import { type FakeIoOptions, fakeIo, json } from "./fake-io.ts";

const root = join(import.meta.dirname, "../..");
const folder = join(import.meta.dirname, "golden");
const terminal: FakeIoOptions = { columns: 80, env: { NO_COLOR: "1" }, answer: true };

/** An hour of a deployment: a chord that is stuck, a run that has ended, one that failed, one that waits for a person. */
async function anHour(): Promise<Stage> {
  const stage = createStage();
  stage.deployment.switches.unread.add("other");
  const one = (value: number) => ({ task: "one", args: [value] });
  const other = (value: number) => ({ task: "other", args: [value] });
  const begin = (id: string, workflow: object, name?: string) =>
    stage.begin(workflow, { id, seconds: 2, ...(name === undefined ? {} : { name }) });
  await begin("etl", { chain: [one(1), { task: "one", label: "load the table" }] }, "extract & load");
  await begin("broken", { task: "brokenOnce" });
  await begin("order-7", { chain: [{ task: "approve", args: ["order 7"] }, one(3)] }, "注文 7");
  await begin("nightly", { chord: { header: [one(1), one(2), other(3), other(4)], callback: { task: "collect" } } });
  await stage.pass(3600);
  return stage;
}

// Ages are told by the time of the terminal.
beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

interface Golden {
  readonly argv: readonly string[];
  /** Name of its shape in the published schema. */
  readonly shape: string;
  /** Where the same command has several texts. */
  readonly as?: string;
  readonly stdin?: object;
  /** The command ends only at Ctrl-C. */
  readonly stays?: true;
}

const chord = {
  chord: {
    header: [
      { task: "one", args: [1] },
      { task: "one", args: [2] },
    ],
    callback: { task: "collect" },
  },
};
const planned = join(root, "test/cli/fixtures/tasks.ts");

const reads: readonly Golden[] = [
  { argv: ["status"], shape: "StatusReport" },
  { argv: ["list"], shape: "ListReport" },
  { argv: ["inspect", "nightly"], shape: "InspectReport" },
  { argv: ["inspect", "order-7", "--verbose"], shape: "InspectReport", as: "inspect-verbose" },
  { argv: ["check"], shape: "CheckReport" },
  { argv: ["check", "order-7"], shape: "CheckReport", as: "check-run" },
  { argv: ["check", "order-7", "--max-hours", "9"], shape: "CheckReport", as: "check-fine" },
  { argv: ["health"], shape: "HealthReport" },
  { argv: ["monitor"], shape: "MonitorChange", stays: true },
  { argv: ["watch", "etl"], shape: "WatchReport" },
  { argv: ["graph", "nightly"], shape: "GraphReport" },
  { argv: ["events", "nightly"], shape: "EventsReport" },
  { argv: ["cost", "etl"], shape: "CostReport" },
  { argv: ["audit", "nightly"], shape: "AuditReport" },
  { argv: ["result", "etl"], shape: "ResultReport" },
  { argv: ["result", "broken"], shape: "ResultReport", as: "result-failed" },
  { argv: ["wait", "etl"], shape: "WaitReport" },
  { argv: ["wait", "broken"], shape: "WaitReport", as: "wait-failed" },
  { argv: ["plan", "-", "--tasks", planned], shape: "PlanReport", stdin: { task: "nap", args: [1], delaySeconds: 5 } },
  { argv: ["dlq", "list"], shape: "DeadLettersReport", as: "dlq-list" },
  { argv: ["sweep", "--dry-run"], shape: "SweepReport", as: "sweep-dry-run" },
  { argv: ["fix", "--dry-run"], shape: "FixReport", as: "fix-dry-run" },
  { argv: ["revoke", "nightly", "--dry-run"], shape: "RevokePreview", as: "revoke-dry-run" },
  { argv: ["revoke", "--max-hours", "0.5", "--dry-run"], shape: "RevokeStuckReport", as: "revoke-stuck-dry-run" },
  { argv: ["retry", "broken", "--dry-run"], shape: "RetryPreview", as: "retry-dry-run" },
  { argv: ["retry", "--error"], shape: "ErrorKindsReport", as: "retry-kinds" },
  { argv: ["clean", "etl", "--dry-run"], shape: "CleanReport", as: "clean-dry-run" },
];

const writes: readonly Golden[] = [
  { argv: ["submit", "-", "--id", "new"], shape: "SubmitReport", stdin: chord },
  { argv: ["run", "-", "--id", "new"], shape: "RunAndWaitReport", stdin: chord },
  { argv: ["fix"], shape: "FixReport" },
  { argv: ["revoke", "nightly"], shape: "OperationReport" },
  { argv: ["revoke", "--max-hours", "0.5"], shape: "RevokeStuckReport", as: "revoke-stuck" },
  { argv: ["retry", "broken"], shape: "OperationReport" },
  { argv: ["pause", "nightly"], shape: "OperationReport" },
  { argv: ["resume", "nightly"], shape: "OperationReport" },
  { argv: ["report", "order-7/[0]", "--succeeded", "true"], shape: "ReportReport" },
  { argv: ["clean", "etl"], shape: "CleanReport" },
];

const published = JSON.parse(readFileSync(join(root, "schema/reports-1.json"), "utf8"));
const own = new Map(
  [operating, views, runs, changes, cleaning]
    .flatMap((module) => Object.values(module))
    .flatMap((one) =>
      one instanceof z.ZodType && one.meta()?.id !== undefined ? [[one.meta()?.id, one] as const] : [],
    ),
);

/** Refuses what the published shape does not allow, and what it does not name. */
function checkShape(shape: string, text: string): void {
  const { $schema, $defs } = published;
  const schema = z.fromJSONSchema({ $schema, $defs, $ref: `#/$defs/${shape}` });
  for (const line of text.trim().split("\n")) {
    const report = json(line);
    expect(schema.safeParse(report).error, line).toBeUndefined();
    expect(own.get(shape)?.parse(report)).toEqual(report);
  }
}

async function printed({ deployment }: Stage, { argv, stdin, stays }: Golden, options: FakeIoOptions) {
  vi.setSystemTime(deployment.clock.now());
  const io = fakeIo({ deployment, ...options, ...(stdin === undefined ? {} : { stdin: JSON.stringify(stdin) }) });
  const ended = main(argv, io);
  if (stays === true) {
    await deployment.advance(1);
    io.interrupt();
  }
  return { exitCode: await ended, io };
}

async function checkText(stage: Stage, golden: Golden): Promise<void> {
  const { exitCode, io } = await printed(stage, golden, terminal);
  const text = [
    `$ tutti ${golden.argv.join(" ").replaceAll(root, ".")}`,
    io.stdout(),
    ...(io.asked.length === 0 ? [] : [`asked: ${io.asked.join(", ")}`]),
    ...(io.stderr() === "" ? [] : ["on stderr:", stripVTControlCharacters(io.stderr())]),
    `exit code ${exitCode}`,
    "",
  ].join("\n");
  for (const line of text.split("\n").slice(1)) expect(displayWidth(line), line).toBeLessThanOrEqual(80);
  await expect(text).toMatchFileSnapshot(join(folder, `${nameOf(golden)}.txt`));
}

async function checkJson(stage: Stage, golden: Golden): Promise<void> {
  const { io } = await printed(stage, { ...golden, argv: [...golden.argv, "--json"] }, { answer: true });
  checkShape(golden.shape, io.stdout());
}

const nameOf = ({ argv, as }: Golden) => as ?? argv[0] ?? "";

describe("commands that read", () => {
  it.each(reads.map((one) => [nameOf(one), one] as const))(
    "%s changes nothing, in table and queues (G10)",
    async (_, golden) => {
      const stage = await anHour();
      const { store, queue, switches } = stage.deployment;
      // Nobody else moves meanwhile: what changes, the command has changed.
      Object.assign(switches, { control: false, workers: false, letters: false });
      const before = JSON.stringify([store.dump(), queue.list()]);
      await checkText(stage, golden);
      await checkJson(stage, golden);
      expect(JSON.stringify([store.dump(), queue.list()])).toBe(before);
    },
  );
});

describe("commands that change something", () => {
  it.each(writes.map((one) => [nameOf(one), one] as const))("%s", async (_, golden) => {
    await checkText(await anHour(), golden);
    await checkJson(await anHour(), golden);
  });
});

it.each(["bash", "zsh", "fish"])("completion for %s as JSON", async (shell) => {
  const io = fakeIo();
  await main(["completion", shell, "--json"], io);
  checkShape("CompletionReport", io.stdout());
});

it.each([
  ["error", ["inspect", "nothing"]],
  ["wrong-usage", ["check", "--max-hours", "0"]],
  ["time-is-up", ["wait", "order-7", "--timeout-seconds", "1"]],
])("what ends a command: %s", async (as, argv) => {
  const stage = await anHour();
  const { io, exitCode } = await printed(stage, { argv, shape: "" }, terminal);
  const text = `$ tutti ${argv.join(" ")}\n${io.stdout()}on stderr:\n${stripVTControlCharacters(io.stderr())}exit code ${exitCode}\n`;
  await expect(text).toMatchFileSnapshot(join(folder, `${as}.txt`));
  const asJson = await printed(stage, { argv: [...argv, "--json"], shape: "" }, {});
  checkShape("ErrorReport", asJson.io.stderr().trim().split("\n").at(-1) ?? "");
});

it("has a text for every command, or says where its text is held", () => {
  const elsewhere = {
    doctor: "test/cli/doctor.test.ts",
    completion: "test/cli/completion.test.ts",
    dev: "test/integration/commands.test.ts",
    worker: "test/integration/commands.test.ts",
  };
  const commands = readdirSync(join(root, "cli/commands")).map((file) => file.replace(/\.ts$/, ""));
  const held = new Set([...reads, ...writes].map(({ argv }) => argv[0] ?? ""));
  const missing = commands.filter((name) => !held.has(name) && !(name in elsewhere) && name !== "dlq-letter");
  expect(missing).toEqual([]);
  for (const [name, file] of Object.entries(elsewhere))
    expect(readFileSync(join(root, file), "utf8")).toContain(`"${name}"`);
});
