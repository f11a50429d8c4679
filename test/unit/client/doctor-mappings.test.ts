/**
 * What doctor says of the functions that read the queues, and what it asks Lambda for that.
 */
import { ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { createMappingInspector } from "../../../lib/adapters/lambda/mappings.ts";
import { examine } from "../../../lib/client/doctor.ts";
import type { DoctorFacts } from "../../../lib/client/doctor-facts.ts";
import { doctorReportSchema } from "../../../lib/model/doctor-report.ts";
import type { AskedQueue } from "../../../lib/ports/index.ts";
import { aDeployment, aMapping, aPair, found } from "./doctor-facts.ts";

type Mappings = Pick<AskedQueue, "mappings" | "deadMappings">;

function deploymentWith(request: Mappings, images: Mappings = {}, given: Partial<DoctorFacts> = {}) {
  const queues = new Map([
    ["request" as const, { ...aPair("requests"), ...request }],
    ["task:images" as const, { ...aPair("images"), ...images }],
  ]);
  return aDeployment({ tasks: { resize: { queue: "images" } }, ...given }, { queues });
}

/** Findings on event source mappings, as `state about: found`. */
function told(facts: DoctorFacts): string[] {
  const report = examine(facts);
  expect(doctorReportSchema.strict().parse(report)).toEqual(report);
  return report.findings.flatMap(({ check, state, about, found: text }) =>
    check === "event-sources" ? [`${state} ${about}: ${text}`] : [],
  );
}

describe("event source mappings", () => {
  it("are told with function, state and batch size", () => {
    const request = { mappings: found([aMapping({ functionName: "Control" })]), deadMappings: found([aMapping()]) };
    const images = { mappings: found([aMapping({ lastResult: "" }), aMapping({ functionName: "Worker:live" })]) };
    expect(told(deploymentWith(request, images))).toEqual([
      "ok queue request: read by Control: Enabled, up to 10 messages at once, last: OK",
      "ok dead letters of queue request: read by Prod-Worker: Enabled, up to 10 messages at once, last: OK",
      "ok queue images: read by Prod-Worker: Enabled, up to 10 messages at once",
      "ok queue images: read by Worker:live: Enabled, up to 10 messages at once, last: OK",
    ]);
  });

  it.each([
    ["one that is off", { state: "Disabled" }, "but its event source mapping is Disabled"],
    ["one that goes", { state: "Deleting" }, "but its event source mapping is Deleting"],
    ["no partial batch responses", { tellsFailures: false }, "cannot tell which messages of a batch have failed"],
  ])("are wrong: %s", (_, given, expected) => {
    const facts = deploymentWith({}, { mappings: found([aMapping(given)]) });
    expect(told(facts)).toEqual([expect.stringContaining(expected)]);
    const report = examine(facts);
    expect(report.healthy).toBe(false);
    expect(report.findings.find(({ state }) => state === "wrong")?.fix).toMatch(/\w/);
    expect(report.workingConfiguration).toMatchObject([{ setting: "event-sources of queue images" }]);
  });

  it("are advised on when the last batch failed", () => {
    const mapping = aMapping({ lastResult: "PROBLEM: Function call failed" });
    const facts = deploymentWith({}, { mappings: found([mapping]) });
    expect(told(facts)).toEqual(["advice queue images: read by Prod-Worker: PROBLEM: Function call failed"]);
    expect(examine(facts).healthy).toBe(true);
  });

  it("are missed where only functions of the stack ever read; a task queue may have readers elsewhere", () => {
    const none = { mappings: found([]), deadMappings: found([]) };
    expect(told(deploymentWith(none, none))).toEqual([
      "wrong queue request: no function reads it",
      "wrong dead letters of queue request: no function reads it",
      "unknown queue images: no function reads it: a program of yours must (tutti worker, or another)",
      "wrong dead letters of queue images: no function reads it",
    ]);
    const place = { ...aDeployment().place, from: "environment" as const };
    expect(told(deploymentWith(none, none, { place })).filter((line) => line.startsWith("wrong"))).toEqual([]);
  });

  it("that must not be looked at are no fault, and the right that it takes is named", () => {
    const refused = { answer: "refused", why: "AccessDeniedException: no" } as const;
    const facts = deploymentWith({ mappings: refused });
    expect(told(facts)).toEqual([expect.stringMatching(/^unknown queue request: .*lambda:ListEventSourceMappings/)]);
    expect(examine(facts).healthy).toBe(true);
  });

  it("are not asked of an engine that is not AWS's", () => {
    const place = { ...aDeployment().place, isEmulated: true };
    expect(told(deploymentWith({}, {}, { place }))).toEqual([
      "unknown event source mappings: do not apply here: it is not AWS's",
    ]);
  });

  it("tell whether a queue is read that holds nothing", () => {
    const readers = (facts: DoctorFacts) =>
      examine(facts).findings.flatMap(({ check, about }) => (check === "reader" ? [about] : []));
    expect(readers(deploymentWith({}, { mappings: found([aMapping()]) }))).toEqual(["queue request"]);
  });
});

describe("asking Lambda", () => {
  it("goes by the queue, page by page", async () => {
    const arn = "arn:aws:sqs:eu-west-1:123456789012:images";
    const pages = [
      {
        NextMarker: "more",
        EventSourceMappings: [
          {
            FunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:Worker",
            State: "Enabled",
            LastProcessingResult: "OK",
            BatchSize: 10,
            FunctionResponseTypes: ["ReportBatchItemFailures" as const],
          },
        ],
      },
      { EventSourceMappings: [{ FunctionArn: "arn:aws:lambda:eu-west-1:123456789012:function:Worker:live" }] },
    ];
    const asked: unknown[] = [];
    const send = async (command: ListEventSourceMappingsCommand) => {
      expect(command).toBeInstanceOf(ListEventSourceMappingsCommand);
      asked.push(command.input);
      return pages[asked.length - 1];
    };
    expect(await createMappingInspector({ send } as never).ofQueue(arn)).toEqual([
      aMapping({ functionName: "Worker" }),
      aMapping({ functionName: "Worker:live", state: "unknown", lastResult: "", batchSize: 0, tellsFailures: false }),
    ]);
    expect(asked).toEqual([{ EventSourceArn: arn }, { EventSourceArn: arn, Marker: "more" }]);
  });
});
