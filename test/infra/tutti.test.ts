import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LayerVersion } from "aws-cdk-lib/aws-lambda";
import { describe, expect, it } from "vitest";
import { layOut } from "../../infra/constructs/layout.ts";
import { readTasks, type TaskFacts } from "../../infra/constructs/tasks.ts";
import { Tutti, TuttiTable } from "../../infra/index.ts";
import { documentKey } from "../../lib/protocol/keys.ts";
import { aStack, fixture, mayOn, synthesise, twoQueues } from "./templates.ts";

describe("Tutti", () => {
  const { stack, tutti, template: synth } = synthesise();
  const aRole = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  tutti.grantSubmit(aRole("Producer"));
  tutti.grantRead(aRole("Reader"));
  const template = synth();

  it("has a queue for every queue of the tasks, also for those that programs in other languages read", () => {
    expect(tutti.queueNames).toEqual(["default", "printers", "images"]);
    expect(tutti.taskQueue("printers")).toBeDefined();
    expect(() => tutti.taskQueue("videos")).toThrow("no task is on queue videos");
  });

  it("has a worker for every queue it runs tasks of", () => {
    expect(tutti.worker("images")).toBeDefined();
    expect(() => tutti.worker("printers")).toThrow("no function reads a queue printers");
  });

  it("lets a producer send requests, store the workflows of large ones, and nothing else", () => {
    expect(mayOn(template, "Producer", "sqs:SendMessage")).toEqual(["TuttiQueuesRequests"]);
    for (const action of ["dynamodb:PutItem", "dynamodb:UpdateItem"])
      expect(mayOn(template, "Producer", action)).toEqual(["TuttiTable"]);
    for (const action of ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:DeleteItem", "sqs:ReceiveMessage"])
      expect(mayOn(template, "Producer", action)).toEqual([]);
    const [policy] = Object.values(template.findResources("AWS::IAM::Policy")).filter((one) =>
      JSON.stringify(one).includes("Producer"),
    );
    const writes = policy?.Properties.PolicyDocument.Statement.filter((one: { Action: unknown }) =>
      JSON.stringify(one.Action).includes("dynamodb:"),
    );
    expect(writes).toMatchObject([
      { Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [documentKey("*", "", 0).pk] } } },
    ]);
  });

  it("lets a reader look, at runs and lengths of queues, and change nothing", () => {
    expect(mayOn(template, "Reader", "dynamodb:GetItem")).toEqual(["TuttiTable"]);
    expect(mayOn(template, "Reader", "dynamodb:Query")).toEqual(["TuttiTable", "TuttiTable/due", "TuttiTable/list"]);
    for (const what of ["Table", "TimeToLive", "ContinuousBackups"])
      expect(mayOn(template, "Reader", `dynamodb:Describe${what}`)).toEqual(["TuttiTable"]);
    expect(mayOn(template, "Reader", "sqs:GetQueueAttributes")).toHaveLength(8);
    for (const action of ["dynamodb:UpdateItem", "sqs:SendMessage", "sqs:ReceiveMessage"])
      expect(mayOn(template, "Reader", action)).toEqual([]);
  });
});

