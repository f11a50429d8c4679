/**
 * What is stored of runs of the simulation when they have come to rest, and ways to break it.
 */
import type { Image, Item, Value } from "../../../lib/ports/index.ts";
import { auditItems } from "../../../lib/records/audit.ts";
import { runId, runScenario } from "../../simulation/run-scenario.ts";
import { scenarios } from "../../simulation/scenarios.ts";

export interface Dump {
  readonly items: readonly Item[];
  readonly nowMs: number;
}

/** What a scenario leaves, or has after so many changes of the table. */
export async function dumpOf(name: string, after = Number.POSITIVE_INFINITY): Promise<Dump> {
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`no scenario ${name}`);
  let dump: Dump | undefined;
  let changes = 0;
  await runScenario({
    scenario,
    afterWrite({ store, clock }) {
      if (changes++ < after) dump = { items: store.dump(), nowMs: clock.now() };
    },
  });
  if (!dump) throw new Error(`${name} stores nothing`);
  return dump;
}

/** What an audit says of a dump, in short: invariant, and task, join or sort key. */
export function audited({ items, nowMs }: Dump): string[] {
  return auditItems(items, nowMs).violations.map(
    ({ invariant, node, join, key }) => `${invariant} ${node ?? join ?? key.sk}`,
  );
}

type Change = (image: Image) => Record<string, Value | undefined>;

/** The dump with some attributes of an item changed; undefined takes one away. */
export function broken(dump: Dump, sk: string, change: Change | Record<string, Value | undefined>): Dump {
  let found = false;
  const items = dump.items.map((item) => {
    if (item.key.sk !== sk || !item.key.pk.startsWith(runId)) return item;
    found = true;
    const changes = typeof change === "function" ? change(item.image) : change;
    return { ...item, image: merged(item.image, changes) };
  });
  if (!found) throw new Error(`no item ${sk} among ${dump.items.map(({ key }) => key.sk).join(", ")}`);
  return { ...dump, items };
}

export function merged(image: Image, changes: Record<string, Value | undefined>): Image {
  const all = { ...image, ...changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Image;
}

/** The dump without an item. */
export function without(dump: Dump, sk: string): Dump {
  return { ...dump, items: dump.items.filter(({ key }) => key.sk !== sk) };
}

/** Changes some entries of a slot. */
export function slot(name: string, changes: Record<string, Value | undefined>): Change {
  return (image) => ({ [name]: merged(image[name] as Image, changes) });
}
