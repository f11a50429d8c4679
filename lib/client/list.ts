/**
 * Runs, newest first, a page at a time: from the listing index alone, and strong reads of the running ones that are shown.
 */
import { InvalidRequestError } from "../errors.ts";
import type { ListReport } from "../model/operating-reports.ts";
import type { RunStatus } from "../model/outcome.ts";
import type { Item, Store } from "../ports/index.ts";
import { decodeHead, type Head } from "../protocol/head.ts";
import { headKey, indexShards, listShard } from "../protocol/keys.ts";
import { isoTime, runLine } from "./project.ts";
import { refreshRunning } from "./runs.ts";

/** Which runs to list. */
export interface ListOptions {
  /** Only in these states. @default all */
  readonly status?: readonly RunStatus[];
  /** Only with this name; a `*` at its end stands for any rest. @default all */
  readonly name?: string;
  /** Only submitted at most that long ago. */
  readonly newerThanSeconds?: number;
  /** Only submitted at least that long ago. */
  readonly olderThanSeconds?: number;
  /** Runs on a page, 1–1000. @default 50 */
  readonly limit?: number;
  /** Where the page starts: the `cursor` of the page before. */
  readonly cursor?: string;
}

const defaultLimit = 50;
const maxLimit = 1000;
/** Listed runs looked at for one page, when few of them fit: then the page is short, and its cursor goes on. */
const maxLooked = 10_000;

/** Place in the listing: what was shown of the last moment, and the page of each shard that has it. */
interface Place {
  readonly at: number;
  readonly ids: readonly string[];
  readonly from: readonly (string | null)[];
}

/** @throws InvalidRequestError for an option that cannot be meant. */
export async function listRuns(store: Store, nowMs: number, options: ListOptions): Promise<ListReport> {
  const { limit = defaultLimit } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw new InvalidRequestError("limit", limit, `must be a whole number from 1 to ${maxLimit}`);
  const fits = filterOf(options, nowMs);
  const oldestMs = options.newerThanSeconds === undefined ? 0 : nowMs - options.newerThanSeconds * 1000;
  const isFiltered = options.status !== undefined || options.name !== undefined;
  const lanes = lanesOf(store, options.cursor, isFiltered ? undefined : limit);
  const found: Head[] = [];
  let last: { readonly at: number; readonly ids: readonly string[] } = lanes.start;
  let isOver = false;
  for (let looked = 0; found.length < limit && looked < maxLooked; looked++) {
    const item = await lanes.next();
    const at = Number(item?.image.listAt);
    if (item === undefined || at < oldestMs) {
      isOver = true;
      break;
    }
    last = { at, ids: at === last.at ? [...last.ids, item.key.pk] : [item.key.pk] };
    if (item.key.sk !== headKey(item.key.pk).sk) continue;
    const head = decodeHead(item.key.pk, item.image);
    if (fits(head)) found.push(head);
  }
  // What the index calls running may have ended by now.
  const runs = (await refreshRunning(store, found)).filter(fits).map(runLine);
  const isLast = isOver || (await lanes.isOver());
  return {
    schemaVersion: 1,
    listedAt: isoTime(nowMs),
    runs,
    cursor: isLast ? null : encode({ at: last.at, ids: [...last.ids], from: lanes.from() }),
  };
}

function filterOf(options: ListOptions, nowMs: number): (head: Head) => boolean {
  const { status, name, olderThanSeconds } = options;
  const prefix = name?.endsWith("*") ? name.slice(0, -1) : undefined;
  const newestMs = olderThanSeconds === undefined ? Number.POSITIVE_INFINITY : nowMs - olderThanSeconds * 1000;
  return (head) =>
    // What a map has expanded into is part of the run that the map is in.
    head.parent === undefined &&
    (status === undefined || status.includes(head.status)) &&
    (name === undefined || (prefix === undefined ? head.name === name : head.name?.startsWith(prefix) === true)) &&
    head.submittedAtMs <= newestMs;
}

/** The shards of the listing as one list, latest first. */
interface Lanes {
  /** What the cursor has shown already. */
  readonly start: Pick<Place, "at" | "ids">;
  next(): Promise<Item | undefined>;
  isOver(): Promise<boolean>;
  /** Cursors of the pages that are being read. */
  from(): Place["from"];
}

interface Lane {
  readonly shard: string;
  /** Where the page in hand was read from; null: at the beginning. */
  from: string | null;
  page: readonly Item[];
  next: string | null | undefined;
  read: boolean;
}

function lanesOf(store: Store, cursor: string | undefined, wanted: number | undefined): Lanes {
  const start = cursor === undefined ? { at: Number.POSITIVE_INFINITY, ids: [], from: [] } : decode(cursor);
  const shown = new Set(start.ids);
  const lanes = Array.from({ length: indexShards }, (_, shard): Lane => {
    const from = start.from[shard] ?? null;
    return { shard: listShard(shard), from, page: [], next: from, read: false };
  });
  const isNew = ({ key, image }: Item) => {
    const at = Number(image.listAt);
    return at < start.at || (at === start.at && !shown.has(key.pk));
  };

  /** Reads on until the lane has an item in hand, or is over. */
  const fill = async (lane: Lane): Promise<void> => {
    while (lane.page.length === 0 && !(lane.read && lane.next === null)) {
      const from = lane.next ?? null;
      const cursor = from ?? undefined;
      const page = await store.list(lane.shard, wanted === undefined ? cursor : { cursor, wanted }, "list.read");
      lane.read = true;
      lane.from = from;
      lane.next = page.cursor ?? null;
      lane.page = page.items.filter(isNew);
    }
  };

  const first = async (): Promise<Lane | undefined> => {
    await Promise.all(lanes.map(fill));
    const full = lanes.filter(({ page }) => page.length > 0);
    return full.reduce<Lane | undefined>((best, lane) => (best && atOf(best) >= atOf(lane) ? best : lane), undefined);
  };

  return {
    start,
    async next() {
      const lane = await first();
      if (lane === undefined) return undefined;
      const [item, ...rest] = lane.page;
      lane.page = rest;
      return item;
    },
    isOver: async () => (await first()) === undefined,
    from: () => lanes.map(({ from }) => from),
  };
}

function atOf({ page }: Lane): number {
  return Number(page[0]?.image.listAt);
}

function encode(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** @throws InvalidRequestError */
function decode(cursor: string): Place {
  const place = parsed(Buffer.from(cursor, "base64url").toString()) as Partial<Place> | null | undefined;
  const { at, ids, from } = place ?? {};
  const good =
    typeof at === "number" &&
    Array.isArray(ids) &&
    ids.every((id) => typeof id === "string") &&
    Array.isArray(from) &&
    from.length === indexShards &&
    from.every((one) => one === null || typeof one === "string");
  if (!good) throw new InvalidRequestError("cursor", cursor, "must be the cursor of the page before");
  return { at, ids, from };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
