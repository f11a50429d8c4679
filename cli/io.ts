/**
 * What a command knows of the outside. `cli/main.ts` makes the real one from `process`; tests make their own.
 *
 * stdout carries data only. Notes, progress and errors go to stderr. Commands never call `process.exit`: they set a code
 * and return, or throw.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import type { ConnectOptions } from "../lib/connect.ts";

/** Exit codes of every command. */
export const exitCodes = {
  /** Fine, nothing found. */
  fine: 0,
  /** Issues found, run failed, or an error. */
  issue: 1,
  /** Wrong usage. */
  usage: 2,
  /** `wait` ran out of time. */
  timedOut: 124,
  /** Interrupted or declined by the user. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One of the two output streams. */
export interface TextOutput {
  /** Writes as it is: the caller ends its lines. */
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal in columns; undefined in a pipe. */
  readonly columns: number | undefined;
  /** Height of the terminal in lines; undefined in a pipe. */
  readonly rows?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export type InterruptSignal = "SIGINT" | "SIGTERM";

/** Makes the client of the deployment that flags, environment or a running `tutti dev` name. */
export type OpenClient = (flags: ConnectOptions) => Promise<TuttiClient>;

/** The outside, as a command sees it. */
export interface CliIo {
  readonly out: TextOutput;
  readonly err: TextOutput;
  /** All of standard input, as text. */
  readStdin(): Promise<string>;
  readonly env: Environment;
  /** Where relative paths start. */
  readonly cwd: string;
  /** Code to end with when the command returns; the last call counts. Without a call it is 0. */
  exitWith(code: ExitCode): void;
  /** Calls `run` at every SIGINT and SIGTERM until the returned function is called. While nobody listens, a signal ends the process. */
  onInterrupt(run: (signal: InterruptSignal) => void): () => void;
  /** Asks a question on the terminal, and resolves to whether the user agreed. Absent where there is nobody to ask. */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Stands in for the deployment, in tests. @default what cli/connection.ts finds */
  readonly openClient?: OpenClient;
}

/** Writes one line to stderr: what is not data. */
export function note(io: CliIo, text: string): void {
  io.err.write(`${text}\n`);
}
