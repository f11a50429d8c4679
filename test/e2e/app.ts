/**
 * The product's own stack, as it is, for an emulator that is thrown away: `-c version=2` is the next release of its tasks.
 */
import { App, Aspects, RemovalPolicy } from "aws-cdk-lib";
import { CfnPolicy, PolicyDocument } from "aws-cdk-lib/aws-iam";
import { TuttiStack } from "../../infra/stack.ts";
import { stackName } from "./cdk.ts";

const app = new App();
const version = app.node.tryGetContext("version") ?? "1";
const stack = new TuttiStack(app, stackName, {
  tutti: {
    tasks: `test/e2e/tasks-${version}.ts`,
    // Few tasks to a process, so that there are several processes to kill.
    queues: { marked: { tasksPerInvocation: 2 } },
    removalPolicy: RemovalPolicy.DESTROY,
  },
});

// With IAM enforced, MiniStack asks for an action that AWS does not have: it takes sqs:SendMessage for batches too.
Aspects.of(stack).add({
  visit(node) {
    if (!(node instanceof CfnPolicy) || !(node.policyDocument instanceof PolicyDocument)) return;
    const { Statement } = stack.resolve(node.policyDocument) as { Statement: { Action: string | string[] }[] };
    const withBatches = Statement.map((statement) => {
      const actions = [statement.Action].flat();
      return actions.includes("sqs:SendMessage")
        ? { ...statement, Action: [...actions, "sqs:SendMessageBatch"] }
        : statement;
    });
    node.addPropertyOverride("PolicyDocument.Statement", withBatches);
  },
});
