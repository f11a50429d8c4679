/**
 * docs/data-model.md against the code: its items against the key builders and what the driver writes, its access patterns
 * against the calls in the source, what they ask DynamoDB for, and what the driver touches.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { dynamoCalls } from "../../../lib/adapters/dynamodb/client.ts";
import {
  dueIndex,
  indexDefinitions,
  listIndex,
  partitionKey,
  sortKey,
  timeToLiveAttribute,
} from "../../../lib/adapters/dynamodb/keys.ts";
import { createDynamoStore } from "../../../lib/adapters/dynamodb/store.ts";
import { createSeededIds } from "../../../lib/adapters/memory/ids.ts";
import type { Image, Key, Store } from "../../../lib/ports/index.ts";
import * as budgets from "../../../lib/protocol/budget.ts";
import * as children from "../../../lib/protocol/child.ts";
import * as heads from "../../../lib/protocol/head.ts";
import * as keys from "../../../lib/protocol/keys.ts";
import * as reopen from "../../../lib/protocol/reopen.ts";
import { encodeSlot } from "../../../lib/protocol/slot.ts";
import * as tally from "../../../lib/protocol/tally.ts";
import * as writes from "../../../lib/protocol/writes.ts";
import { sites as driverSites } from "../../simulation/sites.ts";
import { allCalls, type Method, sourceFiles } from "./call-sites.ts";
import { large, type Sample, samples } from "./key-samples.ts";
import { type Observed, observeScenarios, type Touched } from "./observe.ts";
import { slots } from "./slot-samples.ts";
import { codeIn, listIn, type Row, read, sorted, tablesUnder, tableUnder } from "./tables.ts";

const page = read("docs/data-model.md");
const indexes = tableUnder(page.replace(/^## [\s\S]*/m, ""), "# Data model");
const items = tablesUnder(page, "## Items")[0] as Row[];
const patterns = tablesUnder(page, "## Access patterns")[0] as Row[];
const sends = tableUnder(page, "### Sends");
const transitions = tableUnder(page, "## Transitions");

const patternOf = (item: Row): Key => ({
  pk: codeIn(item["Partition key"])[0] as string,
  sk: codeIn(item["Sort key"])[0] as string,
});

const placeholder = /<(\w+)>/g;

/** A pattern with its placeholders filled in; one without a value stays as it is. */
function filled({ pk, sk }: Key, values: Sample["values"]): Key {
  const fill = (text: string) => text.replace(placeholder, (whole, name: string) => values[name] ?? whole);
  return { pk: fill(pk), sk: fill(sk) };
}

