import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, it } from "vitest";
import { readEnvironment, workerQueueOf } from "../../lambdas/environment.ts";
import { letterSources } from "../../lambdas/letter-sources.ts";
import { type FunctionProperties, mayOn, statementsOf, synthesise, variablesOf } from "./templates.ts";

/** Properties of the one function with that description. */
function functionOf(template: Template, description: string) {
  const [found] = Object.values(
    template.findResources("AWS::Lambda::Function", { Properties: { Description: `Tutti: ${description}` } }),
  );
  return found?.Properties;
}

/** Properties of the event source mappings of the function whose logical id begins so. */
function mappingsOf(template: Template, reader: string) {
  return Object.values(template.findResources("AWS::Lambda::EventSourceMapping"))
    .map(({ Properties }) => Properties)
    .filter(({ FunctionName }) => FunctionName.Ref.startsWith(reader));
}

const control = "takes requests";
const deadLetter = "mends or settles what a queue gave up";
const sweep = "mends stuck runs, ends overdue ones, removes old ones";
const worker = (queue: string) => `runs the tasks of queue ${queue}`;

const template = synthesise({
  queues: {
    images: {
      memoryMb: 1024,
      timeout: Duration.minutes(3),
      maxConcurrency: 200,
      tasksPerInvocation: 25,
      tasksPerMessage: 20,
    },
  },
}).template();
const small = synthesise({
  queues: { default: { tasksPerInvocation: 1 }, images: { tasksPerInvocation: 4 } },
  logLevel: "debug",
}).template();

