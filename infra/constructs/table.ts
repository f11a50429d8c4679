/**
 * The table: where everything that must survive is.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, Billing, ProjectionType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import {
  indexDefinitions,
  type KeyAttribute,
  partitionKey,
  sortKey,
  timeToLiveAttribute,
} from "../../lib/adapters/dynamodb/keys.ts";

export interface TuttiTableProps {
  /**
   * What becomes of the table when its stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** One table on demand, with its two sparse indexes, and point-in-time recovery. */
export class TuttiTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: TuttiTableProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.table = new TableV2(this, "Table", {
      partitionKey: keyOf(partitionKey),
      sortKey: keyOf(sortKey),
      billing: Billing.onDemand(),
      globalSecondaryIndexes: indexDefinitions.map((index) => ({
        indexName: index.name,
        partitionKey: keyOf(index.partitionKey),
        sortKey: keyOf(index.sortKey),
        projectionType: ProjectionType[index.projection],
      })),
      timeToLiveAttribute,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
  }
}

function keyOf({ name, type }: KeyAttribute): { readonly name: string; readonly type: AttributeType } {
  return { name, type: type === "S" ? AttributeType.STRING : AttributeType.NUMBER };
}
