import { createTestEngine } from "tutti/testing";
import { expect, it } from "vitest";
import * as tasks from "./tasks.ts";
import { wordsWorkflow } from "./workflow.ts";

it("adds up what the program elsewhere reports, and names what it could not count", async () => {
  const engine = createTestEngine({ tasks });
  const run = await engine.submit(wordsWorkflow(["one two", "", "three"]), { id: "words" });
  const failed = { status: "failed", error: { name: "ValueError", message: "there is no text" } } as const;
  await engine.report("words/header[0]", { status: "succeeded", result: 2 });
  await engine.report("words/header[1]", failed);
  await engine.report("words/header[2]", { status: "succeeded", result: 1 });
  await engine.report("words/header[1]", failed);
  expect(await run.end()).toMatchObject({
    status: "SUCCEEDED",
    value: { words: 3, failed: ["there is no text"] },
  });
  engine.close();
});
