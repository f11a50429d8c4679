/**
 * `tutti doctor`: its text, and the command against an embedded engine.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DescribeTableCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { writeDoctor } from "../../cli/output/doctor.ts";
import { createLocalDynamoClient } from "../../lib/adapters/dynamodb/client.ts";
import { createLocalSqsClient } from "../../lib/adapters/sqs/client.ts";
import { examine } from "../../lib/client/doctor.ts";
import { type Connection, connect, findConnection } from "../../lib/connect.ts";
import { asked, doctor } from "../../lib/connect-doctor.ts";
import { StoreError } from "../../lib/errors.ts";
import { type DoctorReport, doctorReportSchema } from "../../lib/model/doctor-report.ts";
import type { Write } from "../../lib/ports/index.ts";
import { dueShard } from "../../lib/protocol/keys.ts";
import { type Dev, startDev } from "../../local/dev.ts";
import { dynoxideAvailable } from "../../local/dynoxide.ts";
import { aDeployment, aMapping, aPair, found } from "../unit/client/doctor-facts.ts";
import { emptyFolder, exitCodes, fakeIo, json, tutti } from "./fake-io.ts";

const machine = { nodeVersion: "v24.1.0", packageVersion: "0.1.0" };

/** Findings as `state check about`, of some checks. */
function told({ findings }: DoctorReport, ...checks: readonly string[]): string[] {
  return findings.flatMap(({ state, check, about }) => (checks.includes(check) ? [`${state} ${check} ${about}`] : []));
}

it("S2-31: prints a line each, what to do, and a working configuration beside what is wrong, at 80 columns", () => {
  const io = fakeIo({ columns: 80, env: { NO_COLOR: "1" } });
  const queues = new Map([
    ["request" as const, { ...aPair("requests"), mappings: found([aMapping({ functionName: "Prod-Control" })]) }],
    [
      "task:images" as const,
      { ...aPair("images", { visibilitySeconds: 10 }), mappings: found([aMapping({ state: "Disabled" })]) },
    ],
  ]);
  const tasks = { resize: { queue: "images" } };
  writeDoctor(io, examine(aDeployment({ tasks }, { recovery: found(false), queues })));
  const lines = io.stdout().split("\n");
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(io.stdout()).toMatchSnapshot();
});

describe("what does not answer", () => {
  const named = (name: string, more: object = {}) => Object.assign(new Error("no"), { name, ...more });
  it.each([
    ["missing", named("ResourceNotFoundException")],
    ["missing", named("QueueDoesNotExist")],
    ["refused", named("AccessDeniedException")],
    ["refused", named("AccessDenied", { $metadata: { httpStatusCode: 403 } })],
    ["no-credentials", named("CredentialsProviderError")],
    ["no-credentials", named("UnrecognizedClientException", { $metadata: { httpStatusCode: 403 } })],
    ["no-credentials", named("ExpiredTokenException")],
    ["unreachable", named("Error", { code: "ECONNREFUSED" })],
    ["unreachable", named("TimeoutError")],
    ["failed", named("ValidationException")],
    ["refused", new StoreError("table t: Query failed", { cause: named("AccessDeniedException") })],
  ] as const)("is %s: %s", async (answer, error) => {
    expect(await asked(() => Promise.reject(error))).toMatchObject({ answer });
  });

  it("is a finding, not an error: nobody listens there", async () => {
    const nowhere = "http://127.0.0.1:1";
    const report = await doctor(
      {
        from: "dev-file",
        local: true,
        table: "tutti",
        region: "us-east-1",
        requestQueueUrl: `${nowhere}/000000000000/requests`,
        endpoints: { dynamodb: nowhere, sqs: nowhere },
        taskQueueUrls: {},
        deadLetterQueueUrls: {},
      },
      machine,
    );
    expect(told(report, "table", "queue", "credentials", "clock")).toEqual([
      "unknown credentials credentials",
      "wrong table table tutti",
      "wrong queue queue request",
      "unknown queue task queues",
      "unknown clock clock",
    ]);
  });
});

