/**
 * What was asked of AWS, added up by call site and by kind of item or message.
 *
 * Holds numbers alone. What a call costs is worked out where it is seen: metered-store.ts, metered-queue.ts.
 */
import type { Key } from "../../lib/ports/index.ts";
import { type ItemKind, itemKind, type MessageKind } from "./kinds.ts";

/** Whose call it was, and on what. */
export interface Place {
  /** As the driver names it; for the receiving side, which has no sites, `event source`. */
  readonly site: string;
  readonly operation: string;
  readonly kind: ItemKind | MessageKind;
}

/** What is added up. */
export interface Amounts {
  /** Requests over the network. */
  readonly calls: number;
  /** Conditional writes whose condition did not hold; they are among the calls and billed like the others. */
  readonly refused: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Requests as SQS bills them: one for each started 64 KB. */
  readonly requests: number;
  readonly messages: number;
  /** Of items written or read, and of messages. */
  readonly bytes: number;
}

export interface Line extends Place, Amounts {}

/** How often something was written. */
export interface Writes {
  readonly name: string;
  readonly writes: number;
}

export interface MeterReport {
  /** By operation, site and kind, in order of first appearance. */
  readonly lines: readonly Line[];
  readonly totals: Amounts;
  /** The item of each kind that was written most, refused writes included. */
  readonly busiest: Readonly<Partial<Record<ItemKind, Writes>>>;
  readonly busiestPartition: Writes | undefined;
  /** Items that were written. */
  readonly items: number;
}

export interface Meter {
  count(place: Place, amounts: Partial<Amounts>): void;
  /** One write of that item, whatever came of it. */
  countWriteOf(key: Key): void;
  report(): MeterReport;
}

type Sums = { -readonly [name in keyof Amounts]: number };

const nothing: Amounts = {
  calls: 0,
  refused: 0,
  writeUnits: 0,
  readUnits: 0,
  requests: 0,
  messages: 0,
  bytes: 0,
};
const amountNames = Object.keys(nothing) as (keyof Amounts)[];

export function createMeter(): Meter {
  const lines = new Map<string, { readonly place: Place; readonly sums: Sums }>();
  const items = new Map<string, { readonly key: Key; writes: number }>();
  const partitions = new Map<string, number>();

  return {
    count(place, amounts) {
      const name = `${place.operation}\n${place.site}\n${place.kind}`;
      const line = lines.get(name) ?? { place, sums: { ...nothing } };
      lines.set(name, line);
      add(line.sums, amounts);
    },

    countWriteOf(key) {
      const name = `${key.pk}\n${key.sk}`;
      const item = items.get(name) ?? { key, writes: 0 };
      item.writes++;
      items.set(name, item);
      partitions.set(key.pk, (partitions.get(key.pk) ?? 0) + 1);
    },

    report() {
      const busiest: { [kind in ItemKind]?: Writes } = {};
      for (const { key, writes } of items.values()) {
        const kind = itemKind(key);
        if (writes > (busiest[kind]?.writes ?? 0)) busiest[kind] = { name: key.sk, writes };
      }
      const totals: Sums = { ...nothing };
      for (const { sums } of lines.values()) add(totals, sums);
      return {
        lines: [...lines.values()].map(({ place, sums }) => ({ ...place, ...sums })),
        totals,
        busiest,
        busiestPartition: most([...partitions].map(([name, writes]) => ({ name, writes }))),
        items: items.size,
      };
    },
  };
}

function add(sums: Sums, more: Partial<Amounts>): void {
  for (const name of amountNames) sums[name] += more[name] ?? 0;
}

function most(all: readonly Writes[]): Writes | undefined {
  return all.reduce<Writes | undefined>((best, one) => (one.writes > (best?.writes ?? 0) ? one : best), undefined);
}
