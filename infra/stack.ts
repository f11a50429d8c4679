/**
 * The stack of `npx cdk deploy` in this checkout: one instance of the construct, with its outputs for people.
 */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { Tutti, type TuttiProps } from "./constructs/tutti.ts";

export interface TuttiStackProps extends StackProps {
  /** Of the one construct in it. */
  readonly tutti: TuttiProps;
}

export class TuttiStack extends Stack {
  readonly tutti: Tutti;

  constructor(scope: Construct, id: string, { tutti, ...props }: TuttiStackProps) {
    super(scope, id, { description: "Tutti: workflows on SQS, Lambda and DynamoDB", ...props });
    this.tutti = new Tutti(this, "Tutti", tutti);
    new CfnOutput(this, "TableName", { value: this.tutti.table.tableName });
    new CfnOutput(this, "RequestQueueUrl", { value: this.tutti.requestQueue.queueUrl });
  }
}
