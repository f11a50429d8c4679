import { expect, it } from "vitest";
import { createDynamoClient } from "../../../../lib/adapters/dynamodb/client.ts";

it("does not prepare every answer for a log that nobody has asked for", () => {
  const client = createDynamoClient({ region: "eu-west-1" });
  expect(client.middlewareStack.identify().join("\n")).not.toContain("loggerMiddleware");
  client.destroy();
});
