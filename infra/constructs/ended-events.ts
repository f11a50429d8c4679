/**
 * Ends of runs, told on an event bus: the table's stream → a function → the bus. Nothing of a run waits for it.
 */
import { Duration } from "aws-cdk-lib";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import { Grant } from "aws-cdk-lib/aws-iam";
import { FilterCriteria, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { SqsDlq } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { codeOf } from "./bundle.ts";
import type { TuttiFunctions } from "./functions.ts";
import { letterQueue } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

export interface EndedEventsProps {
  /** With a stream. */
  readonly table: TuttiTable;
  readonly functions: TuttiFunctions;
  readonly bus: IEventBus;
}

/** Reads of up to ten runs of 10,000 tasks, and one call to the bus. */
const timeout = Duration.minutes(1);
const memoryMb = 512;
/** Events of one call to the bus: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const batchSize = 10;
/** As long as a stream keeps a record. */
const maxRecordAge = Duration.hours(24);

/** A head that has come from RUNNING to something else: once for each end of a run, and no other write. */
const endOfRun = {
  eventName: ["MODIFY"],
  dynamodb: {
    Keys: { sk: { S: ["head"] } },
    OldImage: { status: { S: ["RUNNING"] } },
    NewImage: { status: { S: [{ "anything-but": ["RUNNING"] }] } },
  },
};

export class EndedEvents extends Construct {
  /** Where the stream's records are told that were not sent within a day: what to read, not the event itself. */
  readonly lost: Queue;

  constructor(scope: Construct, id: string, { table, functions, bus }: EndedEventsProps) {
    super(scope, id);
    const ended = functions.create({
      id: "Ended",
      description: "Tutti: tells an event bus of ends of runs",
      code: codeOf("Ended"),
      timeout,
      memoryMb,
      environment: { TUTTI_EVENT_BUS: bus.eventBusArn },
      inLoop: false,
    });
    table.grantInspect(ended);
    const streamArn = table.grantStream(ended);
    Grant.addToPrincipal({ grantee: ended, actions: ["events:PutEvents"], resourceArns: [bus.eventBusArn] });
    this.lost = letterQueue(this, "Lost");
    acknowledge(this.lost, "AwsSolutions::AwsSolutions-SQS3");
    ended.addEventSourceMapping("Ends", {
      eventSourceArn: streamArn,
      startingPosition: StartingPosition.LATEST,
      batchSize,
      maxRecordAge,
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter(endOfRun)],
      onFailure: new SqsDlq(this.lost),
    });
  }
}
