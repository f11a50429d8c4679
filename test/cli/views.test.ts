import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { svgText } from "../../cli/output/graph-svg.ts";
import { barLine } from "../../cli/output/watch.ts";
import { main } from "../../cli/program.ts";
import { type Sample, withSample } from "../../cli/watching.ts";
import { FatalError } from "../../lib/errors.ts";
import { eventsReportSchema, graphReportSchema, watchReportSchema } from "../../lib/model/view-reports.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { createDeployment, type Deployment } from "../unit/client/deployment.ts";
import { emptyFolder, exitCodes, type FakeIoOptions, fakeIo, json, tutti } from "./fake-io.ts";

let deployment: Deployment;

const anything = z.array(z.any());
const tasks = {
  list: defineTask({ name: "list", args: anything }, async () => [1, 2, 3]),
  resize: defineTask({ name: "resize", args: anything, retry: { maxAttempts: 1 } }, async (_, seconds) => {
    await deployment.sleep(seconds);
    if (seconds === 7) throw new FatalError("no such file");
    return seconds;
  }),
  collect: defineTask({ name: "collect", args: anything }, async () => "done"),
  notify: defineTask({ name: "notify", args: anything }, async () => null),
};

const header = Array.from({ length: 25 }, (_, i) => ({ task: "resize", args: [i % 10] }));
const album = { chord: { header, callback: { task: "collect" }, onError: { task: "notify" }, when: "all-settled" } };
const mapped = {
  chain: [{ task: "list" }, { map: { each: { task: "resize" } } }, { task: "collect", label: "all of it" }],
};
const dag = {
  dag: {
    nodes: {
      list: { task: "list" },
      left: { task: "resize", args: [1], after: ["list"] },
      right: {
        chain: [
          { task: "resize", args: [2] },
          { task: "resize", args: [1] },
        ],
        after: ["list"],
      },
      end: { task: "collect", after: ["left", "right"] },
    },
  },
};

const idle = { id: "r", name: null, status: "RUNNING", pausedAt: null } as const;

beforeEach(() => {
  deployment = createDeployment({ tasks });
});

const run = (argv: readonly string[], { columns = 80, ...options }: FakeIoOptions & { readonly piped?: true } = {}) =>
  tutti(argv, { deployment, ...(options.piped ? {} : { columns }), env: { NO_COLOR: "1" }, ...options });

async function begin(workflow: object, seconds: number): Promise<void> {
  await run(["submit", "-", "--id", "nightly", "--no-wait"], { stdin: JSON.stringify(workflow) });
  await deployment.advance(seconds);
  deployment.sent.length = 0;
}

