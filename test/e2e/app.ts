/**
 * The product's own stack, as it is, for an emulator that is thrown away: two releases of its tasks, each put out to a
 * folder of its own below the one that is named.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Aspects, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { CfnPolicy, PolicyDocument } from "aws-cdk-lib/aws-iam";
import { TuttiStack } from "../../infra/stack.ts";
import { releases, stackName } from "./cdk.ts";

/** What the CDK's command line would hand over. */
const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8"));

function synthesise(release: (typeof releases)[number], outdir: string): void {
  const app = new App({ outdir, context });
  const stack = new TuttiStack(app, stackName, {
    tutti: {
      tasks: `test/e2e/tasks-${release}.ts`,
      // One task to a process, so that there are several processes to kill.
      queues: { marked: { tasksPerInvocation: 1 } },
      removalPolicy: RemovalPolicy.DESTROY,
      // MiniStack knows neither composite alarms nor those computed from several metrics.
      alarms: { derived: false },
      dashboard: true,
    },
  });
  allowBatches(stack);
  app.synth();
}

/** With IAM enforced, MiniStack asks for an action that AWS does not have: it takes sqs:SendMessage for batches too. */
function allowBatches(stack: Stack): void {
  Aspects.of(stack).add({
    visit(node) {
      if (!(node instanceof CfnPolicy) || !(node.policyDocument instanceof PolicyDocument)) return;
      const { Statement } = stack.resolve(node.policyDocument) as { Statement: { Action: string | string[] }[] };
      const withBatches = Statement.map((statement) => {
        const actions = [statement.Action].flat();
        if (!actions.includes("sqs:SendMessage")) return statement;
        return { ...statement, Action: [...actions, "sqs:SendMessageBatch"] };
      });
      node.addPropertyOverride("PolicyDocument.Statement", withBatches);
    },
  });
}

const [, , folder = ""] = process.argv;
for (const release of releases) synthesise(release, join(folder, `release-${release}`));