describe("the functions", () => {
  it("are control, sweep, dead letters and one worker for each queue that tasks with a body are on", () => {
    template.resourceCountIs("AWS::Lambda::Function", 5);
    for (const description of [control, deadLetter, sweep, worker("default"), worker("images")])
      expect(functionOf(template, description), description).toBeDefined();
  });

  it("run on Node 24 on arm64 and log JSON to a group of their own that forgets", () => {
    template.allResourcesProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      LoggingConfig: { LogFormat: "JSON", LogGroup: { Ref: Match.anyValue() } },
    });
    template.resourcePropertiesCountIs("AWS::Logs::LogGroup", { RetentionInDays: 30 }, 5);
    const functions = Object.values(template.findResources("AWS::Lambda::Function"));
    expect(new Set(functions.map(({ Properties }) => Properties.LoggingConfig.LogGroup.Ref)).size).toBe(5);
  });

  it("have the settings of their queue", () => {
    expect(functionOf(template, worker("images"))).toMatchObject({ MemorySize: 1024, Timeout: 180 });
    expect(functionOf(template, worker("default"))).toMatchObject({ MemorySize: 512, Timeout: 900 });
    expect(mappingsOf(template, "TuttiFunctionsWorkerimages")).toEqual([
      expect.objectContaining({ ScalingConfig: { MaximumConcurrency: 200 } }),
    ]);
  });

  it("are handed ten messages at once, fewer where fewer tasks run side by side, without waiting for more", () => {
    const batches = (of: Template) =>
      ["Workerdefault", "Workerimages"]
        .flatMap((reader) => mappingsOf(of, `TuttiFunctions${reader}`))
        .map(({ BatchSize, MaximumBatchingWindowInSeconds }) => [BatchSize, MaximumBatchingWindowInSeconds]);
    // 10 and 25 tasks side by side, then 1 and 4.
    expect(batches(template)).toEqual([
      [10, undefined],
      [10, undefined],
    ]);
    expect(batches(small)).toEqual([
      [1, undefined],
      [4, undefined],
    ]);
  });

  it("log from the level asked for: Lambda's own filter is set to it too", () => {
    for (const [of, level] of [
      [template, "info"],
      [small, "debug"],
    ] as const)
      of.allResourcesProperties("AWS::Lambda::Function", {
        LoggingConfig: Match.objectLike({ ApplicationLogLevel: level.toUpperCase() }),
        Environment: { Variables: Match.objectLike({ TUTTI_LOG_LEVEL: level }) },
      });
  });

  it("may go round in loops, but for the sweeper, which no message starts (J1)", () => {
    const loops = [control, deadLetter, worker("default"), worker("images"), sweep].map(
      (description) => functionOf(template, description)?.RecursiveLoop,
    );
    expect(loops).toEqual(["Allow", "Allow", "Allow", "Allow", undefined]);
  });

  it("report what failed in a batch, whatever queue it came from (J4)", () => {
    // Request queue, two task queues with a worker, and all four dead-letter queues.
    template.resourceCountIs("AWS::Lambda::EventSourceMapping", 7);
    template.allResourcesProperties("AWS::Lambda::EventSourceMapping", {
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    for (const reader of ["Control", "DeadLetter"])
      for (const { BatchSize } of mappingsOf(template, `TuttiFunctions${reader}`)) expect(BatchSize).toBe(10);
  });

  it("are told what lambdas/environment.ts asks for", () => {
    const read = (description: string) =>
      readEnvironment(variablesOf(functionOf(template, description) as FunctionProperties));
    const url = (queue: string) => `https://sqs.eu-west-1.amazonaws.com/123456789012/TuttiQueues${queue}`;
    for (const description of [control, deadLetter, sweep, worker("default"), worker("images")])
      expect(read(description)).toMatchObject({
        table: "TuttiTable",
        requestQueueUrl: url("Requests"),
        taskQueueUrls: { default: url("Taskdefault"), images: url("Taskimages"), printers: url("Taskprinters") },
        logLevel: "info",
      });
    expect(read(control).queues).toEqual({
      default: { tasksPerInvocation: 10 },
      images: { tasksPerInvocation: 25, tasksPerMessage: 20 },
      printers: { tasksPerInvocation: 10 },
    });
    expect(workerQueueOf(read(worker("images")))).toBe("images");
    expect(read(worker("images")).settings.tasksPerInvocation).toBe(25);
    const sourceOf = letterSources(read(deadLetter).deadLetterQueueUrls);
    const arn = (queue: string) => `arn:aws:sqs:eu-west-1:123456789012:TuttiQueuesDeadLetters${queue}`;
    expect(["Requests", "Taskdefault", "Taskimages", "Taskprinters"].map((queue) => sourceOf(arn(queue)))).toEqual([
      "request",
      "task:default",
      "task:images",
      "task:printers",
    ]);
  });

  it("are told nothing they have no use for", () => {
    const names = (description: string) => Object.keys(functionOf(template, description)?.Environment.Variables).sort();
    const common = [
      "NODE_OPTIONS",
      "TUTTI_LOG_LEVEL",
      "TUTTI_REQUEST_QUEUE_URL",
      "TUTTI_TABLE",
      "TUTTI_TASK_QUEUE_URLS",
    ];
    expect(names(sweep)).toEqual(common);
    expect(names(control)).toEqual([...common, "TUTTI_QUEUES"].sort());
    expect(names(deadLetter)).toEqual([...common, "TUTTI_DEAD_LETTER_QUEUE_URLS"].sort());
    expect(names(worker("images"))).toEqual([...common, "TUTTI_QUEUE", "TUTTI_TASKS_PER_INVOCATION"].sort());
  });
});

describe("the schedule", () => {
  it("starts the sweeper every minute, and gives up on an invocation when the next one is due", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "rate(1 minute)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: { RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 } },
    });
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it("may start the sweeper, put aside what it could not start, and nothing else", () => {
    expect(statementsOf(template, "TuttiFunctionsScheduleRole")).toEqual([
      expect.objectContaining({
        Action: "lambda:InvokeFunction",
        Resource: { "Fn::GetAtt": [expect.stringMatching(/^TuttiFunctionsSweep/), "Arn"] },
      }),
      expect.objectContaining({
        Action: "sqs:SendMessage",
        Resource: { "Fn::GetAtt": [expect.stringMatching(/^TuttiFunctionsScheduleDeadLetters/), "Arn"] },
      }),
    ]);
  });
});

