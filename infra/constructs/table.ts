/**
 * The table: where everything that must survive is.
 */
import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  Billing,
  ContributorInsightsMode,
  ProjectionType,
  StreamViewType,
  type TablePropsV2,
  TableV2,
} from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import {
  dueIndex,
  type IndexDefinition,
  indexDefinitions,
  type KeyAttribute,
  listIndex,
  partitionKey,
  sortKey,
  timeToLiveAttribute,
} from "../../lib/adapters/dynamodb/keys.ts";
import { ConfigurationError } from "../../lib/index.ts";

export interface TuttiTableProps {
  /**
   * What becomes of the table when its stack goes. With anything but RETAIN it is not protected from deletion either.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Most read units a second, of the table and of each of its indexes: what is above that is throttled, and tried again. A
   * bound on what a mistake can cost: 10,000 a second all day are about $110.
   *
   * @default 10,000
   */
  readonly maxReadUnitsPerSecond?: number;
  /**
   * The same of write units: 10,000 a second all day are about $540, and some 2,500 tasks a second.
   *
   * @default 10,000
   */
  readonly maxWriteUnitsPerSecond?: number;
  /**
   * What the table and its indexes take at once, from the start: for a large chord on a new table. AWS charges once for each
   * raise, and CloudFormation cannot lower it.
   *
   * @default what AWS gives a new table on demand: 12,000 reads and 4,000 writes a second
   */
  readonly warmThroughput?: WarmThroughputSettings;
  /**
   * Whether the table has a stream, which `endedEvents` of the construct reads. It costs nothing by itself.
   *
   * @default false
   */
  readonly stream?: boolean;
}

/** Units a second. */
export interface WarmThroughputSettings {
  readonly readUnitsPerSecond: number;
  readonly writeUnitsPerSecond: number;
}

/** Above what a new table takes at once (4,000 writes), below what an account allows a table (40,000). */
const defaultUnitsPerSecond = 10_000;
/** The longest there is. */
const recoveryDays = 35;

/** What driving a run takes: reads by key, and conditional writes of one item. */
const driveActions = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"] as const;

/** What `tutti doctor` asks. */
const describeActions = [
  "dynamodb:DescribeTable",
  "dynamodb:DescribeTimeToLive",
  "dynamodb:DescribeContinuousBackups",
] as const;

/** Where senders store workflows that no message holds (docs/requests.md). */
const documentPartitions = "document#*";

/** One table on demand, with its two sparse indexes, and point-in-time recovery. */
export class TuttiTable extends Construct {
  readonly table: TableV2;
  private readonly streamArn: string | undefined;

  constructor(scope: Construct, id: string, props: TuttiTableProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const caps = {
      maxReadRequestUnits: props.maxReadUnitsPerSecond ?? defaultUnitsPerSecond,
      maxWriteRequestUnits: props.maxWriteUnitsPerSecond ?? defaultUnitsPerSecond,
    };
    const warm = warmOf(props.warmThroughput);
    this.table = new TableV2(this, "Table", {
      partitionKey: keyOf(partitionKey),
      sortKey: keyOf(sortKey),
      billing: Billing.onDemand(caps),
      globalSecondaryIndexes: indexDefinitions.map((index) => ({
        indexName: index.name,
        partitionKey: keyOf(index.partitionKey),
        sortKey: keyOf(index.sortKey),
        projectionType: ProjectionType[index.projection],
        ...caps,
        ...warm,
      })),
      ...warm,
      timeToLiveAttribute,
      ...(props.stream === true ? { dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES } : {}),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: recoveryDays },
      // Says which run is hot when there is throttling, and costs nothing while there is none.
      contributorInsightsSpecification: { enabled: true, mode: ContributorInsightsMode.THROTTLED_KEYS },
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    this.streamArn = props.stream === true ? this.table.tableStreamArn : undefined;
  }

  /** Lets a function drive runs: workers, dead letters. No queries, and nothing is ever deleted. */
  grantDrive(grantee: IGrantable): Grant {
    return this.grantOn(grantee, driveActions);
  }

  /** Lets control do that, and read runs whole: retry, resume and a revoke go by what all of a run's tasks have come to. */
  grantControl(grantee: IGrantable): Grant {
    return this.grantOn(grantee, [...driveActions, "dynamodb:Query"]);
  }

  /** Lets the sweeper do that, look for due runs, read them whole and remove what is past its retention. */
  grantSweep(grantee: IGrantable): Grant {
    const actions = [...driveActions, "dynamodb:Query", "dynamodb:BatchWriteItem"];
    return this.grantOn(grantee, actions).combine(this.grantIndex(grantee, dueIndex));
  }

  /**
   * Lets somebody store such workflows: writes in those partitions alone.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantStoreDocuments(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ["dynamodb:PutItem", "dynamodb:UpdateItem"],
      resourceArns: [this.table.tableArn],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [documentPartitions] } },
    });
  }

  /** Lets somebody read runs, and how the table is set up: what `status`, `inspect`, `wait`, `result` and `doctor` do. */
  grantRead(grantee: IGrantable): Grant {
    const read = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"];
    return this.grantOn(grantee, [...read, ...describeActions])
      .combine(this.grantIndex(grantee, listIndex))
      .combine(this.grantIndex(grantee, dueIndex));
  }

  /** Lets a function read runs by their ids. */
  grantInspect(grantee: IGrantable): Grant {
    return this.grantOn(grantee, ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]);
  }

  /** Lets a function see which runs there are. */
  grantList(grantee: IGrantable): Grant {
    return this.grantIndex(grantee, listIndex);
  }

  /**
   * Lets a function be handed the stream's records.
   *
   * @returns The stream.
   * @throws ConfigurationError when there is none.
   */
  grantStream(grantee: IGrantable): string {
    const streamArn = this.streamArn;
    if (streamArn === undefined)
      throw new ConfigurationError("endedEvents takes a table with a stream: make it with stream: true");
    const read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
    Grant.addToPrincipal({ grantee, actions: [...read, "dynamodb:ListStreams"], resourceArns: [streamArn] });
    return streamArn;
  }

  private grantOn(grantee: IGrantable, actions: readonly string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [this.table.tableArn] });
  }

  private grantIndex(grantee: IGrantable, { name }: IndexDefinition): Grant {
    const resourceArns = [`${this.table.tableArn}/index/${name}`];
    return Grant.addToPrincipal({ grantee, actions: ["dynamodb:Query"], resourceArns });
  }
}

function warmOf(settings: WarmThroughputSettings | undefined): Pick<TablePropsV2, "warmThroughput"> {
  if (settings === undefined) return {};
  const { readUnitsPerSecond, writeUnitsPerSecond } = settings;
  return { warmThroughput: { readUnitsPerSecond, writeUnitsPerSecond } };
}

function keyOf({ name, type }: KeyAttribute): { readonly name: string; readonly type: AttributeType } {
  return { name, type: type === "S" ? AttributeType.STRING : AttributeType.NUMBER };
}
