/**
 * The environment of functions and workers.
 */
import { describe, expect, it } from "vitest";
import { InvalidEnvironmentError, readEnvironment, tasksPerMessage, workerQueueOf } from "../../lambdas/environment.ts";
import { childVariables, parentConnection, queueVariables } from "../../local/connection.ts";

const complete = {
  TUTTI_TABLE: "tutti",
  TUTTI_REQUEST_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/tutti-requests",
  TUTTI_TASK_QUEUE_URLS: '{"default":"https://sqs.eu-west-1.amazonaws.com/123456789012/tutti-task-default"}',
};

describe("tasks of a message", () => {
  it.each([
    [{ tasksPerInvocation: 100 }, 10],
    [{ tasksPerInvocation: 4 }, 4],
    [{ tasksPerInvocation: 100, tasksPerMessage: 64 }, 64],
    [{ tasksPerInvocation: 10, tasksPerMessage: 64 }, 10],
  ])("of %j are %d: no more than run side by side", (traits, expected) =>
    expect(tasksPerMessage(traits)).toBe(expected),
  );

  it("are what dev is told, for all of its queues", () => {
    const connection = { taskQueueUrls: { default: "http://127.0.0.1:1/0/a", images: "http://127.0.0.1:1/0/b" } };
    const { queues } = readEnvironment({ ...complete, ...queueVariables(connection as never, 64) });
    const traits = { tasksPerInvocation: 64, tasksPerMessage: 64 };
    expect(queues).toEqual({ default: traits, images: traits });
    expect(queueVariables(connection as never, undefined)).toEqual({});
  });
});

describe("readEnvironment", () => {
  it("fills in the defaults of the product", () => {
    expect(readEnvironment(complete)).toEqual({
      table: "tutti",
      requestQueueUrl: complete.TUTTI_REQUEST_QUEUE_URL,
      taskQueueUrls: { default: "https://sqs.eu-west-1.amazonaws.com/123456789012/tutti-task-default" },
      deadLetterQueueUrls: {},
      queues: {},
      stuckMinutes: 60,
      settings: {
        leaseSeconds: 30,
        clockSkewSeconds: 2,
        sweepSeconds: 60,
        visibilitySeconds: 60,
        retentionSeconds: 604_800,
        tasksPerInvocation: 10,
      },
      logLevel: "info",
    });
  });

  it("takes what is set", () => {
    const found = readEnvironment({
      ...complete,
      TUTTI_QUEUE: "default",
      TUTTI_QUEUES: '{"images":{"tasksPerInvocation":1},"default":{}}',
      TUTTI_LEASE_SECONDS: "5",
      TUTTI_TASKS_PER_INVOCATION: "1",
      TUTTI_LOG_LEVEL: "debug",
      TUTTI_DEAD_LETTER_QUEUE_URLS: '{"request":"http://127.0.0.1:1/0/a","task:default":"http://127.0.0.1:1/0/b"}',
    });
    expect(found).toMatchObject({
      queue: "default",
      queues: { images: { tasksPerInvocation: 1 }, default: { tasksPerInvocation: 10 } },
      settings: { leaseSeconds: 5, tasksPerInvocation: 1 },
      logLevel: "debug",
      deadLetterQueueUrls: { request: "http://127.0.0.1:1/0/a", "task:default": "http://127.0.0.1:1/0/b" },
    });
    expect(workerQueueOf(found)).toBe("default");
  });

  it("names every variable that is absent", () => {
    expect(() => readEnvironment({})).toThrow(
      "the environment is not complete: TUTTI_TABLE is not set; TUTTI_REQUEST_QUEUE_URL is not set; TUTTI_TASK_QUEUE_URLS is not set",
    );
  });

  it.each([
    [{ TUTTI_TABLE: "a" }, "TUTTI_TABLE must be the name of a table"],
    [{ TUTTI_REQUEST_QUEUE_URL: "tutti-requests" }, "TUTTI_REQUEST_QUEUE_URL must be the URL of a queue"],
    [{ TUTTI_TASK_QUEUE_URLS: "{" }, "TUTTI_TASK_QUEUE_URLS must be a JSON object of names and queue URLs"],
    [{ TUTTI_TASK_QUEUE_URLS: '{"default":"nowhere"}' }, "TUTTI_TASK_QUEUE_URLS.default must be the URL of a queue"],
    [{ TUTTI_DEAD_LETTER_QUEUE_URLS: '{"default":"http://127.0.0.1/0/a"}' }, "TUTTI_DEAD_LETTER_QUEUE_URLS.default"],
    [{ TUTTI_QUEUES: "[" }, "TUTTI_QUEUES must be a JSON object of names and settings of queues"],
    [{ TUTTI_QUEUES: '{"a b":{}}' }, "TUTTI_QUEUES.a b"],
    [{ TUTTI_QUEUES: '{"images":{"memoryMb":512}}' }, "TUTTI_QUEUES.images"],
    [
      { TUTTI_QUEUES: '{"images":{"tasksPerMessage":65}}' },
      "TUTTI_QUEUES.images.tasksPerMessage must be a whole number from 1 to 64",
    ],
    [
      { TUTTI_QUEUES: '{"images":{"tasksPerInvocation":101}}' },
      "TUTTI_QUEUES.images.tasksPerInvocation must be a whole number from 1 to 100",
    ],
    [{ TUTTI_LEASE_SECONDS: "0" }, "TUTTI_LEASE_SECONDS must be a whole number from 1 to 3600"],
    [{ TUTTI_LEASE_SECONDS: "1.5" }, "TUTTI_LEASE_SECONDS must be a whole number from 1 to 3600"],
    [{ TUTTI_LOG_LEVEL: "loud" }, "TUTTI_LOG_LEVEL"],
  ])("refuses %j", (wrong, problem) => {
    expect(() => readEnvironment({ ...complete, ...wrong })).toThrow(InvalidEnvironmentError);
    expect(() => readEnvironment({ ...complete, ...wrong })).toThrow(problem);
  });

  it.each([
    ["TUTTI_VISIBILITY_SECONDS", ["0", "43201", "60 s"], "from 1 to 43200"],
    ["TUTTI_SWEEP_SECONDS", ["0", "3601", "1e3"], "from 1 to 3600"],
    ["TUTTI_LEASE_SECONDS", ["0", "3601", "-30"], "from 1 to 3600"],
    ["TUTTI_CLOCK_SKEW_SECONDS", ["-1", "301", "0.5"], "from 0 to 300"],
    ["TUTTI_RETENTION_SECONDS", ["0", "31622401", ""], "from 1 to 31622400"],
  ])("G2: starts no process with a time that it cannot keep: %s", (name, wrong, allowed) => {
    for (const value of wrong)
      expect(() => readEnvironment({ ...complete, [name]: value }), value).toThrow(
        `${name} must be a whole number ${allowed}`,
      );
  });

  it("wants a worker function to read a queue that is known", () => {
    expect(() => workerQueueOf(readEnvironment(complete))).toThrow("TUTTI_QUEUE is not set");
    expect(() => workerQueueOf(readEnvironment({ ...complete, TUTTI_QUEUE: "images" }))).toThrow(
      "TUTTI_QUEUE names images",
    );
  });
});

