import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { toAttribute } from "../../lib/adapters/dynamodb/attributes.ts";
import type { Image, Item } from "../../lib/ports/index.ts";
import { defineTask } from "../../lib/tasks/define-task.ts";
import { dumpOf } from "../unit/audit/dumps.ts";
import { createDeployment } from "../unit/client/deployment.ts";
import { emptyFolder, exitCodes, type FakeIoOptions, json, tutti } from "./fake-io.ts";

const anything = z.array(z.any());
const tasks = {
  one: defineTask({ name: "one", args: anything }, async (_, value) => value ?? null),
  list: defineTask({ name: "list", args: anything }, async (_, count) => Array.from({ length: count }, (_one, i) => i)),
};
const one = { task: "one", args: [1] };
const deployment = createDeployment({ tasks });
const empty = createDeployment({ tasks });
const run = (argv: readonly string[], options: FakeIoOptions = {}) => tutti(argv, { deployment, ...options });

/** A line of an export, as DynamoDB writes it to S3. */
function exported({ key, image }: Item): string {
  const attributes = Object.entries({ pk: key.pk, sk: key.sk, ...image }).map(([name, value]) => [
    name,
    toAttribute(value),
  ]);
  return JSON.stringify({ Item: Object.fromEntries(attributes) }, (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value,
  );
}

/** The items of the deployment, one of them with other attributes. */
function itemsWith(pk: string, sk: string, changes: Image): Item[] {
  return deployment.store
    .dump()
    .map((item) =>
      item.key.pk === pk && item.key.sk === sk ? { ...item, image: { ...item.image, ...changes } } : item,
    );
}

const text = (items: readonly Item[]) => `${items.map(exported).join("\n")}\n`;

beforeAll(async () => {
  const workflows = {
    "nightly-1": { chord: { header: [one, one, one], callback: { task: "one" } } },
    "nightly-2": { chain: [{ task: "list", args: [3] }, { map: { each: { task: "one" } } }] },
  };
  for (const [id, workflow] of Object.entries(workflows))
    await run(["submit", "-", "--id", id], { stdin: JSON.stringify(workflow) });
  await run(["submit", "-", "--id", "bad"], { stdin: JSON.stringify({ task: "unknown" }) });
  await deployment.advance(300);
});

describe("audit", () => {
  it("says that every invariant holds, of a run by the beginning of its id", async () => {
    const { exitCode, stdout, stderr } = await run(["audit", "nightly-1"]);
    expect(stdout).toBe("audited 1 run: every invariant holds\n");
    expect(stderr).toBe("");
    expect(exitCode).toBe(exitCodes.fine);
    expect((await run(["audit", "nightly-"])).stderr).toContain("must name one run; 2 begin so");
  });

  it("goes through all runs and those of their maps, and writes and sends nothing", async () => {
    const before = deployment.store.dump();
    const sent = deployment.sent.length;
    const { exitCode, stdout } = await run(["audit", "--all"]);
    expect(stdout).toBe("audited 3 runs: every invariant holds\n");
    expect(exitCode).toBe(exitCodes.fine);
    expect(deployment.store.dump()).toEqual(before);
    expect(deployment.sent).toHaveLength(sent);
  });

  it("tells what is wrong, where, and ends with 1", async () => {
    const sound = deployment.store.dump();
    deployment.store.restore(itemsWith("nightly-1", "tally#.#0#0", { remaining: 2 }));
    const { exitCode, stdout, stderr } = await run(["audit", "--all"]);
    const report = json((await run(["audit", "nightly-1", "--json"])).stdout);
    deployment.store.restore(sound);
    expect(exitCode).toBe(exitCodes.issue);
    expect(stdout).toContain("S8 nightly-1/.: part 0/0 of . waits for 2 of 3, and 0 have not arrived\n");
    expect(stdout).toContain("  item nightly-1 · tally#.#0#0\n");
    expect(stdout).toMatch(/audited 3 runs: \d+ violations?\n$/);
    expect(stderr).toContain("docs/protocol.md#invariants");
    expect(report).toMatchObject({ schemaVersion: 1, runs: 1, found: report.violations.length, unsteady: [] });
    expect(report.violations[0]).toEqual({
      invariant: "S8",
      run: "nightly-1",
      join: ".",
      explanation: "part 0/0 of . waits for 2 of 3, and 0 have not arrived",
      key: { pk: "nightly-1", sk: "tally#.#0#0" },
    });
  });

  it("tells of a head that no program could read", async () => {
    const sound = deployment.store.dump();
    deployment.store.restore(itemsWith("nightly-1", "head", { parent: null, budget: null }));
    const one = await run(["audit", "nightly-1"]);
    const all = await run(["audit", "--all"]);
    deployment.store.restore(sound);
    for (const { exitCode, stdout } of [one, all]) {
      expect(stdout).toContain("S1 nightly-1: ");
      expect(exitCode).toBe(exitCodes.issue);
    }
  });

  it("says nothing of a run that only changed while it was read, and names one that keeps changing", async () => {
    const sound = deployment.store.dump();
    const query = deployment.store.query;
    let reads = 0;
    let steadyFrom = 1;
    deployment.store.query = async (...asked) => {
      if (asked[0] !== "nightly-1") return query(...asked);
      // Each reading finds another content, until it is sound.
      const changes = { remaining: 2, lastAt: 1_795_000_000_000 + reads };
      deployment.store.restore(reads++ < steadyFrom ? itemsWith("nightly-1", "tally#.#0#0", changes) : sound);
      return query(...asked);
    };
    const once = await run(["audit", "nightly-1"]);
    steadyFrom = Number.POSITIVE_INFINITY;
    const always = await run(["audit", "nightly-1"]);
    deployment.store.query = query;
    deployment.store.restore(sound);
    expect(once.stdout).toBe("audited 1 run: every invariant holds\n");
    expect(always.stderr).toContain("run nightly-1 kept changing while it was read: audit it again");
    expect(always.exitCode).toBe(exitCodes.fine);
  });

  it("reads an export, with gzip or without, and from standard input", async () => {
    const cwd = emptyFolder();
    const sound = text(deployment.store.dump());
    writeFileSync(join(cwd, "export.json"), sound);
    writeFileSync(join(cwd, "export.json.gz"), gzipSync(sound));
    const holds = "audited 3 runs: every invariant holds\n";
    expect((await tutti(["audit", "--from", "export.json"], { cwd })).stdout).toBe(holds);
    expect((await tutti(["audit", "--from", "export.json.gz"], { cwd })).stdout).toBe(holds);
    writeFileSync(join(cwd, "half.json.gz"), gzipSync(sound).subarray(0, 500));
    const half = await tutti(["audit", "--from", "half.json.gz"], { cwd });
    expect(half.exitCode).toBe(exitCodes.usage);
    expect(half.stderr).toContain("cannot read half.json.gz");
    const wrong = text(itemsWith("nightly-2", "head", { taskCount: 5 }));
    const { exitCode, stdout } = await tutti(["audit", "--from", "-"], { stdin: wrong });
    expect(exitCode).toBe(exitCodes.issue);
    expect(stdout).toContain("S2 nightly-2: the head counts 5 tasks, the plan has 2\n");
  });

  it("looks at a run that was removed too, by its full id", async () => {
    const gone = createDeployment({ tasks });
    const { items } = await dumpOf("document by reference, removed");
    gone.store.restore(items);
    const { stdout } = await run(["audit", "run-1"], { deployment: gone });
    expect(stdout).toBe("audited 1 run: every invariant holds\n");
    gone.store.restore([...items, { key: { pk: "run-1", sk: "node#[0]" }, image: { g: 1 } }]);
    const left = await run(["audit", "run-1"], { deployment: gone });
    expect(left.stdout).toContain("S18 run-1: the run was removed, and this is left of it\n  item run-1 · node#[0]\n");
    expect(left.exitCode).toBe(exitCodes.issue);
  });

  it("says so when there is nothing to audit, and when there is no such run", async () => {
    expect((await run(["audit", "--all"], { deployment: empty })).stdout).toBe(
      "nothing to audit: no runs are stored\n",
    );
    expect((await tutti(["audit", "--from", "-"], { stdin: "" })).stdout).toBe(
      "nothing to audit: no runs are stored\n",
    );
    expect((await run(["audit", "nobody"])).exitCode).toBe(exitCodes.issue);
  });

  it.each([
    [[], "say what to audit, in one way"],
    [["nightly-1", "--all"], "say what to audit, in one way"],
    [["--from", "nowhere.json"], "cannot read nowhere.json: there is no such file"],
    [["--from", "-"], 'standard input, line 1: must be {"Item": {…}}'],
  ])("takes one thing to audit: %j", async (flags, said) => {
    const { exitCode, stderr } = await run(["audit", ...flags], { stdin: '{"item": 1}' });
    expect(exitCode).toBe(exitCodes.usage);
    expect(stderr).toContain(said);
  });

  it("has an example in its help", async () => {
    expect((await run(["audit", "--help"])).stdout).toContain("tutti audit nightly-2026-11-21");
  });
});
