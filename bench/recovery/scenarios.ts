/**
 * What is lost, and the moment from which its recovery is counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Workflow } from "../../lib/model/workflow.ts";
import { type Deployment, until } from "./deployment.ts";

export interface Scenario {
  readonly name: string;
  /** Where the times start. */
  readonly from: string;
  /** Makes the loss; resolves to when it was. The run is `run`. */
  lose(deployment: Deployment): Promise<number>;
}

const id = "run";
const groupSize = 20;

const task = ({ startsFile }: Deployment, seconds: number): Workflow => ({ task: "work", args: [startsFile, seconds] });
const group = (deployment: Deployment, seconds: number): Workflow => ({
  group: Array.from({ length: groupSize }, () => task(deployment, seconds)),
});

async function submit(deployment: Deployment, workflow: Workflow): Promise<void> {
  await (await deployment.client()).submit(workflow, { id, wait: false });
}

export const scenarios: readonly Scenario[] = [
  {
    name: "a worker is killed in the middle of a task; another one is there",
    from: "the kill",
    async lose(deployment) {
      deployment.startWorker("control,sweep,dead-letter");
      deployment.startWorker("tasks");
      deployment.startWorker("tasks");
      await submit(deployment, task(deployment, 600));
      const { pid } = await until("a start", async () => deployment.starts()[0]);
      // It has extended its lease by then, as a task that has run for a while.
      await sleep(1000);
      process.kill(pid, "SIGKILL");
      return Date.now();
    },
  },
  {
    name: `a queue is purged that holds the messages of ${groupSize} tasks`,
    from: "the purge",
    async lose(deployment) {
      deployment.startWorker("control,sweep,dead-letter");
      await submit(deployment, group(deployment, 0));
      const client = await deployment.client();
      await until("the messages", async () => {
        const { queues } = await client.status();
        // Some tasks travel in one message.
        return queues?.some(({ queue, visible }) => queue === "default" && visible > 0);
      });
      await sleep(1000);
      await client.purgeQueues();
      const atMs = Date.now();
      deployment.startWorker("tasks");
      return atMs;
    },
  },
  {
    name: `the engine is killed, and its queues with it, while ${groupSize} tasks run; the table is on disk`,
    from: "the engine takes requests again",
    async lose(deployment) {
      deployment.startWorker("control,sweep,dead-letter");
      deployment.startWorker("tasks");
      await submit(deployment, group(deployment, 3));
      await until("a start", async () => deployment.starts().length > 0);
      await deployment.killEngine();
      await sleep(5000);
      await deployment.startEngine();
      return Date.now();
    },
  },
];

/** When the run's work went on after a moment, and when it ended. */
export async function recovery(
  deployment: Deployment,
  lostMs: number,
): Promise<{ readonly nextStartMs: number | undefined; readonly endMs: number }> {
  const client = await deployment.client();
  const endMs = await until("the end of the run", async () => {
    const { run } = await client.inspect(id).catch(() => ({ run: undefined }));
    if (run === undefined || run.finishedAt === null) return undefined;
    if (run.status !== "SUCCEEDED") throw new Error(`the run ended ${run.status}`);
    return Date.parse(run.finishedAt);
  });
  const next = deployment.starts().find(({ atMs }) => atMs > lostMs);
  return { nextStartMs: next && next.atMs - lostMs, endMs: endMs - lostMs };
}
