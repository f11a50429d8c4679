/**
 * The log at its default level: nothing that users pass through is in its lines.
 */
import { expect, it } from "vitest";
import { checkLog } from "../../fuzz/secrets.ts";

const submit = (workflow: object) => JSON.stringify({ tutti: 1, type: "submit", requestId: "q", id: "r", workflow });

it.each([
  ["what a task throws", submit({ task: "fail", args: ["Zq9Xw"] })],
  ["an argument that does not fit", submit({ task: "number", args: ["Zq9Xw"] })],
  ["an excerpt of a message that is no JSON", '{"tutti":1,"password":Zq9Xw}'],
  ["headers", submit({ task: "fail", headers: { authorization: "Zq9Xw" } })],
])("does not show %s", async (_what, request) => {
  await expect(checkLog(request)).resolves.toBe(undefined);
});
