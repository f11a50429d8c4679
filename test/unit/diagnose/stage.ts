/**
 * A deployment in which things go wrong on purpose, and a shell that types what `check` prints.
 */
import { z } from "zod";
import type { CheckReport, Issue } from "../../../lib/model/operating-reports.ts";
import type { ConsumedQueue } from "../../../lib/ports/queue.ts";
import { declareTask, defineTask } from "../../../lib/tasks/define-task.ts";
import { tutti } from "../../cli/fake-io.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "../client/deployment.ts";

const anything = z.array(z.any());

export interface Stage {
  readonly deployment: Deployment;
  /** The code as it should be. */
  readonly tasks: Readonly<Record<string, unknown>>;
  /** Kills the process of the deployment at its next call of that site, before it has an effect. */
  killAt(site: string): void;
  /** The same at the call after so many. */
  killAfter(calls: number): void;
  /** Calls of the deployment to the table so far. */
  calls(): number;
  /** Takes every message of a queue away. */
  lose(queue: ConsumedQueue): Promise<number>;
  /** Delivers every message of a queue until it is given up. */
  giveUp(queue: ConsumedQueue): Promise<void>;
  /** Lets time pass with a sweeper that looks every minute. */
  pass(seconds: number): Promise<void>;
  check(options?: { readonly id?: string; readonly maxRuntimeHours?: number }): Promise<CheckReport>;
  /** Types a command that `check` has printed. */
  type(command: string): Promise<void>;
  /** Sends a workflow, and lets what can happen in that time happen. */
  begin(workflow: unknown, options?: { readonly seconds?: number; readonly [name: string]: unknown }): Promise<void>;
}

export const run = "r";

export function createStage(options: Omit<DeploymentOptions, "tasks" | "onCall"> = {}): Stage {
  let deadly: string | undefined;
  let left = Number.POSITIVE_INFINITY;
  let calls = 0;
  const tasks = {
    one: defineTask({ name: "one", args: anything }, async (_, value) => value ?? null),
    other: defineTask({ name: "other", args: anything, queue: "other" }, async (_, value) => value ?? null),
    collect: defineTask({ name: "collect", args: anything }, async (_, values) => values),
    collectElsewhere: defineTask(
      { name: "collectElsewhere", args: anything, queue: "callbacks" },
      async (_, values) => values,
    ),
    upTo: defineTask({ name: "upTo", args: anything }, async (_, count) =>
      Array.from({ length: count }, (_one, i) => i),
    ),
    nap: defineTask({ name: "nap", args: anything, timeoutSeconds: 36_000 }, async (_, seconds) => {
      await deployment.sleep(seconds);
      return seconds;
    }),
    failing: defineTask(
      { name: "failing", args: anything, retry: { maxAttempts: 5, backoffSeconds: 86_400, maxBackoffSeconds: 86_400 } },
      async () => {
        throw new Error("no such customer");
      },
    ),
    brokenOnce: defineTask({ name: "brokenOnce", args: anything, retry: { maxAttempts: 1 } }, async (ctx) => {
      if (ctx.generation === 1) throw new Error("broken in generation 1");
      return ctx.generation;
    }),
    large: defineTask({ name: "large", args: anything, retry: { maxAttempts: 1 } }, async () =>
      "x".repeat(101 * 2 ** 20),
    ),
    approve: declareTask({ name: "approve", args: anything, queue: "people", timeoutSeconds: 10 * 86_400 }),
  };
  const deployment = createDeployment({
    ...options,
    tasks,
    onCall(site) {
      calls++;
      if (site !== deadly && left-- > 0) return;
      deadly = undefined;
      left = Number.POSITIVE_INFINITY;
      deployment.kill();
      throw new Error(`killed at ${site}`);
    },
  });
  const { client, queue, switches } = deployment;
  switches.letters = true;

  const take = async (name: ConsumedQueue, each: (receipt: string) => Promise<void>): Promise<number> => {
    let count = 0;
    for (let held = await queue.receive(name, 10); held.length > 0; held = await queue.receive(name, 10)) {
      for (const { receipt } of held) await each(receipt);
      count += held.length;
    }
    return count;
  };

  const stage: Stage = {
    deployment,
    tasks,
    killAt(site) {
      deadly = site;
    },
    killAfter(after) {
      left = after;
    },
    calls: () => calls,
    lose: (name) => take(name, (receipt) => queue.remove(receipt)),
    async giveUp(name) {
      await take(name, (receipt) => queue.changeVisibility(receipt, 0));
    },
    async pass(seconds) {
      for (let left = seconds; left > 0; left -= 60) {
        await deployment.advance(Math.min(left, 60));
        await deployment.sweep();
      }
    },
    async check(asked = {}) {
      // Nobody else moves meanwhile.
      const { control, workers, letters } = switches;
      Object.assign(switches, { control: false, workers: false, letters: false });
      const report = await deployment.until(client.checkStuck(asked));
      Object.assign(switches, { control, workers, letters });
      return report;
    },
    async type(command) {
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
      const [program, name = "", ...rest] = words;
      if (program === "npx") switches.missing.clear();
      else if (name === "worker") start(rest);
      else {
        const { exitCode, stderr } = await tutti([name, ...rest], { deployment, answer: true });
        if (exitCode > 1) throw new Error(`${command} ended with ${exitCode}: ${stderr}`);
      }
    },
    async begin(workflow, { seconds = 0, ...around } = {}) {
      await client.submit(workflow as never, { id: run, wait: false, ...around });
      await deployment.advance(seconds);
    },
  };

  /** What somebody does who starts a worker with the code as it should be. */
  function start(words: readonly string[]): void {
    const role = words[words.indexOf("--only") + 1];
    if (role === "control") switches.control = true;
    if (role === "dead-letter") switches.letters = true;
    if (role === "sweep") void deployment.sweep();
    if (role !== "tasks") return;
    switches.workers = true;
    switches.unread.clear();
    deployment.redeploy(tasks);
  }
  return stage;
}

/** The issue of that kind. */
export function issueOf({ issues }: CheckReport, kind: Issue["kind"]): Issue {
  const found = issues.find((issue) => issue.kind === kind);
  if (found === undefined) throw new Error(`no issue ${kind}, but ${JSON.stringify(issues, null, 1)}`);
  return found;
}
