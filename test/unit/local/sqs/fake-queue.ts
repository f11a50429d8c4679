/**
 * A queue core on a clock that the test moves, with ids counted from 1.
 */
import { createFaults, type Faults } from "../../../../local/sqs/faults.ts";
import type { MessageContent } from "../../../../local/sqs/message.ts";
import { createQueueCore, type QueueCore } from "../../../../local/sqs/queue.ts";
import type { ReceiveRequest } from "../../../../local/sqs/receiving.ts";

/** Where the clock of every fake starts. */
export const startMs = 1_700_000_000_000;

export interface FakeQueue {
  readonly core: QueueCore;
  readonly faults: Faults;
  passSeconds(seconds: number): void;
  /** Receives up to ten messages with 30 s of visibility unless told otherwise. */
  receive(request?: Partial<ReceiveRequest>): ReturnType<QueueCore["receive"]>;
  /** Receives and returns the bodies. */
  bodies(request?: Partial<ReceiveRequest>): readonly string[];
}

/** A message with this body and nothing else. */
export function content(body: string): MessageContent {
  return { body, attributes: {} };
}

export interface FakeQueueOptions {
  /** @default always 0.5 */
  readonly random?: () => number;
  /** @default 4 days */
  readonly retentionSeconds?: number;
  /** @default 120,000 */
  readonly inFlightLimit?: number;
}

export function createFakeQueue(options: FakeQueueOptions = {}): FakeQueue {
  const { random = () => 0.5, retentionSeconds = 345_600, inFlightLimit = 120_000 } = options;
  let nowMs = startMs;
  let lastId = 0;
  const faults = createFaults(random);
  const core = createQueueCore({
    now: () => nowMs,
    newId: () => `id-${++lastId}`,
    faults: faults.forQueue("fake"),
    retentionMs: () => retentionSeconds * 1000,
    inFlightLimit,
  });
  const receive = (request: Partial<ReceiveRequest> = {}): ReturnType<QueueCore["receive"]> =>
    core.receive({ maxMessages: 10, visibilitySeconds: 30, maxReceiveCount: undefined, ...request });
  return {
    core,
    faults,
    passSeconds(seconds) {
      nowMs += seconds * 1000;
    },
    receive,
    bodies: (request) => receive(request).messages.map((message) => message.content.body),
  };
}