/** The item that a key belongs to: the first whose pattern it fits. User ids hold no `#`. */
function itemOf(key: Key, image: Image | undefined): string {
  const fits = (pattern: string, text: string) => {
    const parts = pattern.split(placeholder).map((part, at) => (at % 2 ? "[^#]+" : part.replace(/[#.]/g, "\\$&")));
    return new RegExp(`^${parts.join("")}$`).test(text);
  };
  const found = items.find((item) => fits(patternOf(item).pk, key.pk) && fits(patternOf(item).sk, key.sk))?.Item;
  if (found === "head" && image?.removedAt !== undefined) return "tombstone";
  return found ?? `no item of the page: ${key.pk} / ${key.sk}`;
}

/** Slots and marks by what they have in common. */
const attributesOf = (image: Image): string[] =>
  Object.keys(image).map((name) =>
    name
      .replace(/^m\d+$/, "m<i>")
      .replace(/^s\d+$/, "s<i>")
      .replace(/^k\d+$/, "k<i>"),
  );

/** Attributes that a row names, not its own limits. */
function attributesIn(item: Row): string[] {
  const plain = codeIn(item.Attributes).filter((code) => !code.startsWith('"'));
  return plain.map((name) => (name === "s0" ? "s<i>" : name));
}

/** Numbers of access patterns: `22`, `29–34`. */
function numbersIn(text = ""): number[] {
  return [...text.matchAll(/(\d+)(?:–(\d+))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
  );
}

let observed: Observed;
beforeAll(async () => {
  observed = await observeScenarios();
});

describe("items", () => {
  it.each(samples.map((sample) => [sample.builder, sample.item, sample] as const))(
    "has the key that %s makes: %s",
    (_, name, { key, values }) => {
      const item = items.find(({ Item }) => Item === name) as Row;
      expect(filled(patternOf(item), values)).toEqual(key);
      const { pk, sk } = patternOf(item);
      expect(sorted([...`${pk}${sk}`.matchAll(placeholder)].map(([, found]) => found))).toEqual(
        sorted(Object.keys(values)),
      );
    },
  );

  it("has each item once, and each has its builders", () => {
    expect(new Set(items.map(({ Item }) => Item)).size).toBe(items.length);
    const onPage = items.flatMap((item) => codeIn(item["Built by"]).map((builder) => `${item.Item}: ${builder}`));
    expect(sorted(onPage)).toEqual(sorted(samples.map(({ item, builder }) => `${item}: ${builder}`)));
  });

  it("has every builder of keys that is exported", () => {
    const builders = ["lib/protocol/keys.ts", "lib/protocol/tally.ts"].flatMap((file) =>
      [...read(file).matchAll(/^export function (\w+)\([^{]*?\): ([^{]+) \{$/gm)]
        .filter(([, , type]) => type === "Key" || type === "SlotPlace")
        .map(([, name]) => name),
    );
    expect(sorted(builders)).toEqual(sorted(samples.map(({ builder }) => builder)));
  });

  it("has the partitions of buckets", () => {
    const pattern = patternOf(items.find(({ Item }) => Item === "bucket leaf") as Row);
    const partitions = [0, 1, 2].map((bucket) => filled(pattern, { run: "run-1", join: ".", bucket: `${bucket}` }).pk);
    expect(tally.bucketsOf("run-1", large)).toEqual(partitions);
  });

  it("has no key that is built anywhere else", () => {
    // A message to a program elsewhere names the keys of stored arguments, as keys.ts builds them.
    const known = /^lib\/(?:protocol\/(?:keys|tally|parent-ref)|(?:model|coordinator)\/outside)\.ts$/;
    const others = sourceFiles().filter((file) => !known.test(file));
    const building = others.filter((file) => /\b[ps]k: (?!string)|\{ pk,/.test(read(file).replace(/^ \*.*$/gm, "")));
    expect(building).toEqual([]);
  });

  it("has the attributes that the driver writes, and no other", async () => {
    const found = new Map<string, Set<string>>();
    for (const { key, image } of observed.touched) {
      if (image === undefined) continue;
      const item = itemOf(key, image);
      found.set(item, new Set([...(found.get(item) ?? []), ...attributesOf(image)]));
    }
    const onPage = items
      .filter(({ Item }) => Item !== "tombstone")
      .map((item) => [item.Item, sorted(attributesIn(item))]);
    found.delete("tombstone");
    expect(Object.fromEntries([...found].map(([item, names]) => [item, sorted(names)]))).toEqual(
      Object.fromEntries(onPage),
    );
  });

  it("has what a tombstone adds to the head and takes from it", () => {
    const head = { runId: "run-1", generation: 1, status: "FAILED" } as heads.Head;
    const { set, remove = [] } = heads.tombstoneWrite(head, 1, 2);
    const added = set.map(({ path: [name] }) => name).filter((name) => name !== "due");
    expect(attributesIn(items.find(({ Item }) => Item === "tombstone") as Row).sort()).toEqual(
      [...added, ...remove].sort(),
    );
  });

  it("gives a TTL to the tombstone alone", () => {
    const expiring = items.filter(({ TTL }) => TTL !== "–");
    expect(expiring.map(({ Item, TTL }) => [Item, codeIn(TTL)[0]])).toEqual([["tombstone", timeToLiveAttribute]]);
  });

  it("says by which patterns each item is written", () => {
    const written = patterns.filter(({ Operation }) => Operation === "UpdateItem");
    for (const item of items) {
      const of = written.filter(({ Items }) => listIn(Items).includes(item.Item as string));
      expect(
        numbersIn(item["Written by"]).sort((a, b) => a - b),
        item.Item,
      ).toEqual(of.map((row) => Number(row["#"])));
    }
  });

  it("has the entries of a slot", () => {
    const entries = new Map<string, Set<string>>();
    for (const slot of slots)
      for (const entry of Object.keys(encodeSlot(slot) as object))
        entries.set(entry, (entries.get(entry) ?? new Set()).add(slot.state));
    const all = entries.get("s") as Set<string>;
    const onPage = tableUnder(page, "### Slots").map((row) => {
      const states = row["In states"] === "all" ? all : listIn(row["In states"]);
      return [codeIn(row.Entry)[0] as string, sorted(states)] as const;
    });
    expect(Object.fromEntries(onPage)).toEqual(
      Object.fromEntries([...entries].map(([entry, states]) => [entry, sorted(states)])),
    );
  });
});

describe("indexes", () => {
  it("are those of the table", () => {
    const onPage = indexes.map((row) => [
      codeIn(row.Index)[0],
      codeIn(row["Partition key"])[0],
      codeIn(row["Sort key"])[0],
      row.Projection,
    ]);
    expect(onPage).toEqual(
      indexDefinitions.map((index) => [index.name, index.partitionKey.name, index.sortKey.name, index.projection]),
    );
    expect(page).toContain(`Keys are \`${partitionKey.name}\` and \`${sortKey.name}\``);
  });

  it("have the shards that heads are spread over", () => {
    expect(indexes.map((row) => codeIn(row.Values)[0]?.replace("<shard>", "3"))).toEqual([
      keys.dueShard(3),
      keys.listShard(3),
    ]);
    expect(page).toContain(`There are ${keys.indexShards} shards of each`);
  });

  it("hold the items that have both of their attributes", async () => {
    for (const index of [dueIndex, listIndex]) {
      const inside = observed.touched.flatMap(({ key, image }) =>
        image?.[index.partitionKey.name] !== undefined && image[index.sortKey.name] !== undefined
          ? [itemOf(key, image)]
          : [],
      );
      const row = indexes.find(({ Index }) => codeIn(Index)[0] === index.name);
      expect(sorted(inside), index.name).toEqual(sorted(listIn(row?.["Items in it"])));
    }
  });
});

/** What a call of the port asks DynamoDB for, as the adapter sends it. */
async function asked(method: keyof Store): Promise<Readonly<Record<string, string>>> {
  const commands: { readonly constructor: { readonly name: string }; readonly input: Record<string, unknown> }[] = [];
  const client = {
    send: async (command: never) => {
      commands.push(command);
      return {};
    },
  };
  const store = createDynamoStore({
    calls: dynamoCalls(client as never),
    table: "table",
    clock: { now: () => 0 as never, after: () => () => {} },
    ids: createSeededIds(1),
  });
  const key = keys.headKey("run-1");
  const calls: Readonly<Record<keyof Store, () => Promise<unknown>>> = {
    get: () => store.get(key, "test"),
    getMany: () => store.getMany([key], "test"),
    query: () => store.query("run-1", "tally#", undefined, "test"),
    write: () => store.write({ key, set: [] }, "test"),
    remove: () => store.remove([key], "test"),
    due: () => store.due(keys.dueShard(0), 1, undefined, "test"),
    list: () => store.list(keys.listShard(0), undefined, "test"),
  };
  await calls[method]();
  const [command] = commands as [(typeof commands)[number]];
  const { input } = command;
  const operation = command.constructor.name.replace(/Command$/, "");
  const batch = (input.RequestItems as Record<string, { readonly ConsistentRead?: boolean }> | undefined)?.table;
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>;
  const condition = (input.KeyConditionExpression as string | undefined)
    ?.replace(/#\d+/g, (alias) => names[alias] as string)
    .replace(/:\d+/g, "…");
  const reads = /^(?:Get|BatchGet|Query)/.test(operation);
  const consistent = input.ConsistentRead === true || batch?.ConsistentRead === true;
  return {
    Operation: operation,
    "Key condition": condition ?? (operation.startsWith("Batch") ? "keys" : "one key"),
    Index: (input.IndexName as string | undefined) ?? "–",
    Consistent: reads ? (consistent ? "yes" : "no") : "–",
  };
}

const methods = ["get", "getMany", "query", "write", "remove", "due", "list"] as const satisfies (keyof Store)[];
const calls = allCalls();
const stored = calls.filter(({ method }) => method !== "send");

describe("access patterns", () => {
  it("are numbered, and each says everything", () => {
    expect(patterns.map((row) => row["#"])).toEqual(patterns.map((_, at) => `${at + 1}`));
    for (const row of [...patterns, ...sends, ...items, ...transitions]) expect(Object.values(row)).not.toContain("");
  });

  it("are the calls of the store in the source: site, operation, key condition, index, consistency and callers", async () => {
    const shapes = new Map<Method, Readonly<Record<string, string>>>();
    for (const method of methods) shapes.set(method, await asked(method));
    const files = new Map<string, Set<string>>();
    for (const { method, site, file } of stored) {
      const shape = shapes.get(method) as Readonly<Record<string, string>>;
      const line = [site, shape.Operation, shape["Key condition"], shape.Index, shape.Consistent].join(" | ");
      files.set(line, (files.get(line) ?? new Set()).add(file));
    }
    const onPage = patterns.map((row) => {
      const condition = codeIn(row["Key condition"])[0] ?? row["Key condition"];
      const line = [codeIn(row.Site)[0], row.Operation, condition, row.Index, row.Consistent].join(" | ");
      return [line, sorted(listIn(row["Called by"]))] as const;
    });
    expect(sorted(onPage.map(([line]) => line))).toHaveLength(patterns.length);
    expect(Object.fromEntries(onPage)).toEqual(
      Object.fromEntries([...files].map(([line, callers]) => [line, sorted(callers)])),
    );
  });

  it("name the items that the driver touches by them, in every scenario of the crash lane", async () => {
    const { touched } = observed;
    const operations = new Map<string, string>();
    for (const method of methods) operations.set(method, (await asked(method)).Operation as string);
    const line = ({ site, method, key, image }: Touched) => `${site} ${operations.get(method)}: ${itemOf(key, image)}`;
    const onPage = new Set(
      patterns.flatMap((row) => listIn(row.Items).map((item) => `${codeIn(row.Site)[0]} ${row.Operation}: ${item}`)),
    );
    const missing = sorted(touched.map(line)).filter((one) => !onPage.has(one));
    expect(missing).toEqual([]);
    const unknown = patterns
      .flatMap(({ Items }) => listIn(Items))
      .filter((item) => !items.some(({ Item }) => Item === item));
    expect(unknown).toEqual([]);
  });

  it("name what the sort keys of queries begin with", async () => {
    const query = patterns.find((row) => codeIn(row.Site)[0] === "run.read") as Row;
    expect(sorted(codeIn(query["Key condition"]).slice(1))).toEqual(sorted(observed.prefixes));
  });

  it("have the sends of the source beside them", () => {
    const files = new Map<string, Set<string>>();
    for (const { method, site, file } of calls)
      if (method === "send") files.set(site, (files.get(site) ?? new Set()).add(file));
    const onPage = sends.map((row) => [codeIn(row.Site)[0], sorted(listIn(row["Called by"]))]);
    expect(Object.fromEntries(onPage)).toEqual(
      Object.fromEntries([...files].map(([site, callers]) => [site, sorted(callers)])),
    );
    expect(sends).toHaveLength(files.size);
  });

  it("include every call site that the crash lane knows", () => {
    const onPage = new Set([...patterns, ...sends].map((row) => codeIn(row.Site)[0]));
    expect(driverSites.filter((site) => !onPage.has(site))).toEqual([]);
  });
});

describe("transitions", () => {
  const builders = (file: string) =>
    [...read(file).matchAll(/^export function (\w+Writes?)\(/gm)].map(([, name]) => name as string);

  it("are built by the functions that build writes, and all of these", () => {
    const onPage = transitions.flatMap((row) => codeIn(row["Built by"]));
    expect(sorted(onPage)).toEqual(
      sorted(["writes", "head", "child", "reopen", "budget"].flatMap((name) => builders(`lib/protocol/${name}.ts`))),
    );
    for (const name of onPage) expect({ ...writes, ...heads, ...children, ...reopen, ...budgets }).toHaveProperty(name);
  });

  it("have every call site that writes, but those without condition", () => {
    const [, unconditional = ""] = /^What is named by its content([\s\S]*?)\n\n/m.exec(page) ?? [];
    const onPage = [...transitions.flatMap(({ Sites }) => codeIn(Sites)), ...codeIn(unconditional)];
    const written = stored.filter(({ method }) => method === "write").map(({ site }) => site);
    expect(sorted(onPage)).toEqual(sorted(written));
  });

  it("uphold invariants, each with its place in protocol.md", () => {
    for (const { Upholds = "" } of transitions) {
      const links = [...Upholds.matchAll(/\[([SL]\d+)\]\(protocol\.md#(\w+)\)/g)];
      expect(links.length).toBe(listIn(Upholds).length);
      for (const [, name = "", anchor] of links) {
        expect(anchor).toBe(name.toLowerCase());
        expect(Number(name.slice(1))).toBeLessThanOrEqual(name.startsWith("S") ? 23 : 11);
      }
    }
  });
});