describe("what each function may do", () => {
  const table = "TuttiTable";
  const taskQueues = ["TuttiQueuesTaskdefault", "TuttiQueuesTaskimages", "TuttiQueuesTaskprinters"];
  const roles = {
    control: "TuttiFunctionsControlRole",
    default: "TuttiFunctionsWorkerdefaultRole",
    images: "TuttiFunctionsWorkerimagesRole",
    deadLetter: "TuttiFunctionsDeadLetterRole",
    sweep: "TuttiFunctionsSweepRole",
  } as const;
  const all = Object.values(roles);

  it.each([["sqs:ReceiveMessage"], ["sqs:DeleteMessage"], ["sqs:ChangeMessageVisibility"]])(
    "%s: on the queues it reads alone",
    (action) => {
      expect(mayOn(template, roles.control, action)).toEqual(["TuttiQueuesRequests"]);
      expect(mayOn(template, roles.default, action)).toEqual(["TuttiQueuesTaskdefault"]);
      expect(mayOn(template, roles.images, action)).toEqual(["TuttiQueuesTaskimages"]);
      expect(mayOn(template, roles.deadLetter, action)).toEqual([
        "TuttiQueuesDeadLettersRequests",
        "TuttiQueuesDeadLettersTaskdefault",
        "TuttiQueuesDeadLettersTaskimages",
        "TuttiQueuesDeadLettersTaskprinters",
      ]);
      expect(mayOn(template, roles.sweep, action)).toEqual([]);
    },
  );

  it("sqs:SendMessage: to the request queue and the task queues, and to no dead-letter queue", () => {
    for (const role of all)
      expect(mayOn(template, role, "sqs:SendMessage")).toEqual(["TuttiQueuesRequests", ...taskQueues]);
  });

  it("nothing but what its handler calls, on top of writing its log", () => {
    const actions = (role: string) => new Set(statementsOf(template, role).flatMap(({ Action }) => Action));
    const drive = [
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"],
      "sqs:SendMessage",
    ].flat();
    const read = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"];
    for (const role of [roles.default, roles.images, roles.deadLetter])
      expect(actions(role)).toEqual(new Set([...drive, ...read]));
    expect(actions(roles.control)).toEqual(new Set([...drive, ...read, "dynamodb:Query"]));
    expect(actions(roles.sweep)).toEqual(new Set([...drive, "dynamodb:Query", "dynamodb:BatchWriteItem"]));
  });

  it("dynamodb: items by key; control reads runs whole too; only the sweeper looks for runs and deletes", () => {
    for (const action of ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"])
      for (const role of all) expect(mayOn(template, role, action)).toEqual([table]);
    for (const role of all) {
      const queries = role === roles.sweep ? [table, `${table}/due`] : role === roles.control ? [table] : [];
      expect(mayOn(template, role, "dynamodb:Query")).toEqual(queries);
      expect(mayOn(template, role, "dynamodb:BatchWriteItem")).toEqual(role === roles.sweep ? [table] : []);
    }
  });

  it("nothing on everything, no wildcard, no managed policy", () => {
    const statements = all.flatMap((role) => statementsOf(template, role));
    expect(statements.length).toBeGreaterThan(0);
    for (const { Action, Resource } of statements) {
      expect([Action].flat().filter((action) => action.includes("*"))).toEqual([]);
      expect(JSON.stringify(Resource)).not.toContain("*");
    }
    for (const { Properties } of Object.values(template.findResources("AWS::IAM::Role")))
      expect(Properties.ManagedPolicyArns).toBeUndefined();
  });
});

it("lets table and logs go when asked to, and keeps the logs as long as asked", () => {
  const short = synthesise({ removalPolicy: RemovalPolicy.DESTROY, logRetention: RetentionDays.ONE_WEEK }).template();
  short.allResources("AWS::Logs::LogGroup", { DeletionPolicy: "Delete", Properties: { RetentionInDays: 7 } });
  short.hasResource("AWS::DynamoDB::GlobalTable", { DeletionPolicy: "Delete" });
});
