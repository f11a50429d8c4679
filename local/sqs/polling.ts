/**
 * Long polling: receives that wait, in the order they came.
 *
 * A waiting receive is asked again when a message may have become visible: after a send, at the end of a delay or of a
 * visibility timeout, after a move. The first in line takes what is there and is answered at once; whoever finds
 * nothing stops the round, so one message wakes one receive and the rest keep waiting.
 */
import { type Alarm, createAlarm } from "./alarm.ts";
import type { Broker, Queue } from "./broker.ts";
import { SqsError } from "./errors.ts";
import type { ReceivedMessage } from "./message.ts";

export interface PollRequest {
  readonly maxMessages: number;
  readonly visibilitySeconds: number;
  readonly waitSeconds: number;
}

export interface Polling {
  /**
   * Receives, waiting up to `waitSeconds` for a first message.
   *
   * @param signal - Aborted when the caller has gone: it gets nothing any more.
   */
  receive(queue: Queue, request: PollRequest, signal: AbortSignal): Promise<readonly ReceivedMessage[]>;
  /** Serves waiting receives of a queue; call after anything that may have made messages visible. */
  wake(queue: Queue): void;
  /** Ends waiting receives of a deleted queue. */
  forget(queue: Queue): void;
  /** Answers all waiting receives with nothing, now and from now on. */
  close(): void;
}

interface Waiter {
  readonly request: PollRequest;
  /** Answers, once; the waiter must be out of its line by then. */
  readonly resolve: (messages: readonly ReceivedMessage[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The waiting receives of one queue. */
interface Line {
  readonly queue: Queue;
  readonly waiters: Set<Waiter>;
  readonly alarm: Alarm;
}

/** Asks the queue once for a waiter. Returns whether the waiter has its answer. */
function serve(broker: Pick<Broker, "receive">, line: Line, waiter: Waiter): boolean {
  try {
    const { messages } = broker.receive(line.queue, waiter.request.maxMessages, waiter.request.visibilitySeconds);
    if (messages.length === 0) {
      return false;
    }
    line.waiters.delete(waiter);
    waiter.resolve(messages);
  } catch (error) {
    line.waiters.delete(waiter);
    waiter.reject(error);
  }
  return true;
}

/** Serves waiters in order until one finds nothing. */
function serveLine(broker: Pick<Broker, "receive">, line: Line): void {
  for (const waiter of line.waiters) {
    if (!serve(broker, line, waiter)) {
      break;
    }
  }
  if (line.waiters.size === 0) {
    line.alarm.cancel();
  } else {
    line.alarm.set();
  }
}

/** Answers a waiter that stands in line with nothing, when its time is up or its caller has gone. */
function limitWait(line: Line, waiter: Waiter, signal: AbortSignal): () => void {
  const leave = (): void => {
    line.waiters.delete(waiter);
    waiter.resolve([]);
  };
  const timer = setTimeout(leave, waiter.request.waitSeconds * 1000).unref();
  signal.addEventListener("abort", leave);
  return () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  };
}

/** Puts a receive at the end of a line and serves the line by `start`. */
async function standInLine(
  line: Line,
  request: PollRequest,
  signal: AbortSignal,
  start: () => void,
): Promise<readonly ReceivedMessage[]> {
  let stopWaiting: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const waiter: Waiter = { request, resolve, reject };
      line.waiters.add(waiter);
      start();
      if (!line.waiters.has(waiter)) {
        return;
      }
      if (request.waitSeconds === 0) {
        line.waiters.delete(waiter);
        resolve([]);
      } else {
        stopWaiting = limitWait(line, waiter, signal);
      }
    });
  } finally {
    stopWaiting?.();
  }
}

/** Creates the lines of waiting receives, all empty. */
export function createPolling(broker: Pick<Broker, "receive">, now: () => number): Polling {
  const lines = new Map<Queue, Line>();
  const toServe = new Set<Line>();
  let serving = false;
  let closed = false;

  // A receive may move dead letters to another queue and so wake that one too: a list of lines instead of a recursion.
  const wake = (queue: Queue): void => {
    const line = lines.get(queue);
    if (line !== undefined) {
      toServe.add(line);
    }
    if (serving) {
      return;
    }
    serving = true;
    for (const next of toServe) {
      toServe.delete(next);
      serveLine(broker, next);
    }
    serving = false;
  };
  const lineOf = (queue: Queue): Line => {
    const alarm = createAlarm({ now, nextAt: () => queue.core.nextEventAt(), ring: () => wake(queue) });
    const line = lines.get(queue) ?? { queue, waiters: new Set<Waiter>(), alarm };
    lines.set(queue, line);
    return line;
  };
  const end = (line: Line, answer: (waiter: Waiter) => void): void => {
    line.alarm.cancel();
    lines.delete(line.queue);
    for (const waiter of line.waiters) {
      line.waiters.delete(waiter);
      answer(waiter);
    }
  };
  return {
    receive(queue, request, signal) {
      return closed || signal.aborted
        ? Promise.resolve([])
        : standInLine(lineOf(queue), request, signal, () => wake(queue));
    },
    wake,
    forget(queue) {
      const line = lines.get(queue);
      if (line !== undefined) {
        const gone = new SqsError("QueueDoesNotExist", "The specified queue does not exist.");
        end(line, (waiter) => waiter.reject(gone));
      }
    },
    close() {
      closed = true;
      for (const line of [...lines.values()]) {
        end(line, (waiter) => waiter.resolve([]));
      }
    },
  };
}