describe("the environment of a worker process of tutti dev", () => {
  const connection = {
    endpoints: { dynamodb: "http://127.0.0.1:1", sqs: "http://127.0.0.1:2" },
    region: "us-east-1",
    table: "tutti",
    requestQueueUrl: "http://127.0.0.1:2/0/tutti-requests",
    taskQueueUrls: { default: "http://127.0.0.1:2/0/tutti-task-default" },
    deadLetterQueueUrls: { request: "http://127.0.0.1:2/0/tutti-requests-dlq" },
  };
  const inherited = {
    ...complete,
    HOME: "/home/u",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "mine",
    TUTTI_LEASE_SECONDS: "30",
  };
  const variables = childVariables(inherited, connection, { ...readEnvironment(complete).settings, leaseSeconds: 3 });

  it("leaves the user's AWS alone, for what tasks do there themselves", () => {
    expect(variables).toMatchObject({ HOME: "/home/u", AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "mine" });
    expect(Object.keys(variables).filter((name) => name.startsWith("AWS_ENDPOINT"))).toEqual([]);
  });

  it("names no other deployment, and the times of this one", () => {
    expect(Object.keys(variables)).not.toContain("TUTTI_TABLE");
    expect(Object.keys(variables)).not.toContain("TUTTI_REQUEST_QUEUE_URL");
    expect(variables).toMatchObject({ TUTTI_LEASE_SECONDS: "3" });
  });

  it("carries the connection", () => {
    expect(parentConnection(variables)).toEqual({ ...connection, from: "dev-file", local: true });
    expect(parentConnection(inherited)).toBeUndefined();
  });
});
