/**
 * A worker process's side of the channel to the `tutti dev` that started it.
 */
import type { ParentMessage, WorkerMessage } from "./worker-pool.ts";

/** How a worker is asked to stop: when the parent has gone, nobody waits for it. */
export type StopHow = "finish" | "at-once";

export interface ParentLink {
  /** Tells the parent that this process works. */
  ready(): void;
  /** Calls `stop` when the parent asks for it or has gone. */
  onStop(stop: (how: StopHow) => void): void;
  /** Lets this process end. */
  close(): void;
}

/** The link of a process that was started with a channel; undefined for any other. */
export function parentLink(): ParentLink | undefined {
  if (process.send === undefined) return undefined;
  const send = process.send.bind(process);
  return {
    ready: () => void send({ tutti: "ready" } satisfies WorkerMessage),
    onStop(stop) {
      process.on("message", (message) => {
        if ((message as Partial<ParentMessage>).tutti === "stop") stop("finish");
      });
      process.once("disconnect", () => stop("at-once"));
      if (!process.connected) stop("at-once");
    },
    close: () => {
      if (process.connected) process.disconnect?.();
    },
  };
}
