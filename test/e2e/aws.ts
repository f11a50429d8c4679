/**
 * `npm run e2e:aws -- --account NUMBER --region REGION`: the scenarios of e2e:deploy in a real account, in a stack of their own
 * that goes with them, and what it has cost. It bootstraps nothing, and refuses everything that it was not told: account.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import * as sqs from "@aws-sdk/client-sqs";
import { Template } from "aws-cdk-lib/assertions";
import { idleCost, totalOf } from "../../scripts/idle-cost/cost.ts";
import { type Account, accountEnvironment, accountOf, checkToolkit, costOf } from "./account.ts";
import { assembliesIn } from "./assemblies.ts";
import { Report } from "./report.ts";
import { round } from "./round.ts";
import { plans } from "./scenarios.ts";
import type { CallAws, Target } from "./target.ts";
import { tuttiJson, type World } from "./world.ts";

const { values: flags } = parseArgs({ options: { account: { type: "string" }, region: { type: "string" } } });

/** Id of the CDK's own stack there; undefined when there is none. */
async function toolkitIn({ region }: Account): Promise<string | undefined> {
  const client = new CloudFormationClient({ region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: "CDKToolkit" }));
    return Stacks?.[0]?.StackId;
  } catch (error) {
    if (error instanceof Error && error.name === "ValidationError") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/** The calls of SQS that scenarios make, by the names that botocore gives them. */
function callSqs(client: sqs.SQSClient): CallAws {
  return async (service, operation, params) => {
    if (service !== "sqs") throw new Error(`${service} is not called here`);
    switch (operation) {
      case "list_queues":
        return { ...(await client.send(new sqs.ListQueuesCommand(params))) };
      case "get_queue_attributes":
        return { ...(await client.send(new sqs.GetQueueAttributesCommand(params as never))) };
      case "set_queue_attributes":
        return { ...(await client.send(new sqs.SetQueueAttributesCommand(params as never))) };
      case "send_message":
        return { ...(await client.send(new sqs.SendMessageCommand(params as never))) };
      default:
        throw new Error(`sqs ${operation} is not called here`);
    }
  };
}

/** What `tutti cost` says of every run there is. */
async function costOfRuns(world: World): Promise<readonly number[]> {
  const { runs } = await tuttiJson<{ runs: readonly { id: string }[] }>(world, ["list", "--limit", "1000"]);
  const reports = runs.map(({ id }) => tuttiJson<{ totals: { usd: number } }>(world, ["cost", id]));
  return (await Promise.all(reports)).map(({ totals }) => totals.usd);
}

async function main(): Promise<number> {
  const chosen = accountOf(flags, process.env);
  checkToolkit(await toolkitIn(chosen), chosen);
  const { account, region } = chosen;
  const stack = `TuttiE2e-${Date.now().toString(36)}`;
  console.log(`stack ${stack} in ${account}, ${region}; should this process be ended before it has gone:`);
  console.log(`  aws cloudformation delete-stack --stack-name ${stack} --region ${region}`);
  const folder = mkdtempSync(join(tmpdir(), "tutti-e2e-aws-"));
  const report = new Report();
  const assemblies = assembliesIn(folder, [stack, account, region], report);
  const client = new sqs.SQSClient({ region });
  const target: Target = {
    name: `AWS, account ${account}`,
    stack,
    isEmulator: false,
    env: accountEnvironment(process.env, chosen),
    sharesFiles: false,
    assumesRoles: false,
    aws: callSqs(client),
    stop: async () => client.destroy(),
  };
  const started = Date.now();
  let runs: readonly number[] = [];
  const after = async (world: World) => {
    runs = await costOfRuns(world);
  };
  try {
    await round({ name: "aws", target, plan: plans.all, folder, assemblies, report, after, alwaysDestroys: true });
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    return 1;
  } finally {
    const template = JSON.parse(readFileSync(join(await assemblies(1), `${stack}.template.json`), "utf8"));
    const idleUsdPerMonth = totalOf(idleCost(Template.fromJSON(template)));
    const usd = costOf({ runs, idleUsdPerMonth, hours: (Date.now() - started) / 3_600_000 });
    report.note(
      `cost: about $${usd.toFixed(4)}, at list prices of us-east-1: ${runs.length} runs, and the stack itself`,
    );
    report.print();
    rmSync(folder, { recursive: true, force: true });
    await target.stop();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : error);
  return 1;
});
