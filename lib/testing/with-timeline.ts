/**
 * Adds the timeline to what an assertion throws: whichever library made the error, and wherever its message is shown.
 */

/** Errors that have it already: an assertion may stand inside another one. */
const explained = new WeakSet<Error>();

/** @returns The same error with a longer message, or what was thrown when that is none. */
export function withTimeline(error: unknown, timeline: () => string): unknown {
  if (!(error instanceof Error) || explained.has(error)) return error;
  explained.add(error);
  const { message, stack } = error;
  const longer = `${message}\n\n${timeline()}\n`;
  Object.defineProperty(error, "message", { value: longer, configurable: true, writable: true });
  // The stack begins with the message as it was when the error was made; node:test shows that.
  if (stack?.includes(message)) {
    const value = stack.replace(message, () => longer);
    Object.defineProperty(error, "stack", { value, configurable: true, writable: true });
  }
  return error;
}
