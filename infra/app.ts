/**
 * The app of `npx cdk synth`: one stack with the parts that keep state.
 */
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { TuttiQueues } from "./constructs/queues.ts";
import { TuttiTable } from "./constructs/table.ts";

const app = new App();
const stack = new Stack(app, "Tutti", { description: "Tutti: table and queues" });
const { table } = new TuttiTable(stack, "Table");
const queues = new TuttiQueues(stack, "Queues", { names: ["default"] });
new CfnOutput(stack, "TableName", { value: table.tableName });
new CfnOutput(stack, "RequestQueueUrl", { value: queues.requests.queue.queueUrl });
