/**
 * Random operations on the queues.
 *
 * A receive takes everything that is visible, some at a time: which message comes first is nobody's promise. No receive
 * waits: time passes by an operation of its own.
 */
import fc from "fast-check";
import type { ConsumedQueue, OutgoingMessage, QueueRef } from "../../lib/ports/index.ts";

/** As `OutgoingMessage`; its body is made of a number and the text. */
export type Draft = Omit<OutgoingMessage, "body"> & { readonly text: string };

/** A pick counts deliveries back from the last one. */
export type Operation =
  | { readonly is: "send"; readonly queue: QueueRef; readonly drafts: readonly Draft[] }
  | { readonly is: "receive"; readonly queue: ConsumedQueue; readonly max: number }
  | { readonly is: "remove"; readonly picks: readonly number[] }
  | { readonly is: "give back"; readonly pick: number; readonly seconds: number }
  | { readonly is: "pass"; readonly seconds: number }
  | { readonly is: "count" };

export const refs = ["request", "task:a"] as const satisfies readonly QueueRef[];
/** How long a received message stays hidden. */
export const visibilitySeconds = 30;
export const maxReceiveCount = 2;
/** Longest time that a message can stay hidden. */
export const longestSeconds = 43_200;

const queues = fc.constantFrom<QueueRef>(...refs);
const texts = fc.oneof(fc.constantFrom("", "\uffff", "\ud800"), fc.string({ unit: "binary", maxLength: 3 }));
const delays = fc.oneof(
  { weight: 20, arbitrary: fc.constant(0) },
  { weight: 6, arbitrary: fc.constantFrom(1, 30, 900) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, 901) },
);
const absence = fc.constant(undefined);
/** The last ones are refused. */
const attributes = fc.oneof(
  { weight: 8, arbitrary: absence },
  { weight: 2, arbitrary: fc.constantFrom({ returned: "1" }, { "a.b": "Grüße 🎉", c: "\t" }, {}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Readonly<Record<string, string>>>(
      { empty: "" },
      { character: "\ufffe" },
      { "name?": "1" },
      { "aws.name": "1" },
      Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`name${i}`, "1"])),
    ),
  },
);
const fairnessKeys = fc.oneof(
  { weight: 8, arbitrary: absence },
  { weight: 2, arbitrary: fc.constantFrom("acme", "!~") },
  { weight: 1, arbitrary: fc.constantFrom("two words", "ü", "x".repeat(129)) },
);
const drafts: fc.Arbitrary<Draft> = fc
  .record({ text: texts, delaySeconds: delays, attributes, fairnessKey: fairnessKeys })
  .map(({ text, delaySeconds, attributes: named, fairnessKey }) => ({
    text,
    delaySeconds,
    ...(named === undefined ? {} : { attributes: named }),
    ...(fairnessKey === undefined ? {} : { fairnessKey }),
  }));

/** Mostly one of the last deliveries. */
const picks = fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.nat({ max: 30 }) });
const max = fc.integer({ min: 1, max: 10 });

export const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant("send" as const),
      queue: queues,
      drafts: fc.oneof(
        { weight: 6, arbitrary: fc.array(drafts, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.array(drafts, { maxLength: 10 }) },
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ is: fc.constant("receive" as const), queue: queues, max }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant("receive" as const),
      queue: fc.constantFrom<ConsumedQueue>(...refs.map((ref) => `dead:${ref}` as const)),
      max,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant("remove" as const),
      picks: fc.oneof(
        { weight: 6, arbitrary: fc.array(picks, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.array(picks, { maxLength: 15 }) },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant("give back" as const),
      pick: picks,
      seconds: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.constantFrom(1, visibilitySeconds, 900, longestSeconds) },
        { weight: 1, arbitrary: fc.constantFrom(-1, longestSeconds + 1) },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant("pass" as const),
      seconds: fc.constantFrom(1, visibilitySeconds - 1, visibilitySeconds, 60, 900),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ is: "count" as const }) },
);
