/**
 * What the driver does to the table in all scenarios of the crash lane, without faults: one record for each item of a call.
 */
import type { Image, Key, Store } from "../../../lib/ports/index.ts";
import { runScenario } from "../../simulation/run-scenario.ts";
import { scenarios } from "../../simulation/scenarios.ts";

export interface Touched {
  readonly method: keyof Store;
  readonly site: string;
  readonly key: Key;
  /** The item as the call returned it. */
  readonly image?: Image;
}

export interface Observed {
  readonly touched: readonly Touched[];
  /** What the sort keys of queries begin with. */
  readonly prefixes: ReadonlySet<string>;
}

export async function observeScenarios(): Promise<Observed> {
  const touched: Touched[] = [];
  const prefixes = new Set<string>();
  const variant = { store: (store: Store) => watched(store, (one) => touched.push(one), prefixes) };
  for (const scenario of scenarios) {
    // A name of the request is an attribute of the head.
    const named = { ...scenario, request: { name: "a name", ...scenario.request } };
    const { faults } = await runScenario({ scenario: named, variant });
    if (faults.length > 0) throw new Error(`${scenario.name}: ${faults.join("; ")}`);
  }
  return { touched, prefixes };
}

function watched(store: Store, note: (one: Touched) => void, prefixes: Set<string>): Store {
  const noted = (method: keyof Store, site: string) => (key: Key, image?: Image) =>
    note({ method, site, key, ...(image === undefined ? {} : { image }) });
  return {
    ...store,
    async get(key, site) {
      const image = await store.get(key, site);
      noted("get", site)(key, image);
      return image;
    },
    async getMany(keys, site) {
      const images = await store.getMany(keys, site);
      for (const [at, key] of keys.entries()) noted("getMany", site)(key, images[at]);
      return images;
    },
    async query(pk, prefix, cursor, site) {
      prefixes.add(prefix);
      const page = await store.query(pk, prefix, cursor, site);
      for (const { key, image } of page.items) noted("query", site)(key, image);
      return page;
    },
    async write(write, site) {
      const result = await store.write(write, site);
      noted("write", site)(write.key, result.image);
      return result;
    },
    async remove(keys, site) {
      for (const key of keys) noted("remove", site)(key);
      return store.remove(keys, site);
    },
    async due(shard, before, cursor, site) {
      const page = await store.due(shard, before, cursor, site);
      // An index of keys alone: what the memory store returns beside them is not there on DynamoDB.
      for (const { key } of page.items) noted("due", site)(key);
      return page;
    },
  };
}
