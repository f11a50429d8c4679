/**
 * Skipped by choice: conditions over stored results, and what made a join of a dag skipped.
 *
 * A condition reads outcomes that no longer change, so whoever looks at it comes to the same.
 */
import { cutTo } from "../model/cut.ts";
import { taskIdOf } from "../model/ids.ts";
import { canonicalJson, type Json } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { Skip } from "../model/outcome.ts";
import type { Condition, PlanJoin } from "../plan/types.ts";
import { skipIn } from "../protocol/slot.ts";
import { itemsAt, leafKey, slotsOf } from "../protocol/tally.ts";
import { partAt, resolve, type ValueReader } from "./inputs.ts";

/** The first condition that does not hold, as a reason to skip; undefined when all do. A part that is not there is no value. */
export async function unmetCondition(reader: ValueReader, conditions: readonly Condition[]): Promise<Skip | undefined> {
  for (const { name, of, path, equals } of conditions) {
    const value = await resolve(reader, of);
    const part = path === undefined ? value : partAt(value, path);
    if (part !== undefined && canonicalJson(part) === canonicalJson(equals)) continue;
    return skipBecause(`condition not met: ${conditionText({ name, path, equals })}`);
  }
  return undefined;
}

function conditionText({ name, path, equals }: { name: string; path: string | undefined; equals: Json }): string {
  const at = path === undefined ? name : `${name}${path.startsWith("[") ? "" : "."}${path}`;
  return `${at} is not ${JSON.stringify(equals)}`;
}

/** A skip with a reason of a size that is stored. */
export function skipBecause(reason: string | undefined): Skip {
  return reason === undefined ? {} : { reason: cutTo(reason, limits.reasonLength) };
}

/** The first member of a full join that was skipped by choice. */
export async function firstSkip(reader: ValueReader, join: PlanJoin): Promise<Skip> {
  const sources = (await reader.run.plan.whole()).members[join.id] ?? [];
  const keys = Array.from({ length: itemsAt(join, 0) }, (_, leaf) => leafKey(reader.run.id, join, leaf));
  const images = await reader.deps.store.getMany(keys, "join.read");
  const members = images.flatMap((image, leaf) => slotsOf(join, leaf, image));
  const first = members.find(({ slot }) => skipIn(slot) !== undefined);
  const source = sources[first?.index ?? -1];
  const own = taskIdOf(reader.run.id, source?.kind === "node" ? source.node : join.id);
  return { taskId: own, ...(first && skipIn(first.slot)) };
}
