/**
 * What tells the outside, both of it optional: ends of runs on an event bus, and a check that tells a topic what is stuck.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Duration, Stack, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { EventBus } from "aws-cdk-lib/aws-events";
import { AccountRootPrincipal, Role } from "aws-cdk-lib/aws-iam";
import { Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Topic } from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../infra/constructs/bundle.ts";
import { Checks, type ChecksProps } from "../../infra/constructs/checks.ts";
import { Tutti, TuttiTable } from "../../infra/index.ts";
import { readEnvironment } from "../../lambdas/environment.ts";
import { idleCost, totalOf } from "../../scripts/idle-cost/cost.ts";
import { maxZippedBytes, zippedBytes } from "../support/zipped.ts";
import { aStack, type FunctionProperties, mayOn, statementsOf, twoQueues, variablesOf } from "./templates.ts";

const topicArn = "arn:aws:sns:eu-west-1:123456789012:people";
const busArn = "arn:aws:events:eu-west-1:123456789012:event-bus/runs";
const told = (stack: Stack) => ({
  endedEvents: EventBus.fromEventBusArn(stack, "Runs", busArn),
  checks: { topic: Topic.fromTopicArn(stack, "People", topicArn) },
});
const stack = aStack();
new Tutti(stack, "Tutti", { tasks: twoQueues, ...told(stack) });
const template = Template.fromStack(stack);
const variables = (id: string) => {
  const [found] = Object.entries(template.findResources("AWS::Lambda::Function")).filter(([name]) => name.includes(id));
  return readEnvironment(variablesOf(found?.[1].Properties as FunctionProperties));
};
const actions = (role: string) =>
  statementsOf(template, role)
    .flatMap(({ Action }) => Action)
    .sort();

describe("ends of runs", () => {
  it("are read from the table's stream: the writes that end a run, and no other", () => {
    template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
    });
    const [mapping] = Object.values(
      template.findResources("AWS::Lambda::EventSourceMapping", { Properties: { FilterCriteria: Match.anyValue() } }),
    );
    expect(mapping?.Properties).toMatchObject({
      BatchSize: 10,
      StartingPosition: "LATEST",
      MaximumRecordAgeInSeconds: 86_400,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
    expect(JSON.parse(mapping?.Properties.FilterCriteria.Filters[0].Pattern)).toEqual({
      eventName: ["MODIFY"],
      dynamodb: {
        Keys: { sk: { S: ["head"] } },
        OldImage: { status: { S: ["RUNNING"] } },
        NewImage: { status: { S: [{ "anything-but": ["RUNNING"] }] } },
      },
    });
  });

  it("are told by a function that may read runs, be handed the stream, and send to that bus", () => {
    expect(variables("Ended").eventBus).toBe(busArn);
    expect(actions("TuttiFunctionsEndedRole")).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:DescribeStream",
      "dynamodb:GetItem",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      "dynamodb:Query",
      "events:PutEvents",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sqs:GetQueueAttributes",
      "sqs:GetQueueUrl",
      "sqs:SendMessage",
    ]);
    expect(mayOn(template, "TuttiFunctionsEndedRole", "events:PutEvents")).toEqual([JSON.stringify(busArn)]);
    expect(mayOn(template, "TuttiFunctionsEndedRole", "sqs:SendMessage")).toEqual(["TuttiEndedEventsLost"]);
  });

  it("take a table with a stream, which is not there by default", () => {
    const other = aStack();
    const grantee = new Role(other, "Role", { assumedBy: new AccountRootPrincipal() });
    expect(() => new TuttiTable(other, "Without").grantStream(grantee)).toThrow(/stream: true/);
    Template.fromStack(other).hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      StreamSpecification: Match.absent(),
    });
  });
});

describe("the scheduled check", () => {
  it("S1-51: is started every 15 minutes, with a retry policy and dead letters", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      Description: "Tutti: starts the check",
      ScheduleExpression: "rate(15 minutes)",
      Target: {
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 900 },
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
  });

  it("may look, and tell that topic: it changes nothing", () => {
    expect(variables("Check")).toMatchObject({ topicArn, stuckMinutes: 60 });
    expect(Object.keys(variables("Check").deadLetterQueueUrls).sort()).toEqual([
      "request",
      "task:default",
      "task:images",
      "task:printers",
    ]);
    expect(actions("TuttiFunctionsCheckRole")).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:GetItem",
      "dynamodb:Query",
      "dynamodb:Query",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sns:Publish",
      "sqs:GetQueueAttributes",
    ]);
    expect(mayOn(template, "TuttiFunctionsCheckRole", "sns:Publish")).toEqual([JSON.stringify(topicArn)]);
    expect(mayOn(template, "TuttiFunctionsCheckRole", "dynamodb:Query")).toEqual(["TuttiTable", "TuttiTable/list"]);
  });

  it("S1-51: tells the topic once when nothing is stuck any more", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace: "Tutti",
      MetricName: "check.stuck",
      Dimensions: Match.arrayWith([{ Name: "table", Value: Match.anyValue() }]),
      Statistic: "Maximum",
      Period: 300,
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      EvaluationPeriods: 1,
      TreatMissingData: "ignore",
      OKActions: [topicArn],
      // What is stuck, the check tells itself.
      AlarmActions: Match.absent(),
      AlarmDescription: Match.stringLikeRegexp("runbook\\.md#stuck"),
    });
  });

  it("refuses a time that is no whole number of minutes", () => {
    const make = () => new Checks(aStack(), "Checks", { every: Duration.seconds(90) } as ChecksProps);
    expect(make).toThrow(/checks\.every is 1\.5 minutes/);
  });
});

describe("both", () => {
  it("have an alarm on their errors, as every function has", () => {
    const alarms = Object.keys(template.findResources("AWS::CloudWatch::Alarm")).join(" ");
    for (const name of ["Ended", "Check", "Control"]) expect(alarms).toMatch(new RegExp(`TuttiAlarms${name}`));
  });

  it("leave the stack clean under cdk-nag, and its idle cost below $5", () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-told-"));
    const app = new App({ outdir: folder, context: { "aws:cdk:bundling-stacks": [] } });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    const one = new Stack(app, "Told");
    new Tutti(one, "Tutti", {
      tasks: join(import.meta.dirname, "../../examples/07-thumbnails/tasks.ts"),
      ...told(one),
    });
    expect(totalOf(idleCost(Template.fromStack(one)))).toBeLessThan(5);
    expect(() => app.synth()).not.toThrow();
    rmSync(folder, { recursive: true });
  });

  it("have bundles of their own, each with the client it needs, small enough to start quickly", () => {
    const outdir = mkdtempSync(join(tmpdir(), "tutti-told-"));
    const app = new App({ outdir });
    const one = new Stack(app, "Bundles");
    for (const kind of ["Ended", "Check"] as const)
      new LambdaFunction(one, kind, { code: codeOf(kind), handler: "index.handler", runtime: Runtime.NODEJS_24_X });
    app.synth();
    const bundles = readdirSync(outdir).filter((name) => name.startsWith("asset."));
    const texts = bundles.map((name) => readFileSync(join(outdir, name, "index.mjs"), "utf8"));
    const holding = (text: string) => texts.filter((one) => one.includes(text)).length;
    const held = ["PutEvents", "PublishCommand", "ListEventSourceMappings"].map(holding);
    expect([bundles.length, ...held]).toEqual([2, 1, 1, 0]);
    for (const name of bundles) expect(zippedBytes(join(outdir, name))).toBeLessThan(maxZippedBytes);
    rmSync(outdir, { recursive: true });
  });
});
