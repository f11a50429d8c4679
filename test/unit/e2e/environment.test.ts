import { expect, it } from "vitest";
import { checkLocal, localEnvironment, NotLocalError } from "../../e2e/environment.ts";

it.each([
  undefined,
  "",
  "https://sqs.eu-west-1.amazonaws.com",
  "http://127.0.0.1.example.com:4566",
  "http://example.com/?host=127.0.0.1",
  "127.0.0.1:4566",
])("refuses to deploy to %s: it is not on this machine", (endpoint) => {
  expect(() => checkLocal(endpoint)).toThrow(NotLocalError);
  expect(() => localEnvironment(endpoint as string)).toThrow(NotLocalError);
});

it("hands on nothing of the user's but the path to programs", () => {
  process.env.AWS_PROFILE = "prod";
  try {
    const variables = localEnvironment("http://127.0.0.1:4566");
    expect(variables).toMatchObject({ AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ACCESS_KEY_ID: "test" });
    expect(Object.keys(variables)).not.toContain("AWS_PROFILE");
    expect(variables.HOME).not.toBe(process.env.HOME);
  } finally {
    delete process.env.AWS_PROFILE;
  }
});
