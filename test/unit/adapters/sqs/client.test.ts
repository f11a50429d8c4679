import { expect, it } from "vitest";
import { createSqsClient } from "../../../../lib/adapters/sqs/client.ts";

it("does not prepare every answer for a log that nobody has asked for", () => {
  const client = createSqsClient({ region: "eu-west-1" });
  expect(client.middlewareStack.identify().join("\n")).not.toContain("loggerMiddleware");
  client.destroy();
});
