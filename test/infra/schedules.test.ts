import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { parseRequest } from "../../lib/plan/parse-request.ts";
import { fixture, mayOn, statementsOf, synthesise } from "./templates.ts";

const tasks = fixture("schedules.ts");
const { template: synthesised, tutti } = synthesise({ tasks });
const template = synthesised();
const starts = (name: string) => `Tutti: starts a run of ${name}`;

function scheduleOf(name: string) {
  const [found] = Object.values(
    template.findResources("AWS::Scheduler::Schedule", { Properties: { Description: starts(name) } }),
  );
  return found?.Properties;
}

describe("the schedules of a tasks module", () => {
  it("are one each, beside the sweeper's, with their expression and time zone", () => {
    template.resourceCountIs("AWS::Scheduler::Schedule", 3);
    expect(scheduleOf("nightly")).toMatchObject({
      ScheduleExpression: "cron(0 3 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Zurich",
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
    });
    expect(scheduleOf("often")).toMatchObject({ ScheduleExpression: "rate(5 minutes)", State: "ENABLED" });
  });

  it("send a request that control accepts, with an id that is new for each time and the same for its repeats", () => {
    const { Arn, Input } = scheduleOf("nightly")?.Target ?? {};
    expect(JSON.stringify(Arn)).toContain("TuttiQueuesRequests");
    expect(JSON.parse(Input)).toMatchObject({
      id: "nightly-<aws.scheduler.scheduled-time>",
      requestId: "nightly-<aws.scheduler.scheduled-time>",
    });
    // The example of the documentation: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    const sent = Input.replaceAll("<aws.scheduler.scheduled-time>", "2022-03-22T18:59:43Z");
    expect(parseRequest(sent)).toMatchObject({
      id: "nightly-2022-03-22T18:59:43Z",
      workflow: { chain: [{ task: "resize", args: ["a.png"] }, { sleep: 60 }, { task: "collect" }] },
    });
  });

  it("are tried again for an hour, and then kept where people look", () => {
    const { RetryPolicy, DeadLetterConfig } = scheduleOf("often")?.Target ?? {};
    expect(RetryPolicy).toEqual({ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 3600 });
    expect(JSON.stringify(DeadLetterConfig.Arn)).toContain("TuttiSchedulesDeadLetters");
    template.hasResourceProperties("AWS::SQS::Queue", {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: Match.absent(),
    });
    expect(tutti.scheduleDeadLetters.queueArn).toBeDefined();
  });

  it("may send to the request queue and set aside what failed, and nothing else", () => {
    expect(mayOn(template, "TuttiSchedulesRole", "sqs:SendMessage")).toEqual([
      "TuttiQueuesRequests",
      "TuttiSchedulesDeadLetters",
    ]);
    expect(statementsOf(template, "TuttiSchedulesRole")).toHaveLength(1);
    template.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          }),
        ],
      },
    });
  });

  it("do not fire in a stage that is told so", () => {
    const off = synthesise({ tasks, schedulesEnabled: false }).template();
    off.resourcePropertiesCountIs("AWS::Scheduler::Schedule", { State: "DISABLED" }, 2);
  });

  it("need nothing where there are none", () => {
    const { template: none, tutti: without } = synthesise();
    none().resourceCountIs("AWS::Scheduler::Schedule", 1);
    expect(() => without.scheduleDeadLetters).toThrow("the tasks module has no schedule");
  });

  it("are refused at synthesis when their workflow is none", () => {
    expect(() => synthesise({ tasks: fixture("bad-schedule.ts") })).toThrow(
      "schedule nightly: workflow.task: must be a task of this deployment: collect",
    );
  });
});
