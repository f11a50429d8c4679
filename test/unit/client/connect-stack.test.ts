import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../lib/client/errors.ts";
import { findStack, type ReadOutputs } from "../../../lib/connect-stack.ts";

const deployment = {
  tutti: 1,
  table: "Prod-Table",
  requestQueueUrl: "https://sqs.eu-west-1.amazonaws.com/1/requests",
  taskQueueUrls: { default: "https://sqs.eu-west-1.amazonaws.com/1/default" },
  deadLetterQueueUrls: { request: "https://sqs.eu-west-1.amazonaws.com/1/requests-dlq" },
};
const ours = (key: string, more: object = {}) => ({ key, value: JSON.stringify({ ...deployment, ...more }) });
const others = [
  { key: "TableName", value: "Prod-Table" },
  { key: "Settings", value: '{"tutti":2}' },
  { key: "Broken", value: "{not json" },
];
const answering =
  (...outputs: Awaited<ReturnType<ReadOutputs>> & object): ReadOutputs =>
  async () =>
    outputs;
const find = (read: ReadOutputs, environment = {}) => findStack("Prod", {}, { environment }, read);

describe("findStack", () => {
  it("takes table and queues from the one output that describes a deployment", async () => {
    expect(await find(answering(...others, ours("TuttiDeployment1", { new: "field" })))).toEqual({
      from: "stack",
      table: deployment.table,
      requestQueueUrl: deployment.requestQueueUrl,
      taskQueueUrls: deployment.taskQueueUrls,
      deadLetterQueueUrls: deployment.deadLetterQueueUrls,
      endpoints: {},
      local: false,
    });
  });

  it("asks in the region that was given, and keeps it and the endpoints for what follows", async () => {
    const asked: unknown[] = [];
    const read: ReadOutputs = async (lookup) => {
      asked.push(lookup);
      return [ours("TuttiDeployment1")];
    };
    const environment = { AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL: "http://127.0.0.1:4566", TUTTI_TABLE: "other" };
    const options = { region: "us-east-2", endpoints: { sqs: "http://127.0.0.1:1" } };
    expect(await findStack("Prod", options, { environment }, read)).toMatchObject({
      region: "us-east-2",
      table: "Prod-Table",
      endpoints: { dynamodb: "http://127.0.0.1:4566", sqs: "http://127.0.0.1:1", lambda: "http://127.0.0.1:4566" },
    });
    await find(read, environment);
    await find(read);
    expect(asked).toEqual([
      { stack: "Prod", region: "us-east-2" },
      { stack: "Prod", region: "eu-west-1" },
      { stack: "Prod" },
    ]);
  });

  it("takes the times of the deployment from the environment: who sweeps by hand must know for how long runs are kept", async () => {
    expect(await find(answering(ours("TuttiDeployment1")), { TUTTI_RETENTION_SECONDS: "2592000" })).toMatchObject({
      settings: { retentionSeconds: 2_592_000 },
    });
  });

  it.each<[string, ReadOutputs, RegExp]>([
    ["does not exist", async () => undefined, /^there is no stack Prod in eu-west-1 in this account/],
    ["has no deployment", answering(...others), /^no output of the stack Prod describes a deployment/],
    [
      "holds two",
      answering(ours("A"), ours("B")),
      /holds 2 deployments \(A, B\): name the table and the request queue/,
    ],
    [
      "cannot be looked at",
      async () => {
        throw Object.assign(new Error("no cloudformation:DescribeStacks"), { name: "AccessDenied" });
      },
      /could not be looked at: AccessDenied: no cloudformation:DescribeStacks/,
    ],
  ])("says what is wrong with a stack that %s", async (_, read, message) => {
    const found = find(read, { AWS_REGION: "eu-west-1" });
    await expect(found).rejects.toThrow(ConfigurationError);
    await expect(find(read, { AWS_REGION: "eu-west-1" })).rejects.toThrow(message);
  });
});
