/**
 * Time, randomness and what is told to the outside. Given as arguments everywhere, so that one seed replays a history.
 */
import type { EpochMs } from "../model/ids.ts";

export interface Clock {
  now(): EpochMs;
  /** Calls `run` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export interface Ids {
  /** A new id, 16 characters of [a-z0-9], never drawn before by anybody. */
  next(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Log {
  write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface Metrics {
  count(name: string, value: number): void;
}
