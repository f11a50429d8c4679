import { App, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { describe, expect, it } from "vitest";
import { TuttiQueues, TuttiTable, type TuttiTableProps } from "../../infra/index.ts";

describe("TuttiTable", () => {
  const templateOf = (props?: TuttiTableProps) => {
    const stack = new Stack(new App(), "Test");
    new TuttiTable(stack, "Table", props);
    return Template.fromStack(stack);
  };

  it("is on demand, recoverable, protected and kept, with the keys and indexes the store uses", () => {
    const template = templateOf();
    template.hasResource("AWS::DynamoDB::GlobalTable", { DeletionPolicy: "Retain" });
    template.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
      GlobalSecondaryIndexes: [
        Match.objectLike({ IndexName: "due", Projection: { ProjectionType: "KEYS_ONLY" } }),
        Match.objectLike({ IndexName: "list", Projection: { ProjectionType: "ALL" } }),
      ],
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
  });

  it("takes much at once from the start when asked to, with its indexes, and says nothing of it otherwise", () => {
    const warm = { ReadUnitsPerSecond: 13_000, WriteUnitsPerSecond: 20_000 };
    templateOf({ warmThroughput: { readUnitsPerSecond: 13_000, writeUnitsPerSecond: 20_000 } }).hasResourceProperties(
      "AWS::DynamoDB::GlobalTable",
      {
        WarmThroughput: warm,
        GlobalSecondaryIndexes: [
          Match.objectLike({ WarmThroughput: warm }),
          Match.objectLike({ WarmThroughput: warm }),
        ],
      },
    );
    templateOf().hasResourceProperties("AWS::DynamoDB::GlobalTable", { WarmThroughput: Match.absent() });
  });

  it("goes with its stack when asked to", () => {
    templateOf({ removalPolicy: RemovalPolicy.DESTROY }).hasResource("AWS::DynamoDB::GlobalTable", {
      DeletionPolicy: "Delete",
      Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })] },
    });
  });
});

describe("TuttiQueues", () => {
  const stack = new Stack(new App(), "Test");
  const queues = new TuttiQueues(stack, "Queues", {
    consumerTimeouts: {
      requests: Duration.minutes(1),
      tasks: { default: Duration.minutes(2), images: Duration.minutes(15) },
      deadLetters: Duration.seconds(50),
    },
  });
  queues.grantSubmit(new Role(stack, "Producer", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }));
  const template = Template.fromStack(stack);

  it("has a dead-letter queue for each queue, which keeps messages as long as SQS can", () => {
    template.resourceCountIs("AWS::SQS::Queue", 6);
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { MessageRetentionPeriod: 14 * 86_400 }, 3);
    template.resourcePropertiesCountIs(
      "AWS::SQS::Queue",
      { RedrivePolicy: Match.objectLike({ maxReceiveCount: 20 }) },
      3,
    );
  });

  it("hides a message for six times as long as its reader may run (J3)", () => {
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { VisibilityTimeout: 360 }, 1);
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { VisibilityTimeout: 720 }, 1);
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { VisibilityTimeout: 5400 }, 1);
    template.resourcePropertiesCountIs("AWS::SQS::Queue", { VisibilityTimeout: 300 }, 3);
  });

  it("is encrypted, and refuses plain HTTP", () => {
    template.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    template.resourceCountIs("AWS::SQS::QueuePolicy", 6);
  });

  it("lets a producer send requests and nothing else", () => {
    const [policy] = Object.values(template.findResources("AWS::IAM::Policy"));
    expect(
      policy?.Properties.PolicyDocument.Statement.map((statement: { Action: unknown }) => statement.Action),
    ).toEqual([["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]]);
  });
});
