/**
 * The outside of a command, in memory: what it writes is kept, what it reads is given.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CliIo, type Environment, exitCodes, type InterruptSignal, type TextOutput } from "../../cli/io.ts";
import { createProgram, main } from "../../cli/program.ts";
import type { RunHandle, TuttiClient } from "../../lib/client/client.ts";
import type { Deployment } from "../unit/client/deployment.ts";

export interface FakeIoOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly stdin?: string;
  /** The deployment that every flag names. @default what the command finds by itself: nothing */
  readonly deployment?: Deployment;
  /** What the user answers to every question. @default there is nobody to ask */
  readonly answer?: boolean;
  /** Set for a terminal of that width; both streams. */
  readonly columns?: number;
}

export interface FakeIo extends CliIo {
  /** What the user was asked. */
  readonly asked: string[];
  stdout(): string;
  stderr(): string;
  /** Ctrl-C. */
  interrupt(signal?: InterruptSignal): void;
}

/** An empty folder. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), "tutti-cli-"));
}

export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const out = captured(options.columns);
  const err = captured(options.columns);
  const listeners = new Set<(signal: InterruptSignal) => void>();
  const { deployment, answer } = options;
  const asked: string[] = [];
  return {
    out,
    err,
    stdout: out.text,
    stderr: err.text,
    readStdin: async () => options.stdin ?? "",
    env: options.env ?? {},
    cwd: options.cwd ?? emptyFolder(),
    exitWith: () => undefined,
    asked,
    onInterrupt(run) {
      listeners.add(run);
      return () => listeners.delete(run);
    },
    interrupt: (signal = "SIGINT") => {
      for (const run of [...listeners]) run(signal);
    },
    ...(answer === undefined
      ? {}
      : {
          confirm: async (question: string) => {
            asked.push(question);
            return answer;
          },
        }),
    ...(deployment === undefined ? {} : { openClient: async () => moving(deployment) }),
  };
}

function captured(columns: number | undefined): TextOutput & { text(): string } {
  let text = "";
  return {
    write(chunk) {
      text += chunk;
    },
    isTTY: columns !== undefined,
    columns,
    text: () => text,
  };
}

/** A client whose every call lets the deployment work until it is answered. */
function moving({ client, until }: Deployment): TuttiClient {
  const handle = (run: RunHandle): RunHandle => ({
    ...run,
    wait: (options) => until(run.wait(options)),
    result: (options) => until(run.result(options)),
  });
  return {
    submit: async (document, options) => handle(await until(client.submit(document, options))),
    inspect: (id, options) => until(client.inspect(id, options)),
    report: (target, report, options) => until(client.report(target, report, options)),
    status: () => until(client.status()),
    result: (id) => until(client.result(id)),
    wait: (id, options) => until(client.wait(id, options)),
    revoke: (id, options) => until(client.revoke(id, options)),
    audit: (id) => until(client.audit(id)),
    auditAll: (options) => until(client.auditAll(options)),
    cost: (id, options) => until(client.cost(id, options)),
    previewRevoke: (id, options) => until(client.previewRevoke(id, options)),
    pause: (id) => until(client.pause(id)),
    resume: (id) => until(client.resume(id)),
    remove: (id, options) => until(client.remove(id, options)),
    retry: (id, options) => until(client.retry(id, options)),
    previewRetry: (id, options) => until(client.previewRetry(id, options)),
    failures: (options) => until(client.failures(options)),
    list: (options) => until(client.list(options)),
    checkStuck: (options) => until(client.checkStuck(options)),
    getActiveJoins: () => until(client.getActiveJoins()),
    health: (options) => until(client.health(options)),
    monitor: (options) => until(client.monitor(options)),
    purgeQueues: () => until(client.purgeQueues()),
    sweep: () => until(client.sweep()),
    previewSweep: () => until(client.previewSweep()),
    deadLetters: (options) => until(client.deadLetters(options)),
    showLetter: (id) => until(client.showLetter(id)),
    dropLetter: (id, options) => until(client.dropLetter(id, options)),
    redrive: (queue, options) => until(client.redrive(queue, options)),
    repair: (id, options) => until(client.repair(id, options)),
    graph: (id, options) => until(client.graph(id, options)),
    watch: (options) => until(client.watch(options)),
    events: (id, options) => until(client.events(id, options)),
  };
}

/** What became of a command line. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line to its end. */
export async function tutti(argv: readonly string[], options: FakeIoOptions = {}): Promise<Outcome> {
  const io = fakeIo(options);
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

/** The one JSON document of a text. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into it
export function json(text: string): any {
  return JSON.parse(text);
}

export { exitCodes };

// A command is loaded when it is asked for, and virtual time does not wait for files: all of them are there already.
await createProgram(fakeIo());
