/**
 * The queues: one for requests, one for each queue name that tasks use, each with its dead letters.
 */
import { Duration } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";

/** Longest runs of the functions that read queues. A message is hidden for six times as long. */
export interface ConsumerTimeouts {
  /** Of the function that reads the request queue. */
  readonly requests: Duration;
  /** Of the functions that read the task queues, by queue name. These names are the task queues there are. */
  readonly tasks: Readonly<Record<string, Duration>>;
  /** Of the function that reads every dead-letter queue. */
  readonly deadLetters: Duration;
}

export interface TuttiQueuesProps {
  readonly consumerTimeouts: ConsumerTimeouts;
}

/** A queue with its dead letters. */
export interface QueuePair {
  readonly queue: Queue;
  readonly deadLetters: Queue;
}

/** Visibility is six times the consumer's time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const visibilityFactor = 6;
/** Lost attempts bound executions, not receives: a healthy task is not given up for being returned (docs/protocol.md#retries-and-losses). */
const maxReceiveCount = 20;
/** SQS's own default, said aloud: a deploy broken over a long weekend loses nothing, and a letter then has ten days left. */
const retention = Duration.days(4);
/** The longest that SQS keeps a message. Its age counts from its first queue on. */
const deadLetterRetention = Duration.days(14);

/** What an event source mapping does as the function: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const pollActions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] as const;

/** Request queue and task queues, encrypted at rest and in transit. */
export class TuttiQueues extends Construct {
  readonly requests: QueuePair;
  readonly tasks: ReadonlyMap<string, QueuePair>;

  constructor(scope: Construct, id: string, { consumerTimeouts }: TuttiQueuesProps) {
    super(scope, id);
    const pair = (name: string, timeout: Duration) => this.pair(name, timeout, consumerTimeouts.deadLetters);
    this.requests = pair("Requests", consumerTimeouts.requests);
    this.tasks = new Map(
      Object.entries(consumerTimeouts.tasks).map(([name, timeout]) => [name, pair(`Task-${name}`, timeout)]),
    );
  }

  /** Every pair there is. */
  get pairs(): readonly QueuePair[] {
    return [this.requests, ...this.tasks.values()];
  }

  /** URLs of the task queues, by the name tasks give their queue. */
  get taskUrls(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.tasks].map(([name, { queue }]) => [name, queue.queueUrl]));
  }

  /** URLs of the dead-letter queues, by the queue whose letters each takes: `request`, `task:<name>`. */
  get deadLetterUrls(): Readonly<Record<string, string>> {
    const ofTasks = [...this.tasks].map(([name, { deadLetters }]) => [`task:${name}`, deadLetters.queueUrl]);
    return { request: this.requests.deadLetters.queueUrl, ...Object.fromEntries(ofTasks) };
  }

  /** Lets somebody send requests. */
  grantSubmit(grantee: IGrantable): Grant {
    return this.requests.queue.grantSendMessages(grantee);
  }

  /** Lets a function send: tasks, and to the request queue the parts of a large group and requests that died. */
  grantSend(grantee: IGrantable): Grant {
    const resourceArns = this.pairs.map(({ queue }) => queue.queueArn);
    return Grant.addToPrincipal({ grantee, actions: ["sqs:SendMessage"], resourceArns });
  }

  /** Lets somebody see how long the queues are, and nothing of what is in them. */
  grantRead(grantee: IGrantable): Grant {
    const resourceArns = this.pairs.flatMap(({ queue, deadLetters }) => [queue.queueArn, deadLetters.queueArn]);
    return Grant.addToPrincipal({ grantee, actions: ["sqs:GetQueueAttributes"], resourceArns });
  }

  private pair(id: string, consumerTimeout: Duration, letterTimeout: Duration): QueuePair {
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    // A letter is delivered until it is taken care of: the dead-letter function is its only reader, and has no redrive.
    const deadLetters = new Queue(this, `DeadLetters-${id}`, {
      ...common,
      retentionPeriod: deadLetterRetention,
      visibilityTimeout: hiddenFor(letterTimeout),
    });
    const queue = new Queue(this, id, {
      ...common,
      retentionPeriod: retention,
      visibilityTimeout: hiddenFor(consumerTimeout),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount },
    });
    return { queue, deadLetters };
  }
}

/** Lets a function be handed the messages of a queue, and give some of them back. */
export function grantConsume(queue: Queue, grantee: IGrantable): Grant {
  return queue.grant(grantee, ...pollActions, "sqs:ChangeMessageVisibility");
}

function hiddenFor(consumerTimeout: Duration): Duration {
  return Duration.seconds(consumerTimeout.toSeconds() * visibilityFactor);
}
