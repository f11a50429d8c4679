/**
 * The product's own stack, as it is, for somewhere that is thrown away: `app.ts FOLDER STACK RELEASE [ACCOUNT REGION]`; without
 * an account for an emulator. With a role for each of the three grants, so that somebody can be let in who may do no more.
 */
import { readFileSync } from "node:fs";
import { App, Aspects, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { AccountRootPrincipal, CfnPolicy, PolicyDocument, Role } from "aws-cdk-lib/aws-iam";
import type { Tutti } from "../../infra/index.ts";
import { TuttiStack } from "../../infra/stack.ts";

/** What the CDK's command line would hand over. */
const { context } = JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8"));

const [, , outdir = "", name = "", release = "", account, region] = process.argv;
const isEmulator = account === undefined;

function synthesise(): void {
  const app = new App({ outdir, context });
  const stack = new TuttiStack(app, name, {
    // With an account named, the CDK refuses the credentials of any other.
    ...(isEmulator ? {} : { env: { account, region: region as string } }),
    tutti: {
      tasks: `test/e2e/tasks-${release}.ts`,
      // One task to a process, so that there are several processes to kill.
      queues: { marked: { tasksPerInvocation: 1 } },
      removalPolicy: RemovalPolicy.DESTROY,
      // MiniStack knows neither composite alarms nor those computed from several metrics.
      alarms: { derived: !isEmulator },
      dashboard: true,
    },
  });
  letIn(stack, stack.tutti);
  if (isEmulator) allowBatches(stack);
  app.synth();
}

/** Who has one grant, and nothing else. */
function letIn(stack: Stack, tutti: Tutti): void {
  const role = (id: string) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() });
  tutti.grantSubmit(role("Producer"));
  tutti.grantRead(role("Reader"));
  tutti.grantOperate(role("Operator"));
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

synthesise();
