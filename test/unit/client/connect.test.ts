import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../lib/client/errors.ts";
import { createClient, findConnection } from "../../../lib/connect.ts";

const devFile = {
  pid: process.pid,
  endpoints: { dynamodb: "http://127.0.0.1:4000", sqs: "http://127.0.0.1:4001" },
  region: "us-east-1",
  table: "tutti",
  requestQueueUrl: "http://127.0.0.1:4001/0/requests",
  taskQueueUrls: { default: "http://127.0.0.1:4001/0/default" },
  deadLetterQueueUrls: { request: "http://127.0.0.1:4001/0/requests-dlq" },
};
const named = { TUTTI_TABLE: "prod", TUTTI_REQUEST_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/1/requests" };

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "tutti-connect-"));
});

function writeDevFile(content: unknown, folder = cwd): void {
  mkdirSync(join(folder, ".tutti"), { recursive: true });
  writeFileSync(join(folder, ".tutti", "dev.json"), typeof content === "string" ? content : JSON.stringify(content));
}

describe("findConnection", () => {
  it("takes options before the environment, and the environment before a running engine", () => {
    writeDevFile(devFile);
    const environment = { ...named, AWS_REGION: "eu-west-1", AWS_ENDPOINT_URL_SQS: "http://sqs.test" };
    expect(findConnection({ table: "other", region: "us-east-2" }, { environment, cwd })).toEqual({
      from: "options",
      table: "other",
      requestQueueUrl: named.TUTTI_REQUEST_QUEUE_URL,
      region: "us-east-2",
      endpoints: { sqs: "http://sqs.test" },
      local: false,
      taskQueueUrls: {},
      deadLetterQueueUrls: {},
    });
    expect(findConnection({}, { environment, cwd })).toMatchObject({
      from: "environment",
      table: "prod",
      region: "eu-west-1",
      local: false,
    });
    expect(findConnection({}, { environment: {}, cwd })).toMatchObject({
      from: "dev-file",
      table: "tutti",
      local: true,
    });
  });

  it("finds the file of a running engine in a folder above", () => {
    writeDevFile(devFile);
    const inner = join(cwd, "src", "deep");
    mkdirSync(inner, { recursive: true });
    const { pid: _pid, ...rest } = devFile;
    expect(findConnection({}, { environment: {}, cwd: inner })).toEqual({ ...rest, from: "dev-file", local: true });
  });

  it("never mixes a named table with the queue of a local engine", () => {
    writeDevFile(devFile);
    expect(findConnection({ table: "prod" }, { environment: {}, cwd })).not.toHaveProperty("requestQueueUrl");
    expect(() => findConnection({}, { environment: { TUTTI_REQUEST_QUEUE_URL: "https://sqs.test/q" }, cwd })).toThrow(
      /a request queue is named and no table/,
    );
  });

  it("knows the queues that the environment lists", () => {
    const environment = { ...named, TUTTI_TASK_QUEUE_URLS: '{"default":"https://sqs.test/default"}' };
    expect(findConnection({}, { environment, cwd }).taskQueueUrls).toEqual({ default: "https://sqs.test/default" });
    expect(() => findConnection({}, { environment: { ...named, TUTTI_TASK_QUEUE_URLS: "default" }, cwd })).toThrow(
      /TUTTI_TASK_QUEUE_URLS must be a JSON object/,
    );
  });

  it("says what to do when nothing names a deployment", () => {
    expect(() => findConnection({}, { environment: {}, cwd })).toThrow(ConfigurationError);
    expect(() => findConnection({}, { environment: {}, cwd })).toThrow(
      /start one here with tutti dev, or name its table/,
    );
  });

  it("says so when the engine of the file has gone", () => {
    // Above the largest process id of Linux (2^22).
    writeDevFile({ ...devFile, pid: 4_194_305 });
    expect(() => findConnection({}, { environment: {}, cwd })).toThrow(
      /process 4194305\) is not running: start it again with: tutti dev/,
    );
  });

  it.each(["", "{", "{}", '{"pid":"1"}'])("says so when the file reads %j", (content) => {
    writeDevFile(content);
    expect(() => findConnection({}, { environment: {}, cwd })).toThrow(
      /cannot be read as the file of a tutti dev: remove it/,
    );
  });
});

describe("createClient", () => {
  it("checks nothing until it is used", async () => {
    const client = createClient({ requestQueueUrl: "http://127.0.0.1:1/q" });
    await expect(client.status()).rejects.toThrow(/a request queue is named and no table/);
    await expect(client.status()).rejects.toThrow(ConfigurationError);
  });

  it("refuses to submit where only a table is named", async () => {
    const client = createClient({ table: "prod", region: "us-east-1", endpoints: { dynamodb: "http://127.0.0.1:1" } });
    await expect(client.submit({ task: "add" })).rejects.toThrow(/a table is named and no request queue/);
  });
});
