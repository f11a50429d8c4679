import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createTestEngine, nothingLeft, type TestEngine } from "tutti/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as tasks from "./schedule.ts";
import { reportWorkflow } from "./workflow.ts";

const id = "nightly-report-2026-11-21T02:00:00Z";

let parent: string;
let folder: string;
let engine: TestEngine;
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), "tutti-nightly-"));
  folder = path.join(parent, "reports");
  engine = createTestEngine({ tasks });
});
afterEach(() => {
  engine.close();
  rmSync(parent, { recursive: true });
});

const workflow = () => reportWorkflow(["north", "south"], folder);
const callsSince = (count: number) => engine.calls.slice(count).map(({ task }) => task);

describe("a night whose folder is not there", () => {
  it("fails after two attempts, and the next generation runs the publishing alone", async () => {
    expect(await engine.run(workflow(), { id })).toMatchObject({ status: "FAILED", error: { name: "Error" } });
    expect(callsSince(0)).toEqual(["fetch-sales", "fetch-sales", "make-report", "publish-report", "publish-report"]);
    mkdirSync(folder);
    const again = await (await engine.retry(id)).end();
    await engine.check(async () => {
      expect(again).toMatchObject({ status: "SUCCEEDED", value: { file: path.join(folder, "2026-11-21.txt") } });
      expect(callsSince(5)).toEqual(["publish-report"]);
      expect(await engine.left()).toEqual(nothingLeft);
    });
    expect(readFileSync(path.join(folder, "2026-11-21.txt"), "utf8")).toBe(
      "Sales of 2026-11-21\nnorth: 5021\nsouth: 5021\n",
    );
  });

  it("is retried to another folder", async () => {
    await engine.run(workflow(), { id });
    const run = await engine.retry(id, { args: { "[1]": [parent] } });
    expect(await run.end()).toMatchObject({ value: { file: path.join(parent, "2026-11-21.txt") } });
    expect(existsSync(folder)).toBe(false);
  });

  it("makes its report again when that is named, and publishes it, from the sales it has", async () => {
    mkdirSync(folder);
    await engine.run(workflow(), { id });
    const run = await engine.retry(id, { tasks: ["[0]/callback"] });
    expect(await run.end()).toMatchObject({ status: "SUCCEEDED" });
    expect(callsSince(4)).toEqual(["make-report", "publish-report"]);
  });
});

it("is one run for each night, however often the schedule fires for it", async () => {
  const fire = tasks.nightlyReport.request("2026-11-21T02:00:00Z");
  expect(fire).toMatchObject({ id, requestId: id, deadlineSeconds: 21_600 });
  expect(tasks.nightlyReport.request("2026-11-22T02:00:00Z").id).not.toBe(id);
  mkdirSync(folder);
  const [first, second] = [await engine.run(workflow(), { id }), await engine.run(workflow(), { id })];
  expect(second).toEqual(first);
  expect(callsSince(0)).toEqual(["fetch-sales", "fetch-sales", "make-report", "publish-report"]);
});
