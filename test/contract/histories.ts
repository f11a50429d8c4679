/**
 * Histories of random operations, for what compares two sides.
 */
import fc from "fast-check";

const historyLength = 40;

/** Operations one after the other, about 39. What is left out of a history shrinks it. */
export function historiesOf<T>(operations: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  const slots = fc.array(fc.option(operations, { freq: 30 }), { minLength: historyLength, maxLength: historyLength });
  return slots.map((slot) => slot.filter((operation) => operation !== null));
}

/** How many histories have at least so many operations. */
export const historiesFor = (operations: number): number => Math.ceil(operations / (historyLength - 2));
