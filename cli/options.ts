/**
 * Options that commands share.
 */
import type { Command } from "commander";
import type { ConnectOptions } from "../lib/connect.ts";
import { UsageError } from "./usage.ts";

/** What every command takes. */
export interface CommonFlags {
  readonly json?: boolean;
}

/** What every command takes that talks to a deployment. */
export interface ConnectionFlags extends CommonFlags {
  readonly table?: string;
  readonly requestQueueUrl?: string;
  readonly endpointDynamodb?: string;
  readonly endpointSqs?: string;
  readonly region?: string;
  readonly stack?: string;
}

/** Adds `--json` and `--no-color`. */
export function addJsonOption(command: Command): Command {
  return command
    .option("--json", "print data as JSON on stdout; notes, progress and errors stay on stderr")
    .option("--no-color", "no colours, as with NO_COLOR set");
}

/** Adds `--json` and what names a deployment. */
export function addConnectionOptions(command: Command): Command {
  return addJsonOption(command)
    .optionsGroup("Deployment (flags, else environment, else .tutti/dev.json of a running tutti dev):")
    .option("--table <NAME>", "table (TUTTI_TABLE)")
    .option("--request-queue-url <URL>", "request queue (TUTTI_REQUEST_QUEUE_URL)")
    .option("--region <NAME>", "AWS region (AWS_REGION)")
    .option("--endpoint-dynamodb <URL>", "another DynamoDB than AWS's (AWS_ENDPOINT_URL_DYNAMODB)")
    .option("--endpoint-sqs <URL>", "another SQS than AWS's (AWS_ENDPOINT_URL_SQS)")
    .option("--stack <NAME>", "what this CloudFormation stack has put up, in place of --table and --request-queue-url")
    .optionsGroup("Options:");
}

/** What the flags say about the deployment. @throws UsageError when they name two. */
export function connectOptionsOf(flags: ConnectionFlags): ConnectOptions {
  if (flags.stack !== undefined && (flags.table !== undefined || flags.requestQueueUrl !== undefined)) {
    throw new UsageError(
      "--stack names a deployment, and --table or --request-queue-url another",
      "leave out --stack, or the other two",
    );
  }
  return {
    table: flags.table,
    requestQueueUrl: flags.requestQueueUrl,
    region: flags.region,
    endpoints: { dynamodb: flags.endpointDynamodb, sqs: flags.endpointSqs },
  };
}

/** Adds an example to the help of a command. */
export function addExample(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText(
    "after",
    `\nExample${lines.length === 1 ? "" : "s"}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}
