/**
 * How a long-lived command ends: once asked, it finishes; asked twice, it ends at once.
 */

/** What asks a process to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

export interface StopOptions {
  /** Calls back at every signal until the returned function is called. */
  readonly onSignal: (run: (signal: StopSignal) => void) => () => void;
  /** Finishes; called once. */
  readonly stop: () => Promise<void>;
  /** Ends at once, while `stop` still waits. @default nothing: the process is about to end */
  readonly stopAtOnce?: () => Promise<void>;
  /** Told when the first signal has come. */
  readonly onStopping: (signal: StopSignal) => void;
}

/**
 * Waits until a signal has come and what it asked for is done.
 *
 * @returns the first signal.
 */
export async function stopOnSignal({ onSignal, stop, stopAtOnce, onStopping }: StopOptions): Promise<StopSignal> {
  let first: StopSignal | undefined;
  let unlisten = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    unlisten = onSignal((signal) => {
      if (first !== undefined) return void (stopAtOnce?.() ?? Promise.resolve()).then(resolve, reject);
      first = signal;
      onStopping(signal);
      stop().then(resolve, reject);
    });
  });
  try {
    await ended;
  } finally {
    unlisten();
  }
  return first as StopSignal;
}
