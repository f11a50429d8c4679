/**
 * One synthesis for several files: three queues, two of them with workers, schedules, alarms that tell a topic, a dashboard.
 */
import { Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Tutti } from "../../infra/index.ts";
import { aStack, fixture } from "./templates.ts";

export const everythingStack = aStack();
new Tutti(everythingStack, "Tutti", {
  tasks: fixture("schedules.ts"),
  alarms: { topic: new Topic(everythingStack, "People") },
  dashboard: true,
});

export const everything = Template.fromStack(everythingStack);
