import type { DynamoDBRecord } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { createEndedHandler } from "../../../lambdas/ended/handler.ts";
import { createEventBus } from "../../../lib/adapters/eventbridge/bus.ts";
import { silentLog } from "../../../lib/adapters/system/log.ts";
import type { RunEnded } from "../../../lib/lambda.ts";

const records = (...names: readonly string[]) => ({
  Records: names.map((name): DynamoDBRecord => ({ eventID: name, dynamodb: { SequenceNumber: name } })),
});

function rig(refused: readonly string[] | Error = []) {
  const sent: string[] = [];
  const handler = createEndedHandler({
    eventOf: async ({ eventID = "" }) => {
      if (eventID === "unreadable") throw new Error("the table cannot be reached");
      return eventID === "child" ? undefined : ({ id: `${eventID}#1`, runId: eventID } as RunEnded);
    },
    put: async (events) => {
      if (refused instanceof Error) throw refused;
      sent.push(...events.map(({ runId }) => runId));
      return events.flatMap(({ runId }, i) => (refused.includes(runId) ? [i] : []));
    },
    log: silentLog,
  });
  const failed = async (...names: readonly string[]) =>
    (await handler(records(...names))).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { failed, sent };
}

describe("ends of runs", () => {
  it("are sent in one call, without what tells of no end", async () => {
    const { failed, sent } = rig();
    expect(await failed("a", "child", "b")).toEqual([]);
    expect(sent).toEqual(["a", "b"]);
  });

  it("come again from the first that the bus has refused", async () => {
    expect(await rig(["b", "c"]).failed("a", "b", "c")).toEqual(["b"]);
  });

  it("come again, all of them, when nothing is known of the call", async () => {
    expect(await rig(new Error("timeout")).failed("child", "a", "b")).toEqual(["a"]);
  });

  it("go as far as the first that cannot be read, which comes again with what follows it", async () => {
    const { failed, sent } = rig();
    expect(await failed("a", "unreadable", "b")).toEqual(["unreadable"]);
    expect(sent).toEqual(["a"]);
    expect(await rig(["a"]).failed("a", "unreadable")).toEqual(["a"]);
  });
});

describe("the event bus", () => {
  it("is sent what rules are written against, and tells what it has refused or not answered", async () => {
    const inputs: unknown[] = [];
    const client = {
      send: async ({ input }: { readonly input: unknown }) => {
        inputs.push(input);
        return { Entries: [{ EventId: "1" }, { ErrorCode: "ThrottlingException" }] };
      },
    };
    const bus = createEventBus("runs", client as never);
    const event = { detailType: "Run Ended", atMs: 1000, detail: { id: "a#1" } };
    expect(await bus.put([event, event, event])).toEqual([1, 2]);
    expect(await bus.put([])).toEqual([]);
    expect(inputs).toHaveLength(1);
    expect(inputs[0]).toMatchObject({
      Entries: [
        {
          EventBusName: "runs",
          Source: "tutti",
          DetailType: "Run Ended",
          Detail: '{"id":"a#1"}',
          Time: new Date(1000),
        },
        {},
        {},
      ],
    });
  });
});
