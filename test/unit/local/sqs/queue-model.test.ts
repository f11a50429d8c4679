/**
 * The queue core against a model of a few lines: a list of messages, each with the time it becomes visible.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { content, createFakeQueue, type FakeQueue } from "./fake-queue.ts";

interface ModelMessage {
  readonly id: string;
  /** Seconds since the start. */
  visibleAt: number;
  inFlight: boolean;
  handle: string | undefined;
}

interface World {
  readonly queue: FakeQueue;
  readonly messages: ModelMessage[];
  now: number;
}

type Step = (world: World) => void;

const isVisible = (world: World, message: ModelMessage): boolean => message.visibleAt <= world.now;

/** One of the messages that were received at least once. */
function received(world: World, index: number): ModelMessage | undefined {
  const candidates = world.messages.filter((message) => message.handle !== undefined);
  return candidates[index % Math.max(1, candidates.length)];
}

const send = fc.constantFrom(0, 0, 1, 5).map(
  (delay): Step =>
    (world) => {
      const id = world.queue.core.send(content("x"), delay);
      world.messages.push({ id, visibleAt: world.now + delay, inFlight: false, handle: undefined });
    },
);

const receive = fc.record({ max: fc.integer({ min: 1, max: 10 }), visibility: fc.integer({ min: 0, max: 5 }) }).map(
  ({ max, visibility }): Step =>
    (world) => {
      const visible = world.messages.filter((message) => isVisible(world, message));
      const { messages } = world.queue.receive({ maxMessages: max, visibilitySeconds: visibility });
      const ids = messages.map((message) => message.history.messageId);
      expect(ids).toHaveLength(Math.min(max, visible.length));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { history, receiptHandle } of messages) {
        const message = visible.find(({ id }) => id === history.messageId);
        expect(message, "only visible messages are received").toBeDefined();
        Object.assign(message ?? {}, { visibleAt: world.now + visibility, inFlight: true, handle: receiptHandle });
      }
    },
);

const remove = fc.nat({ max: 20 }).map(
  (index): Step =>
    (world) => {
      const message = received(world, index);
      if (message?.handle !== undefined) {
        world.queue.core.delete(message.handle);
        world.messages.splice(world.messages.indexOf(message), 1);
      }
    },
);

const change = fc.record({ index: fc.nat({ max: 20 }), seconds: fc.integer({ min: 0, max: 5 }) }).map(
  ({ index, seconds }): Step =>
    (world) => {
      const message = received(world, index);
      if (message?.handle === undefined) {
        return;
      }
      const attempt = (): void => world.queue.core.changeVisibility(message.handle ?? "", seconds);
      if (isVisible(world, message)) {
        expect(attempt).toThrow(expect.objectContaining({ name: "MessageNotInflight" }));
      } else {
        attempt();
        message.visibleAt = world.now + seconds;
      }
    },
);

const pass = fc.constantFrom(0.5, 1, 3).map(
  (seconds): Step =>
    (world) => {
      world.queue.passSeconds(seconds);
      world.now += seconds;
    },
);

function expectedCounts(world: World): object {
  const hidden = world.messages.filter((message) => !isVisible(world, message));
  const inFlight = hidden.filter((message) => message.inFlight).length;
  return { visible: world.messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
}

describe("queue core", () => {
  it("receives exactly what the model says is visible, after any history", () => {
    const steps = fc.array(fc.oneof(send, send, receive, remove, change, pass), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (history) => {
        const world: World = { queue: createFakeQueue(), messages: [], now: 0 };
        for (const step of history) {
          step(world);
          expect(world.queue.core.counts()).toEqual(expectedCounts(world));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("loses nothing: whatever was not deleted is received once all timeouts have ended", () => {
    const steps = fc.array(fc.oneof(send, send, receive, remove, change, pass), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (history) => {
        const world: World = { queue: createFakeQueue(), messages: [], now: 0 };
        for (const step of history) {
          step(world);
        }
        world.queue.passSeconds(10);
        const ids: string[] = [];
        for (let { messages } = world.queue.receive(); messages.length > 0; { messages } = world.queue.receive()) {
          ids.push(...messages.map((message) => message.history.messageId));
        }
        expect(ids.sort()).toEqual(world.messages.map(({ id }) => id).sort());
      }),
      { numRuns: 300 },
    );
  });
});
