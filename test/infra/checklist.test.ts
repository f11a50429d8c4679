/**
 * The production checklist, line by line, on the template of a stack with everything: two queues with workers, one without,
 * schedules, alarms and dashboard.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, it } from "vitest";
import { Tutti } from "../../infra/index.ts";
import { everything } from "./everything.ts";
import { acceptedHops } from "./hops.ts";
import { aStack, fixture } from "./templates.ts";

const template = everything;
const all = (type: string) => Object.entries(template.findResources(type));
type Properties = Readonly<Record<string, unknown>>;

const queueOf = (arn: unknown): Properties => {
  const [id] = (arn as { "Fn::GetAtt": [string, string] })["Fn::GetAtt"];
  return template.findResources("AWS::SQS::Queue")[id]?.Properties;
};
const functionOf = (name: unknown): Properties =>
  template.findResources("AWS::Lambda::Function")[(name as { Ref: string }).Ref]?.Properties;

describe("SQS and event source mappings", () => {
  it("visibility timeout is at least six times the time-out of the function", () => {
    for (const [, { Properties }] of all("AWS::Lambda::EventSourceMapping"))
      expect(queueOf(Properties.EventSourceArn).VisibilityTimeout).toBeGreaterThanOrEqual(
        6 * Number(functionOf(Properties.FunctionName).Timeout),
      );
  });

  it("maxReceiveCount is 5 or more, and every queue has a dead-letter queue but those that are one", () => {
    const policies = all("AWS::SQS::Queue").flatMap(([, { Properties }]) => Properties.RedrivePolicy ?? []);
    expect(policies).toHaveLength(4);
    for (const { maxReceiveCount } of policies) expect(maxReceiveCount).toBeGreaterThanOrEqual(5);
  });

  it("dead letters are kept for 14 days, longer than their queue keeps a message", () => {
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { MessageRetentionPeriod: 14 * 86_400 }, 6);
    for (const [, { Properties }] of all("AWS::SQS::Queue"))
      if (Properties.RedrivePolicy) expect(Properties.MessageRetentionPeriod).toBeLessThan(14 * 86_400);
  });

  it("reportBatchItemFailures is on for every mapping, and nothing is filtered away", () => {
    template.allResourcesProperties("AWS::Lambda::EventSourceMapping", {
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      FilterCriteria: Match.absent(),
    });
  });

  it("queues are encrypted at rest, and each refuses what does not come by TLS", () => {
    template.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    template.resourceCountIs("AWS::SQS::QueuePolicy", all("AWS::SQS::Queue").length);
    template.allResourcesProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      },
    });
  });

  it("queues are standard ones, so that a tenant's group id makes them fair", () => {
    template.allResourcesProperties("AWS::SQS::Queue", { FifoQueue: Match.absent() });
  });
});

describe("Lambda", () => {
  it("runs nodejs24.x on arm64, with its own time-out and memory", () => {
    template.allResourcesProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Timeout: Match.anyValue(),
      MemorySize: Match.anyValue(),
    });
  });

  it("logs JSON to a log group of each function's own, which forgets", () => {
    template.allResourcesProperties("AWS::Lambda::Function", {
      LoggingConfig: { LogFormat: "JSON", LogGroup: { Ref: Match.anyValue() } },
    });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 });
    template.resourceCountIs("AWS::Logs::LogGroup", all("AWS::Lambda::Function").length);
  });

  it("has one role for each function, with no managed policy", () => {
    const roles = all("AWS::Lambda::Function").map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
    template.allResourcesProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() });
  });

  it("may go round in loops behind its queues (recursiveLoop ALLOW), with limits of our own on what a run may start", () => {
    const loops = all("AWS::Lambda::Function").map(([, { Properties }]) => Properties.RecursiveLoop);
    expect(loops.filter((loop) => loop === "Allow")).toHaveLength(loops.length - 1);
    expect(acceptedHops).toEqual({ nestingLevels: 32, tasksPerRun: 1_000_000, maxAttempts: 100, maxLost: 100 });
  });
});

describe("DynamoDB", () => {
  it("is one table that outlives its stack: deletion protection, RETAIN, point-in-time recovery of 35 days", () => {
    template.hasResource("AWS::DynamoDB::GlobalTable", {
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
          }),
        ],
      },
    });
  });

  it("is on demand, with a bound on what a mistake can cost, of each index too", () => {
    template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      BillingMode: "PAY_PER_REQUEST",
      WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 10_000 },
      Replicas: [Match.objectLike({ ReadOnDemandThroughputSettings: { MaxReadRequestUnits: 10_000 } })],
      GlobalSecondaryIndexes: [1, 2].map(() =>
        Match.objectLike({ WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 10_000 } }),
      ),
    });
  });

  it("has a time to live, and contributor insights for throttled keys", () => {
    template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      TimeToLiveSpecification: { Enabled: true },
      Replicas: [Match.objectLike({ ContributorInsightsSpecification: { Enabled: true, Mode: "THROTTLED_KEYS" } })],
    });
  });
});

describe("EventBridge Scheduler", () => {
  it("has a retry policy and a dead-letter queue for every schedule, and starts the sweeper each minute", () => {
    template.allResourcesProperties("AWS::Scheduler::Schedule", {
      Target: {
        RetryPolicy: { MaximumRetryAttempts: Match.anyValue(), MaximumEventAgeInSeconds: Match.anyValue() },
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
    template.hasResourceProperties("AWS::Scheduler::Schedule", { ScheduleExpression: "rate(1 minute)" });
  });

  it("has an alarm on the sweeper's heartbeat that takes silence for trouble", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Namespace: "Tutti",
      MetricName: "sweep.visited",
      TreatMissingData: "breaching",
      Dimensions: Match.arrayWith([Match.objectLike({ Name: "table" })]),
    });
  });
});

describe("alarms", () => {
  const alarms = all("AWS::CloudWatch::Alarm");

  it("watch the sweeper, every queue and its dead letters, the table, every function and lost schedules", () => {
    const ids = alarms.map(([id]) => id.replace(/^TuttiAlarms/, "").replace(/[0-9A-F]{8}$/, "")).sort();
    expect(ids).toEqual([
      "ChordsStuck",
      "ControlErrors",
      "DeadLetterErrors",
      "RequestsDeadLetters",
      "RequestsOld",
      "SchedulesLost",
      "SweepErrors",
      "SweeperSilent",
      "TaskdefaultDeadLetters",
      "TaskdefaultOld",
      "TaskimagesDeadLetters",
      "TaskimagesOld",
      "TaskprintersDeadLetters",
      "TaskprintersOld",
      "WorkerdefaultErrors",
      "WorkerimagesErrors",
      "WritesThrottled",
    ]);
  });

  it("say what is wrong and which page of the runbook helps, and what missing data means", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/runbook.md"), "utf8");
    for (const [id, { Properties }] of alarms) {
      const [, heading] =
        /Runbook: node_modules\/tutti\/docs\/runbook\.md#([a-z-]+)/.exec(JSON.stringify(Properties.AlarmDescription)) ??
        [];
      expect(page, id).toContain(`\n## ${heading}\n`);
      expect(["breaching", "notBreaching"], id).toContain(Properties.TreatMissingData);
    }
  });

  it("are summed up in one that tells the topic of trouble and of its end", () => {
    template.resourceCountIs("AWS::CloudWatch::CompositeAlarm", 1);
    const [[, composite]] = all("AWS::CloudWatch::CompositeAlarm") as [[string, { Properties: Properties }]];
    const toPeople = [{ Ref: expect.stringMatching(/^People/) }];
    expect(composite.Properties).toMatchObject({ AlarmActions: toPeople, OKActions: toPeople });
    for (const [id] of alarms) expect(JSON.stringify(composite.Properties.AlarmRule)).toContain(id);
    template.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: Match.absent() });
  });

  it("that are computed or composed can be left out, and then each tells the topic itself", () => {
    const plainStack = aStack();
    const topic = new Topic(plainStack, "People");
    new Tutti(plainStack, "Tutti", { tasks: fixture("schedules.ts"), alarms: { topic, derived: false } });
    const plain = Template.fromStack(plainStack);
    plain.resourceCountIs("AWS::CloudWatch::CompositeAlarm", 0);
    plain.allResourcesProperties("AWS::CloudWatch::Alarm", {
      Metrics: Match.absent(),
      AlarmActions: [{ Ref: Match.anyValue() }],
    });
  });

  it("have a dashboard beside them where one is asked for", () => {
    template.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
  });
});
