/**
 * The queues: one for requests, one for each queue name that tasks use, each with its dead letters.
 */
import { Duration } from "aws-cdk-lib";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

export interface TuttiQueuesProps {
  /** Names of the task queues. */
  readonly names: readonly string[];
  /**
   * Longest run of the functions that read the task queues.
   *
   * @default 15 minutes, the most that Lambda allows
   */
  readonly consumerTimeout?: Duration;
}

/** A queue with its dead letters. */
export interface QueuePair {
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

/** Visibility is six times the consumer's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const visibilityFactor = 6;
/** Lost attempts bound executions, not receives, so a healthy task is not given up for being returned (docs/errors.md, dead-letter). */
const maxReceiveCount = 20;
/** The longest that SQS keeps a message. */
const deadLetterRetention = Duration.days(14);
/** A request is a few writes. */
const controlTimeout = Duration.minutes(1);

/** Request queue and task queues, encrypted at rest and in transit. */
export class TuttiQueues extends Construct {
  readonly requests: QueuePair;
  readonly tasks: ReadonlyMap<string, QueuePair>;

  constructor(scope: Construct, id: string, props: TuttiQueuesProps) {
    super(scope, id);
    const timeout = props.consumerTimeout ?? Duration.minutes(15);
    this.requests = this.pair("Requests", controlTimeout);
    this.tasks = new Map(props.names.map((name) => [name, this.pair(`Task-${name}`, timeout)]));
  }

  /** Lets somebody send requests. */
  grantSubmit(grantee: IGrantable): void {
    this.requests.queue.grantSendMessages(grantee);
  }

  private pair(id: string, consumerTimeout: Duration): QueuePair {
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const deadLetters = new Queue(this, `${id}DeadLetters`, { ...common, retentionPeriod: deadLetterRetention });
    const queue = new Queue(this, id, {
      ...common,
      visibilityTimeout: Duration.seconds(consumerTimeout.toSeconds() * visibilityFactor),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount },
    });
    return { queue, deadLetters };
  }
}
