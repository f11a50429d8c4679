/**
 * What is stored of requests that have no run: rejected ones, and parts of stored workflows (S1, S17, S18).
 */
import { itemBytes } from "../../model/item-size.ts";
import type { Item } from "../../ports/store.ts";
import { dueShard, listShard, shardOf } from "../keys.ts";
import { maxItemBytes } from "./item-faults.ts";
import { isMap, oneOf, only, shapeFaults, text, time } from "./shape.ts";
import type { AuditedInvariant, Violation } from "./violation.ts";

/** What is wrong with the item of a request; undefined when it is none. */
export function requestViolations(item: Item): Violation[] | undefined {
  const { key, image } = item;
  const [, kind = "", requestId = ""] = /^(rejected|document)#(.+)$/.exec(key.pk) ?? [];
  const isRejected = kind === "rejected" && key.sk === "rejected";
  const isPart = kind === "document" && key.sk.startsWith("document#");
  if (!isRejected && !isPart) return undefined;
  const violation = (invariant: AuditedInvariant, explanation: string) => ({
    invariant,
    run: requestId,
    explanation,
    key,
  });
  const shard = shardOf(requestId);
  const removal = shapeFaults("the item", image, { required: { due: time, dueShard: only(dueShard(shard)) } });
  const content = isRejected
    ? shapeFaults("the rejected request", image, {
        required: {
          kind: oneOf(["request", "message", "dead-letter"]),
          requestId: only(requestId),
          error: { must: "be a map", holds: isMap },
          listShard: only(listShard(shard)),
          listAt: time,
        },
        optional: { runId: text },
      })
    : shapeFaults("the part of the workflow", image, {
        required: { data: { must: "be bytes", holds: (value) => value instanceof Uint8Array } },
      });
  return [
    ...removal.map((fault) => violation("S18", `${fault}: nobody would ever remove it`)),
    ...content.map((fault) => violation("S1", fault)),
    ...(image.ttl === undefined
      ? []
      : [violation("S18", "DynamoDB will delete the item, and only a tombstone expires")]),
    ...(itemBytes(item) > maxItemBytes ? [violation("S17", `the item has ${itemBytes(item)} bytes`)] : []),
  ];
}
