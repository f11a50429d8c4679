import { App, Stack } from "aws-cdk-lib";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Tutti } from "tutti/cdk";

const stack = new Stack(new App(), "Words");
new Tutti(stack, "Tutti", {
  tasks: "tasks.ts",
  alarms: { topic: new Topic(stack, "OnCall") },
});
