/**
 * The app of `npx cdk synth`: one stack with everything, for the tasks that `-c tasks=FILE` names.
 */
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { Tutti } from "./constructs/tutti.ts";

/** The example of the README: it needs nothing but its functions, so it runs as it is. */
const exampleTasks = "examples/07-thumbnails/tasks.ts";

const app = new App();
const stack = new Stack(app, "Tutti", { description: "Tutti: workflows on SQS, Lambda and DynamoDB" });
const tutti = new Tutti(stack, "Tutti", { tasks: app.node.tryGetContext("tasks") ?? exampleTasks });
new CfnOutput(stack, "TableName", { value: tutti.table.tableName });
new CfnOutput(stack, "RequestQueueUrl", { value: tutti.requestQueue.queueUrl });
