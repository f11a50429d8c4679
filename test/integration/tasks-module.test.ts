/**
 * Finding and loading the tasks module of a project.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findTasksModule, loadTasksModule, queuesOf, servedQueues, shownPath } from "../../local/tasks-module.ts";
import { aFolder, removeFolders, tasksFile } from "./support.ts";

afterEach(removeFolders);

async function aProject(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await aFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe("findTasksModule", () => {
  it.each([
    [
      "the file that is named",
      { "a.ts": "", "src/tasks.ts": "", "package.json": '{"tutti":{"tasks":"b.ts"}}', "b.ts": "" },
      "a.ts",
      "a.ts",
    ],
    [
      "tutti.tasks of package.json",
      { "src/tasks.ts": "", "package.json": '{"tutti":{"tasks":"b.ts"}}', "b.ts": "" },
      undefined,
      "b.ts",
    ],
    ["src/tasks.ts", { "src/tasks.ts": "", "tasks.ts": "", "package.json": "{}" }, undefined, "src/tasks.ts"],
    ["tasks.ts", { "tasks.ts": "" }, undefined, "tasks.ts"],
  ])("takes %s first", async (_, files, file, found) => {
    const cwd = await aProject(files);
    expect(await findTasksModule({ cwd, file })).toBe(join(cwd, found));
  });

  it("finds none in an empty folder", async () => {
    expect(await findTasksModule({ cwd: await aFolder() })).toBeUndefined();
  });

  it.each([
    [{}, "none.ts", "the tasks module none.ts does not exist"],
    [{ "package.json": '{"tutti":{"tasks":"gone.ts"}}' }, undefined, "gone.ts"],
    [{ "package.json": '{"tutti":"src/tasks.ts"}' }, undefined, '"tutti" must be an object'],
    [{ "package.json": "{" }, undefined, "is not JSON"],
  ])("says what is wrong with %j", async (files, file, problem) => {
    await expect(findTasksModule({ cwd: await aProject(files), file })).rejects.toThrow(problem);
  });
});

describe("loadTasksModule", () => {
  it("collects the tasks and their queues", async () => {
    const { registry, catalog, file } = await loadTasksModule(tasksFile);
    expect(file).toBe(tasksFile);
    expect([...registry.keys()].sort()).toEqual(["add-up", "tell", "wait-at-gate"]);
    expect(catalog.get("wait-at-gate")).toMatchObject({ queue: "gated", minArgs: 2, maxArgs: 2 });
    expect([...queuesOf(registry)].sort()).toEqual(["default", "gated"]);
    expect([...servedQueues(registry)].sort()).toEqual(["default", "gated"]);
  });

  it.each([
    ["no-tasks.mjs", "export const a = 1;", "exports no task"],
    ["throws.mjs", "throw new Error('top level trouble');", "cannot be loaded: top level trouble"],
  ])("says what is wrong with %s", async (name, text, problem) => {
    const folder = await aProject({ [name]: text });
    await expect(loadTasksModule(join(folder, name))).rejects.toThrow(problem);
  });
});

describe("shownPath", () => {
  it("is short for what is in the folder, and absolute for what is not", () => {
    expect(shownPath("/project", "/project/src/tasks.ts")).toBe("src/tasks.ts");
    expect(shownPath("/project/app", "/project/tasks.ts")).toBe("/project/tasks.ts");
  });
});
