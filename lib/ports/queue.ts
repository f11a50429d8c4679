/**
 * The queues, as the protocol needs them: at-least-once, unordered.
 *
 * Contract (test/contract/queue.contract.ts): a message that `send` does not report as failed was accepted durably; one
 * that it does report may be sent again with the same body, since bodies carry their own identity.
 */

/** `request`, or `task:<queue name>`. */
export type QueueRef = "request" | `task:${string}`;

/** A message to send. */
export interface OutgoingMessage {
  readonly body: string;
  /** 0–900. */
  readonly delaySeconds: number;
  /** String attributes; for example the count of a dead letter's return. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Whose work it is, where the queue is fair between tenants; kept when it moves to a dead-letter queue. */
  readonly fairnessKey?: string;
}

/** A message in hand. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly sentAtMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** As it was sent. */
  readonly fairnessKey?: string;
}

/** Any call may throw `QueueError`: nothing is then known about its effect. */
export interface Queue {
  /** Sends up to 10 messages. Returns the positions the service refused; the caller sends those again. */
  send(
    queue: QueueRef,
    messages: readonly OutgoingMessage[],
    site: string,
  ): Promise<{ readonly failed: readonly number[] }>;
}

/** What is received from: a queue, or what its messages end in after too many deliveries. */
export type ConsumedQueue = QueueRef | `dead:${QueueRef}`;

/** A message in hand, with what gives it back. */
export interface HeldMessage extends ReceivedMessage {
  readonly queue: ConsumedQueue;
  /** Opaque; of this delivery alone. */
  readonly receipt: string;
}

/** How long to wait for a message when there is none. */
export interface ReceiveOptions {
  /** 0–20. @default 0 */
  readonly waitSeconds?: number;
  /** Ends the wait early: the answer is then empty. */
  readonly signal?: AbortSignal;
}

/**
 * The receiving side, for what stands in for Lambda's event source mapping: the local engine and the tests.
 *
 * A message that is neither removed nor given back in time comes again, with its receive count raised.
 */
export interface QueueConsumer {
  /** Up to `max` (1–10) messages; fewer, or none, is no sign that the queue is empty. */
  receive(queue: ConsumedQueue, max: number, options?: ReceiveOptions): Promise<readonly HeldMessage[]>;
  /** Acknowledges. A receipt that is no longer the message's last one removes nothing, and is no error. */
  remove(...receipts: readonly string[]): Promise<void>;
  /**
   * Gives a message back after `seconds` (0–43,200). No error when the message is gone; with a receipt that is not its last
   * one it may come back early all the same. SQS refuses to hide it until later than 12 hours after its receive.
   */
  changeVisibility(receipt: string, seconds: number): Promise<void>;
}

/** Messages of a queue by state; on SQS approximate, and up to a minute old. */
export interface QueueDepth {
  readonly visible: number;
  /** Received, neither removed nor due back. */
  readonly inFlight: number;
  readonly delayed: number;
}