describe("a queue's own settings and a table of another stack", () => {
  const app = aStack().node.root as App;
  const state = new Stack(app, "State");
  const stack = new Stack(app, "Compute");
  const vpc = Vpc.fromVpcAttributes(stack, "Vpc", {
    vpcId: "vpc-1",
    availabilityZones: ["eu-west-1a"],
    isolatedSubnetIds: ["subnet-1"],
    isolatedSubnetRouteTableIds: ["rtb-1"],
  });
  const bucket = "arn:aws:s3:::photos/*";
  const tutti = new Tutti(stack, "Tutti", {
    tasks: twoQueues,
    table: new TuttiTable(state, "Table"),
    alarms: false,
    queues: {
      images: {
        pollers: { minimum: 2, maximum: 20 },
        policies: [new PolicyStatement({ actions: ["s3:GetObject"], resources: [bucket] })],
        environment: { BUCKET: "photos" },
        layers: [LayerVersion.fromLayerVersionArn(stack, "Layer", "arn:aws:lambda:eu-west-1:1:layer:sharp:1")],
        network: { vpc, subnets: { subnetType: SubnetType.PRIVATE_ISOLATED } },
      },
    },
  });
  tutti.grantOperate(new Role(stack, "Operator", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }));
  const template = Template.fromStack(stack);

  it("reach the function and the mapping", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Tutti: runs the tasks of queue images",
      Layers: ["arn:aws:lambda:eu-west-1:1:layer:sharp:1"],
      VpcConfig: { SubnetIds: [Match.anyValue()], SecurityGroupIds: [Match.anyValue()] },
      Environment: { Variables: Match.objectLike({ BUCKET: "photos", TUTTI_QUEUE: "images" }) },
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 20 },
    });
    expect(mayOn(template, "TuttiFunctionsWorkerimagesRole", "s3:GetObject")).toEqual([`"${bucket}"`]);
    expect(mayOn(template, "TuttiFunctionsWorkerdefaultRole", "s3:GetObject")).toEqual([]);
    expect(mayOn(template, "TuttiFunctionsWorkerimagesRole", "ec2:CreateNetworkInterface")).toEqual(['"*"']);
    expect(mayOn(template, "TuttiFunctionsWorkerdefaultRole", "ec2:CreateNetworkInterface")).toEqual([]);
  });

  it("leave what must survive where it was made", () => {
    template.resourceCountIs("AWS::DynamoDB::GlobalTable", 0);
    Template.fromStack(state).resourceCountIs("AWS::DynamoDB::GlobalTable", 1);
  });

  it("let an operator send requests, read, sweep and redrive, and purge or delete nothing of the stack", () => {
    for (const action of ["dynamodb:UpdateItem", "dynamodb:Query", "sqs:SendMessage", "cloudformation:DescribeStacks"])
      expect(mayOn(template, "Operator", action), action).not.toEqual([]);
    expect(mayOn(template, "Operator", "sqs:StartMessageMoveTask")).toHaveLength(4);
    // By the name of the stack, as a command asks: its id has one part more.
    expect(mayOn(template, "Operator", "cloudformation:DescribeStacks")).toEqual([
      expect.stringContaining(":stack/Compute/*"),
    ]);
    for (const action of ["sqs:PurgeQueue", "sqs:DeleteQueue", "dynamodb:DeleteTable"])
      expect(mayOn(template, "Operator", action), action).toEqual([]);
  });

  it("give every metric of one deployment the name of its table", () => {
    const { dimensions, namespace, metricName } = tutti.metricStuckChords();
    expect({ namespace, metricName }).toEqual({ namespace: "Tutti", metricName: "sweep.left" });
    expect(Object.keys(dimensions ?? {})).toEqual(["service", "table"]);
  });
});

