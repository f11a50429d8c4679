import { createMemoryQueue } from "../../lib/adapters/memory/queue.ts";
import { wallClock } from "../../lib/adapters/system/clock.ts";
import { queueContract } from "./queue.contract.ts";

queueContract("memory", async ({ visibilitySeconds, maxReceiveCount }) => ({
  queue: createMemoryQueue({ clock: wallClock, visibilitySeconds, maxReceiveCount }),
  close: async () => {},
}));
