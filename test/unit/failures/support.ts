/**
 * A deployment whose task messages the test hands over itself: in any order, any number of times, side by side.
 */

import type { Disposition } from "../../../lib/coordinator/index.ts";
import type { Workflow } from "../../../lib/model/workflow.ts";
import type { HeldMessage } from "../../../lib/ports/queue.ts";
import { createDeployment, type Deployment, type DeploymentOptions } from "../client/deployment.ts";

export { engineOf, startMs, startsOf, task } from "../requirements/support.ts";

export interface ByHand extends Deployment {
  submit(workflow: Workflow | { toJSON(): Workflow }, id?: string): Promise<void>;
  /** The messages that now lie in the task queues, which no longer hold them. */
  take(): Promise<HeldMessage[]>;
  /** Hands over one message, as often as one likes. */
  deliver(message: HeldMessage): Promise<Disposition>;
  /** Hands over what lies in the task queues, until nothing is left. */
  finish(): Promise<void>;
  /** Every item of the table, as one text. */
  table(): string;
}

export function byHand(tasks: Readonly<Record<string, unknown>>, options: DeploymentOptions = {}): ByHand {
  const deployment = createDeployment({ tasks, workers: false, ...options });
  const { client, queue, coordinator, clock, store, until } = deployment;
  const take = async (): Promise<HeldMessage[]> => {
    const taken: HeldMessage[] = [];
    for (const name of queue.queues()) {
      if (!name.startsWith("task:")) continue;
      for (let held = await queue.receive(name, 10); held.length > 0; held = await queue.receive(name, 10)) {
        taken.push(...held);
        for (const { receipt } of held) await queue.remove(receipt);
      }
    }
    return taken;
  };
  const deliver = async (message: HeldMessage): Promise<Disposition> => {
    const batch = {
      messages: [message],
      queue: message.queue.slice("task:".length),
      deadlineAtMs: clock.now() + 870_000,
    };
    const [disposition] = await coordinator.work(batch);
    return disposition as Disposition;
  };
  return {
    ...deployment,
    take,
    deliver,
    async submit(workflow, id = "r") {
      await until(client.submit(workflow, { id }));
    },
    async finish() {
      for (let messages = await take(); messages.length > 0; messages = await take())
        for (const message of messages) await deliver(message);
    },
    table: () => JSON.stringify(store.dump()),
  };
}

/** Counters of the tallies in the table, each with the slots of its item that are settled. */
export function counters({ store }: Deployment): { readonly remaining: number; readonly settled: number }[] {
  return store
    .dump()
    .filter(({ key, image }) => key.sk.startsWith("tally#") && typeof image.remaining === "number")
    .map(({ image }) => {
      const slots = Object.entries(image).filter(([name]) => /^s\d+$/.test(name));
      const settled = slots.filter(([, slot]) => /^[A-Z]{2,}/.test(String((slot as { s?: unknown }).s))).length;
      return { remaining: image.remaining as number, settled };
    });
}

/** A seeded order. */
export function shuffled<T>(list: readonly T[], seed: number): T[] {
  const order = [...list];
  let state = seed * 2_654_435_761 + 1;
  for (let i = order.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
