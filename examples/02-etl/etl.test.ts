import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestEngine, type TestEngine, type TestEngineOptions } from "tutti/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as tasks from "./tasks.ts";
import { etlWorkflow } from "./workflow.ts";

let folder: string;
let engine: TestEngine;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tutti-etl-"));
  engine = createTestEngine({ tasks });
});
afterEach(() => {
  engine.close();
  rmSync(folder, { recursive: true });
});

const source = (name: string) => path.join(import.meta.dirname, "sources", `${name}.csv`);
const etl = (...names: readonly string[]) =>
  etlWorkflow({ sources: names.map(source), quorum: 3, target: path.join(folder, "rates.json") });
const loaded = () => JSON.parse(readFileSync(path.join(folder, "rates.json"), "utf8"));
const stubbed = (stubs: NonNullable<TestEngineOptions["stubs"]>) => {
  engine.close();
  engine = createTestEngine({ tasks, stubs });
};

it("loads the median of what the sources say, although one of four is broken", async () => {
  const run = await engine.run(etl("north", "south", "east", "west"));
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { sources: 3, of: 4 } });
  expect(loaded()).toEqual({ CHF: 0.93, JPY: 179, USD: 1.16 });
});

it("does not wait for a source that is slow, and keeps what it says in the end", async () => {
  stubbed({
    extract: async (ctx, file: string) => {
      if (file === source("south")) await engine.sleep(ctx, 50);
      return [["CHF", file === source("south") ? "9.99" : "0.93"]];
    },
  });
  const startMs = engine.clock.now();
  const run = await engine.run(etl("north", "south", "east", "west"), { id: "rates" });
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { sources: 3, of: 4, rates: { CHF: 0.93 } } });
  expect(run.endedAtMs - startMs).toBeLessThan(50_000);
  await engine.advance(60);
  const late = (await engine.inspect("rates"))?.tasks.find(({ path: at }) => at === "header[1]/[0]");
  expect(late).toMatchObject({ status: "SUCCEEDED", value: [["CHF", "9.99"]] });
  expect(loaded()).toEqual({ CHF: 0.93 });
});

it("fails when too few sources are left for the quorum, and loads nothing", async () => {
  const run = await engine.run(etl("north", "south", "west", "west"));
  expect(run).toMatchObject({ status: "FAILED", decisions: [{ path: ".", decision: "error" }] });
  expect(engine.calls.map(({ task }) => task)).not.toContain("load");
});

it("reads a source again that was not there at first", async () => {
  engine.inject({
    fault: "fail",
    task: "extract",
    path: "header[2]/[0]",
    attempt: 1,
    error: new Error("no such file"),
  });
  const run = await engine.run(etl("north", "south", "east"));
  expect(run).toMatchObject({ status: "SUCCEEDED", value: { sources: 3, of: 3 } });
});