describe("graph", () => {
  it("folds the members of a large chord into one line, and names what fails", async () => {
    await begin(album, 8);
    const { stdout, stderr, exitCode } = await run(["graph", "night"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toBe(`nightly RUNNING · 23 of 27 tasks · 8 s
└─ ▶ chord  23 of 25 arrived
   ├─ ✗ resize × 25  ✓ 21 ▶ 2 ✗ 2
   │     ✗ header[7] FatalError: no such file
   │     ✗ header[17] FatalError: no such file
   ├─ ○ collect  callback
   └─ ○ notify  error callback
`);
    expect(stderr).toBe("✓ succeeded · ▶ running · ○ waiting · ✗ failed\n");
  });

  it("shows the runs of maps below them, and what a task of a chain is called", async () => {
    await begin(mapped, 30);
    const { stdout } = await run(["graph", "nightly"]);
    expect(stdout.replace(/map-[0-9a-f]{32}/, "map-1")).toBe(`nightly SUCCEEDED · 3 of 3 tasks · 3 s
├─ ✓ list  0 ms
├─ ✓ map  3 s
│  └─ run map-1 SUCCEEDED · 3 of 3 tasks · 3 s
│     └─ ✓ group  3 of 3 arrived
│        ├─ ✓ resize  1 s
│        ├─ ✓ resize  2 s
│        └─ ✓ resize  3 s
└─ ✓ collect all of it  0 ms
`);
  });

  it("says what the nodes of a dag come after", async () => {
    await begin(dag, 30);
    expect((await run(["graph", "nightly"])).stdout).toBe(`nightly SUCCEEDED · 5 of 5 tasks · 4 s
├─ ✓ list: list  0 ms
├─ ✓ left: resize  1 s  after list
├─ ✓ right: chain  4 s  after list
│  ├─ ✓ resize  2 s
│  └─ ✓ resize  2 s
└─ ✓ end: collect  0 ms  after left, right
`);
  });

  it("colours states on a terminal that may have them, and draws the same without", async () => {
    await begin(album, 8);
    const painted = await run(["graph", "nightly"], { env: {} });
    expect(painted.stdout).toContain("\u001b[32m✓ 21\u001b[39m");
    const plain = await run(["graph", "nightly"]);
    expect(stripVTControlCharacters(painted.stdout)).toBe(plain.stdout);
  });

  it("gives the shape that is published, and --fold-above says what is folded", async () => {
    await begin(album, 8);
    const report = json((await run(["graph", "nightly", "--json"])).stdout);
    expect(graphReportSchema.strict().parse(report)).toEqual(report);
    expect(report.units.map((unit: { id: string; members: string }) => [unit.id, unit.members])).toEqual([
      [".", null],
      ["header[0]", "header[0..24]"],
      ["callback", null],
      ["onError", null],
    ]);
    const whole = json((await run(["graph", "nightly", "--fold-above", "25", "--json"])).stdout);
    expect(whole.units).toHaveLength(28);
    expect(whole.edges).toHaveLength(27);
  });

  it("writes Mermaid", async () => {
    await begin(album, 8);
    expect((await run(["graph", "nightly", "--format", "mermaid"])).stdout).toBe(`flowchart TD
  subgraph n0_in["chord header"]
    n1[["resize × 25<br/>✓ 21 ▶ 2 ✗ 2"]]:::FAILED
  end
  n0{{"▶ chord<br/>23 of 25 arrived"}}:::RUNNING
  n2["○ collect"]:::WAITING
  n3["○ notify"]:::WAITING
  n1 --> n0
  n0 --> n2
  n0 -. error .-> n3
  classDef FAILED stroke:#e5484d,stroke-width:2px
  classDef RUNNING stroke:#3b82f6,stroke-width:2px
  classDef WAITING stroke:#8b949e,stroke-width:2px,stroke-dasharray:4 3
`);
  });

  it("writes what Graphviz draws, texts escaped, and SVG that follows light and dark", async () => {
    await begin({ chain: [album, { task: "list", label: 'a "b" <c> \\' }] }, 60);
    const dot = (await run(["graph", "nightly", "--format", "dot"])).stdout;
    expect(dot).toContain('label="✓ list a \\"b\\" <c> \\\\"');
    const cwd = emptyFolder();
    const written = await run(["graph", "nightly", "--format", "svg", "--out", "run.svg"], { cwd });
    expect([written.exitCode, written.stdout, written.stderr]).toEqual([0, "", "written: run.svg\n"]);
    const svg = readFileSync(join(cwd, "run.svg"), "utf8");
    expect(svg).toBe(await svgText(dot));
    expect(svg).toContain("prefers-color-scheme: dark");
    expect(svg).toContain("a &quot;b&quot; &lt;c&gt; \\");
    expect(svg).toMatch(/class="node FAILED"/);
  });

  it("refuses --json with another format, and a run that there is not", async () => {
    expect((await run(["graph", "x", "--json", "--format", "dot"])).exitCode).toBe(exitCodes.usage);
    expect((await run(["graph", "x", "--fold-above", "0"])).exitCode).toBe(exitCodes.usage);
    expect((await run(["graph", "x"])).exitCode).toBe(exitCodes.issue);
  });
});

describe("events", () => {
  it("tells what is stored of a run, oldest first, like steps of members in one line", async () => {
    await begin(album, 60);
    const { stdout, stderr } = await run(["events", "nightly"]);
    expect(stdout.replace(/ +$/gm, "")).toBe(`TIME          EVENT         WHAT                       TASK     STATUS
09:00:00.000  submitted
09:00:00.000  armed         .                                   25 members
09:00:00.000  claimed × 25  header[0..24]              resize
09:00:00.000  settled × 23  header[0..6,8..16,18..24]  resize   SUCCEEDED
09:00:07.000  settled × 2   header[7,17]               resize   FAILED
09:00:09.000  decided       .                                   callback
09:00:09.000  claimed       callback                   collect
09:00:09.000  settled       callback                   collect  SUCCEEDED
09:00:09.000  ended                                             SUCCEEDED
`);
    expect(stderr).toBe("run nightly SUCCEEDED: 56 steps from 2026-11-21T09:00:00.000Z; times are UTC\n");
  });

  it("gives every step with --json, in the shape that is published, and --limit the last ones", async () => {
    await begin(mapped, 60);
    const report = json((await run(["events", "nightly", "--json"])).stdout);
    expect(eventsReportSchema.strict().parse(report)).toEqual(report);
    expect(report.events.map((step: { event: string; id: string }) => [step.event, step.id])).toEqual([
      ["submitted", null],
      ["claimed", "nightly/[0]"],
      ["settled", "nightly/[0]"],
      ["claimed", "nightly/[1]"],
      ["settled", "nightly/[1]"],
      ["claimed", "nightly/[2]"],
      ["settled", "nightly/[2]"],
      ["ended", null],
    ]);
    const last = json((await run(["events", "nightly", "--json", "--limit", "2"])).stdout);
    expect([last.total, last.omitted, last.events]).toEqual([report.total, report.total - 2, report.events.slice(-2)]);
  });

  it("tells pauses and generations, and by which request", async () => {
    await begin({ task: "resize", args: [7] }, 20);
    await run(["retry", "nightly"]);
    await run(["pause", "nightly"]);
    const steps = json((await run(["events", "nightly", "--json"])).stdout).events;
    expect(steps.map((step: { event: string; status: string }) => [step.event, step.status])).toEqual([
      ["submitted", null],
      ["generation", "2"],
      ["claimed", null],
      ["paused", null],
    ]);
  });
});

describe("watch", () => {
  it("prints lines without a terminal, with rate and time left, until the run has ended", async () => {
    await begin(album, 2);
    const { stdout, exitCode } = await run(["watch", "nightly", "--interval", "3s"], { piped: true });
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toBe(`nightly RUNNING 9 of 27 · 16 running
nightly RUNNING 17 of 27 · 8 running · about 4 s left · 2.67 tasks/s
nightly RUNNING 23 of 27 · 2 not succeeded · 2 running · about 2 s left · 2.33 tasks/s
nightly SUCCEEDED 27 of 27 · 2 not succeeded · 2 tasks/s
`);
  });

  it("redraws in place on a terminal, what fails first", async () => {
    await begin(album, 8);
    const { stdout } = await run(["watch", "nightly"], { env: {} });
    const [first = "", second = ""] = stdout.split("\u001b[7F\u001b[J").map((text) => stripVTControlCharacters(text));
    expect(first).toBe(`nightly RUNNING · 8 s
█████████████████████████░░░░░ 23 of 27 · 2 not succeeded · 2 running
✗ header[7] FatalError: no such file
✗ header[17] FatalError: no such file
  ✗ resize × 25  header[0..24]  ✓ 21 ▶ 2 ✗ 2
  ○ collect  callback
  ○ notify  onError
`);
    expect(second).toMatch(/^nightly SUCCEEDED · 9 s\n█{30} 27 of 27/);
  });

  it("ends with 1 when the run fails, and gives looks with --json in the shape that is published", async () => {
    await begin({ task: "resize", args: [7] }, 1);
    const { stdout, exitCode } = await run(["watch", "nightly", "--json"]);
    expect(exitCode).toBe(exitCodes.issue);
    const looks = stdout.trim().split("\n").map(json);
    for (const look of looks) expect(watchReportSchema.strict().parse(look)).toEqual(look);
    expect(looks.at(-1).runs).toMatchObject([{ id: "nightly", status: "FAILED", settled: 1, failed: 1 }]);
  });

  it("says how many more have failed than it names", async () => {
    const header = Array.from({ length: 40 }, () => ({ task: "resize", args: [7] }));
    await begin({ chord: { header, callback: { task: "collect" }, when: "all-settled" } }, 1);
    const { stdout } = await run(["watch", "nightly"], { env: {} });
    const lines = stripVTControlCharacters(stdout).split("\n");
    expect(lines.filter((line) => line.startsWith("✗ header["))).not.toHaveLength(0);
    expect(lines.find((line) => /^ {2}and \d+ more: tutti inspect nightly --verbose$/.test(line))).toBeDefined();
  });

  it("draws no more runs than the terminal has room for, so that it can draw over them", async () => {
    for (let i = 0; i < 15; i++)
      await deployment.client.submit({ task: "resize", args: [1] } as never, { id: `run-${i}`, wait: false });
    await deployment.advance(0.5);
    const io = fakeIo({ deployment, columns: 80 });
    const watching = main(["watch"], io);
    await vi.waitFor(() => expect(io.stdout()).toContain("more: tutti list"));
    io.interrupt();
    await watching;
    const [first = ""] = io.stdout().split("\u001b[23F");
    expect(first.split("\n").filter((line) => line !== "")).toHaveLength(23);
    expect(first).toContain("and 4 more: tutti list --status RUNNING");
  });

  it("watches all that run until Ctrl-C, and ends with 130", async () => {
    await begin(album, 2);
    const io = fakeIo({ deployment });
    const watching = main(["watch"], io);
    await vi.waitFor(() => expect(io.stdout()).toContain("nightly RUNNING"));
    io.interrupt();
    expect(await watching).toBe(exitCodes.interrupted);
  });
});

describe("barLine", () => {
  it("keeps a bar on a narrow terminal", () => {
    const run = { ...idle, tasks: 256, settled: 128, failed: 1, running: 15, ratePerSecond: 13.58, etaSeconds: 15 };
    const line = barLine(run, { width: 60, paint: (_, text) => text });
    expect(line).toBe("█████░░░░░ 128 of 256 · 1 not succeeded · 15 running · abo…");
    expect(line.length).toBeLessThan(60);
  });
});

describe("watchedRun", () => {
  it("forgets what was seen more than a minute ago, and what a retry has taken back", () => {
    const seen = [0, 30, 70].reduce<readonly Sample[]>(
      (before, seconds) => withSample(before, { atMs: seconds * 1000, settled: seconds }),
      [],
    );
    expect(seen.map(({ atMs }) => atMs)).toEqual([30_000, 70_000]);
    expect(withSample(seen, { atMs: 71_000, settled: 3 })).toEqual([{ atMs: 71_000, settled: 3 }]);
  });
});

describe("views", () => {
  it.each([
    ["graph", "nightly"],
    ["graph", "nightly", "--format", "mermaid"],
    ["events", "nightly", "--json"],
    ["watch", "nightly"],
  ])("%s %s %s %s changes nothing and sends nothing", async (...argv) => {
    await begin(album, 8);
    if (argv[0] === "watch") await deployment.advance(60);
    const before = deployment.store.dump();
    expect((await run(argv.filter((word) => word !== undefined))).exitCode).toBe(exitCodes.fine);
    expect([deployment.store.dump(), deployment.sent]).toEqual([before, []]);
  });
});
