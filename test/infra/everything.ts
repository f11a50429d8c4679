/**
 * One synthesis for several files: three queues, two of them with workers, schedules, alarms that tell a topic, a dashboard.
 */
import { Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Tutti } from "../../infra/index.ts";
import { aStack, fixture } from "./templates.ts";

const stack = aStack();
new Tutti(stack, "Tutti", {
  tasks: fixture("schedules.ts"),
  alarms: { topic: new Topic(stack, "People") },
  dashboard: true,
});

export const everything = Template.fromStack(stack);