/** Stands in for Lambda: it answers what it is told to, and keeps what it was asked. */
async function lambdaThatSays(status: number, body: object) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    const errorType = status === 403 ? { "x-amzn-errortype": "AccessDeniedException" } : {};
    response.writeHead(status, { "content-type": "application/json", ...errorType }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, paths, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.skipIf(!dynoxideAvailable())("doctor of a running engine", () => {
  const cwd = emptyFolder();
  let dev: Dev;
  let connection: Connection;

  beforeAll(async () => {
    dev = await startDev({ cwd, engineOnly: true, log: { write: () => undefined } });
    connection = findConnection({}, { environment: {}, cwd });
  });
  afterAll(() => dev.close(0));

  /** All that the services tell of themselves. */
  async function everything() {
    const dynamodb = createLocalDynamoClient(connection.endpoints.dynamodb ?? "");
    const sqs = createLocalSqsClient(connection.endpoints.sqs ?? "");
    const urls = [connection.requestQueueUrl, ...Object.values(connection.taskQueueUrls)];
    const dead = Object.values(connection.deadLetterQueueUrls);
    const attributes = [...urls, ...dead].map(async (QueueUrl) => {
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      return Attributes;
    });
    const { Items } = await dynamodb.send(new ScanCommand({ TableName: connection.table }));
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: connection.table }));
    const { ItemCount: _, TableSizeBytes: __, GlobalSecondaryIndexes: ___, ...settings } = Table ?? {};
    return { Items, settings, queues: await Promise.all(attributes) };
  }

  it("S2-25 S2-27: finds nothing wrong, and table and queues as the product makes them", async () => {
    const { exitCode, stdout } = await tutti(["doctor", "--json"], { cwd });
    const report = json(stdout) as DoctorReport;
    expect(doctorReportSchema.strict().parse(report)).toEqual(report);
    expect(report.findings.filter(({ state }) => state === "wrong" || state === "advice")).toEqual([]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(told(report, "table", "table-layout", "clock", "sweeper", "visibility", "redrive")).toEqual([
      "ok table table tutti",
      "ok table-layout keys of table tutti",
      "ok table-layout index due of table tutti",
      "ok table-layout index list of table tutti",
      "ok visibility queue request",
      "ok redrive queue request",
      "ok visibility queue default",
      "ok redrive queue default",
      "ok clock clock",
      "ok sweeper sweeper",
    ]);
  });

  it("S2-25: ends with 1 where a table is not there, and says what to do", async () => {
    const report = await doctor({ ...connection, table: "other" }, machine);
    // Refusals tell the time as well: a clock that is wrong may be why a call is refused.
    expect(told(report, "table", "table-layout", "clock")).toEqual(["wrong table table other", "ok clock clock"]);
    const gone = `${connection.endpoints.sqs}/000000000000/gone`;
    const missing = await doctor({ ...connection, taskQueueUrls: { images: gone } }, machine);
    expect(told(missing, "queue")).toContain("wrong queue queue images");
  });

  it.each([
    [
      "tells which function reads a queue",
      200,
      {
        EventSourceMappings: [
          {
            FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:Worker",
            State: "Disabled",
            FunctionResponseTypes: ["ReportBatchItemFailures"],
          },
        ],
      },
      "wrong event-sources queue request: read by Worker, but its event source mapping is Disabled",
    ],
    [
      "says which right it takes to ask",
      403,
      { Message: "not authorized" },
      "unknown event-sources queue request: not allowed to ask: it takes lambda:ListEventSourceMappings on all resources, as AWS knows no narrower right",
    ],
  ])("%s", async (_, status, body, expected) => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
    const { server, paths, endpoint } = await lambdaThatSays(status, body);
    const report = await doctor(
      { ...connection, local: false, endpoints: { ...connection.endpoints, lambda: endpoint } },
      machine,
    );
    server.close();
    vi.unstubAllEnvs();
    const [first] = report.findings.filter(({ check }) => check === "event-sources");
    expect(`${first?.state} ${first?.check} ${first?.about}: ${first?.found}`).toBe(expected);
    expect(paths).toContain(
      "/2015-03-31/event-source-mappings?EventSourceArn=arn%3Aaws%3Asqs%3Aus-east-1%3A000000000000%3Atutti-requests",
    );
  });

  it("S2-27: sees by the index that no sweeper has come", async () => {
    const { store } = dev.engine;
    const before = await doctor(connection, machine);
    expect(told(before, "sweeper")).toEqual(["ok sweeper sweeper"]);
    const set: Write["set"] = [
      { path: ["due"], value: Date.now() - 600_000 },
      { path: ["dueShard"], value: dueShard(2) },
    ];
    await store.write({ key: { pk: "late", sk: "head" }, set }, "test");
    expect(told(await doctor(connection, machine), "sweeper")).toEqual(["wrong sweeper sweeper"]);
  });

  it("changes nothing, not even where messages wait that nobody reads", async () => {
    const client = await connect(connection);
    await client.submit({ task: "anything" } as never, { id: "nightly", wait: false });
    const before = await everything();
    const { exitCode, stdout } = await tutti(["doctor"], { cwd });
    expect(await everything()).toEqual(before);
    expect(stdout).toContain("✗ queue request: messages wait, and nobody takes them: 1\n");
    expect(stdout).toContain("tutti worker --only control --tasks FILE");
    expect(exitCode).toBe(exitCodes.issue);
  });
});
