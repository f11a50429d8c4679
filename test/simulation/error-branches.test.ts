/**
 * What an ended run still owes its error callbacks, however late, and what nobody may do once it is removed.
 */
import { expect, it } from "vitest";
import type { OutgoingMessage } from "../../lib/ports/queue.ts";
import { fails, onError, scenarioTasks, sum } from "./scenario-parts.ts";
import { createWorld } from "./world.ts";

const chord = (errorCallback: object) => ({ chord: { header: [fails], callback: sum, onError: errorCallback } });
const request = (workflow: object) => ({ tutti: 1, type: "submit", id: "run-1", requestId: "request-1", workflow });

it("an error callback that is due after the retention still runs, and the run is removed after it", async () => {
  const world = createWorld({
    tasks: scenarioTasks,
    sweeper: true,
    untilRemoved: true,
    settings: { retentionSeconds: 100 },
  });
  await world.submit(request(chord({ ...onError, delaySeconds: 2000 })));
  expect(await world.settle()).toBe("rest");
  expect(world.entries.map(({ taskId }) => taskId)).toEqual(["run-1/header[0]", "run-1/onError"]);
  expect(world.store.dump().map(({ key }) => key.sk)).toEqual(["head"]);
});

it("a copy of its message that comes after the removal runs nothing and writes nothing", async () => {
  const world = createWorld({
    tasks: scenarioTasks,
    sweeper: true,
    untilRemoved: true,
    settings: { retentionSeconds: 100 },
  });
  const { send } = world.queue;
  const copies: OutgoingMessage[] = [];
  world.queue.send = (to, messages, site) => {
    copies.push(...messages.filter(({ body }) => body.includes('"node":"onError"')));
    return send(to, messages, site);
  };
  await world.submit(request(chord(onError)));
  await world.settle();
  const [copy] = copies;
  const left = world.store.dump();
  await send("task:default", [copy as OutgoingMessage], "test");
  await world.settle();
  expect(world.entries.map(({ taskId }) => taskId)).toEqual(["run-1/header[0]", "run-1/onError"]);
  expect(world.store.dump()).toEqual(left);
});