describe("a synthesis fails", () => {
  it.each([
    ["that does not exist", fixture("absent.ts"), /absent\.ts does not exist: looked for/],
    ["that exports no task", fixture("no-tasks.ts"), /no-tasks\.ts exports no task: export what defineTask returns/],
    ["that throws while it loads", fixture("broken.ts"), /broken\.ts: no such licence server/],
  ])("for a tasks module %s", (_, tasks, message) => {
    expect(() => synthesise({ tasks })).toThrow(message);
  });

  it("for settings of a queue that no task is on", () => {
    expect(() => synthesise({ queues: { image: { memoryMb: 1024 } } })).toThrow(
      "queues.image: no task is on a queue image; the tasks are on default, printers, images",
    );
  });

  it("for tasks on more queues than a function's environment can name", () => {
    const folder = mkdtempSync(join(tmpdir(), "tutti-infra-"));
    try {
      const file = join(folder, "many.mjs");
      const names = Array.from({ length: 20 }, (_, i) => `queue-${i}`);
      const brand = 'Symbol.for("tutti.task")';
      writeFileSync(
        file,
        names
          .map((queue, i) => `export const t${i} = { [${brand}]: true, name: "t${i}", queue: "${queue}", body() {} };`)
          .join("\n"),
      );
      expect(() => synthesise({ tasks: file })).toThrow(
        /on 20 queues, .* Lambda allows 4096: put them on fewer queues/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("readTasks", () => {
  it("finds names, queues, time limits and who runs them, whatever the module prints or leaves open", () => {
    expect(readTasks(fixture("noisy.ts")).tasks).toEqual([
      { name: "collect", queue: "default", hasBody: true, timeoutSeconds: 300 },
      { name: "print", queue: "printers", hasBody: false, timeoutSeconds: 7200 },
      { name: "resize", queue: "images", hasBody: true, timeoutSeconds: 90 },
    ]);
  });
});

describe("layOut", () => {
  const aTask = (facts: Partial<TaskFacts> = {}): TaskFacts => ({
    name: "resize",
    queue: "images",
    hasBody: true,
    timeoutSeconds: 300,
    ...facts,
  });

  it("refuses a task that its function would cut off, to the second (G2)", () => {
    expect(() => layOut([aTask({ timeoutSeconds: 870 })], {})).not.toThrow();
    expect(() => layOut([aTask({ timeoutSeconds: 871 })], {})).toThrow(
      "task resize may take 871 s, and the function of queue images runs 900 s, of which 870 s are for the task",
    );
    expect(() => layOut([aTask()], { images: { timeout: Duration.seconds(329) } })).toThrow(
      "task resize may take 300 s",
    );
    expect(() => layOut([aTask()], { images: { timeout: Duration.seconds(330) } })).not.toThrow();
  });

  it("leaves the time of a task to the program in another language that runs it", () => {
    expect(layOut([aTask({ hasBody: false, timeoutSeconds: 43_200 })], {})).toMatchObject([{ hasWorker: false }]);
  });

  it.each([
    [
      { timeout: Duration.minutes(16) },
      "queues.images.timeout is 960: it must be a whole number from 31 to 900 seconds",
    ],
    [{ memoryMb: 64 }, "queues.images.memoryMb is 64: it must be a whole number from 128 to 10240"],
    [{ maxConcurrency: 1 }, "queues.images.maxConcurrency is 1: it must be a whole number from 2 to 1000"],
    [
      { maxConcurrency: 2, pollers: { minimum: 2, maximum: 2 } },
      "queues.images: Lambda takes maxConcurrency or pollers, not both",
    ],
    [{ pollers: { minimum: 9, maximum: 2 } }, "queues.images.pollers: minimum 9 is above maximum 2"],
    [
      { environment: { TUTTI_TABLE: "other" } },
      "queues.images.environment.TUTTI_TABLE: names that begin with TUTTI_ are reserved",
    ],
    [{ tasksPerInvocation: 0 }, "queues.images.tasksPerInvocation is 0: it must be a whole number from 1 to 100"],
    [
      { tasksPerInvocation: 100, tasksPerMessage: 65 },
      "queues.images.tasksPerMessage is 65: it must be a whole number from 1 to 64",
    ],
    [{ tasksPerMessage: 64 }, "queues.images: tasksPerMessage 64 is above tasksPerInvocation 10"],
  ])("refuses settings out of range: case %#", (settings, message) => {
    expect(() => layOut([aTask()], { images: settings })).toThrow(message);
  });

  it("names everything that is wrong at once", () => {
    const settings = { images: { memoryMb: 64 }, videos: {} };
    expect(() => layOut([aTask({ timeoutSeconds: 900 })], settings)).toThrow(
      /queues\.videos: .*; queues\.images\.memoryMb .*; task resize /,
    );
  });
});
