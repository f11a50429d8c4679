/**
 * When something may start that was released: at once, after a delay, or not before a time.
 */

/** What is to wait, and for what. */
export interface Wait {
  readonly delaySeconds?: number;
  readonly notBeforeMs?: number;
}

/** The time at which something may start that was released at `releasedMs`. */
export function startMs({ delaySeconds = 0, notBeforeMs = 0 }: Wait, releasedMs: number): number {
  return Math.max(releasedMs + delaySeconds * 1000, notBeforeMs);
}

/** Whether it may have to wait at all: a time that is past today was not so at every other day. */
export function mayWait({ delaySeconds = 0, notBeforeMs }: Wait): boolean {
  return delaySeconds > 0 || notBeforeMs !== undefined;
}
