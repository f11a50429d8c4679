/**
 * The slot: where one node's state and outcome are stored (docs/protocol.md#slot-states-and-conditions).
 *
 *   absent ─claim→ leased ─commit→ settled (final)
 *     │              │ ├─ wait for retry → waiting ─claim→ leased
 *     │              │ └─ lease over → waiting (sweep) or leased by another (take-over)
 *     └─ re-sent → queued ─claim→ leased
 *   any open state ─settle by others→ settled
 *
 * A member of a hedged group may have a second lease beside the first: a copy of it is at work (hedge.ts).
 *
 * (dispatch, attempt) only grow. Entries have one-letter names in the table: sixteen leases must not outgrow an item, and
 * every byte is paid at each write of a leaf.
 */
import type { OutcomeStatus, Skip, StoredError } from "../model/outcome.ts";
import { outcomeStatuses } from "../model/outcome.ts";
import type { Condition, Value } from "../ports/store.ts";

/** Where a result is: in the slot, in a value item, or taken over from the unit that feeds this slot. */
export type StoredValue =
  | { readonly kind: "inline"; readonly text: string }
  /** `bytes` of the JSON text; `parts` only when there are several. */
  | { readonly kind: "item"; readonly hash: string; readonly bytes: number; readonly parts?: number }
  | { readonly kind: "reference" };

export interface QueuedSlot {
  readonly state: "queued";
  readonly dispatch: number;
  readonly attempt: number;
  readonly lost: number;
  /** How often it was sent again. */
  readonly resends: number;
  readonly atMs: number;
}

export interface LeasedSlot {
  readonly state: "leased";
  readonly dispatch: number;
  readonly attempt: number;
  readonly lost: number;
  /** Drawn anew for each delivery, before the write: one's own repeated write is recognised by it. */
  readonly owner: string;
  /** Short name of the token of the message its owner holds. */
  readonly carrier: string;
  readonly untilMs: number;
  readonly startedAtMs: number;
  /** Its last heartbeat, and the details that came with it or with an earlier one. */
  readonly beatAtMs?: number;
  readonly details?: string;
  /** Absent: nobody else is at work, and nobody was while this lease lasts. */
  readonly second?: SecondLease;
}

/** The lease of a copy. Its attempt is above that of the first lease, and is never given again. */
export interface SecondLease {
  readonly attempt: number;
  /** Empty when the copy has failed while the first was at work: the lease is over, and only its attempt means anything. */
  readonly owner: string;
  readonly carrier: string;
  readonly untilMs: number;
  readonly startedAtMs: number;
  readonly beatAtMs?: number;
  readonly details?: string;
}

/** A lease as its owner holds it. */
export interface OwnLease extends LeasedSlot {
  /** It was claimed beside another's. Where that has ended first, this has taken its place since. */
  readonly isCopy?: true;
}

export interface WaitingSlot {
  readonly state: "waiting";
  readonly dispatch: number;
  readonly attempt: number;
  readonly lost: number;
  readonly atMs: number;
  /** True when no message carries this wait: the sweeper releases it at `atMs`. */
  readonly timer: boolean;
  readonly error?: StoredError;
}

export interface SettledSlot {
  readonly state: "settled";
  readonly status: OutcomeStatus;
  readonly attempt: number;
  readonly lost: number;
  /** Who settled it: the owner of its last lease, or the driver that settled it for others. */
  readonly owner: string;
  readonly startedAtMs?: number;
  readonly settledAtMs: number;
  readonly value?: StoredValue;
  readonly error?: StoredError;
  /** Set for SKIPPED by choice: no failure. Without it SKIPPED follows from a failure, which its error tells. */
  readonly skip?: Skip;
  /** What its worker reported after others had settled it. */
  readonly late?: OutcomeStatus;
}

export type OpenSlot = { readonly state: "absent" } | QueuedSlot | LeasedSlot | WaitingSlot;
export type Slot = OpenSlot | SettledSlot;

/** End of a lease that has none: the last time that JavaScript knows. Its owner is a run (child.ts). */
export const endlessMs = 8_640_000_000_000_000;

export function hasSucceeded(slot: Slot): slot is SettledSlot {
  return slot.state === "settled" && slot.status === "SUCCEEDED";
}

/** Settled, but neither with success nor skipped by choice. */
export function isBad(slot: Slot): boolean {
  return slot.state === "settled" && slot.status !== "SUCCEEDED" && slot.skip === undefined;
}

/** Why it was skipped by choice; undefined for everything else. */
export function skipIn(slot: Slot): Skip | undefined {
  return slot.state === "settled" ? slot.skip : undefined;
}

/** Attempts claimed so far and those of them whose worker vanished. */
export function countsOf(slot: Slot): { readonly attempt: number; readonly lost: number; readonly dispatch: number } {
  if (slot.state === "absent") return { attempt: 0, lost: 0, dispatch: 1 };
  const attempt = slot.state === "leased" ? (slot.second?.attempt ?? slot.attempt) : slot.attempt;
  return { attempt, lost: slot.lost, dispatch: slot.state === "settled" ? 0 : slot.dispatch };
}

type Entries = { [key: string]: Value };
const letters = { queued: "Q", leased: "L", waiting: "W" } as const;
/** What a heartbeat sets beside the end of a lease. */
export const beatEntries = { atMs: "k", details: "m" } as const;
/** Entries of a second lease. A write reaches no deeper than an entry of a slot, so it is no map of its own. */
export const secondEntries = {
  attempt: "A",
  owner: "O",
  carrier: "C",
  untilMs: "U",
  startedAtMs: "B",
  beatAtMs: "K",
  details: "M",
} as const;

/** The slot as the table holds it. Absent slots are not stored. */
export function encodeSlot(slot: Exclude<Slot, { state: "absent" }>): Value {
  const entries: Entries = { a: slot.attempt };
  if (slot.lost > 0) entries.l = slot.lost;
  switch (slot.state) {
    case "queued":
      return { ...entries, s: letters.queued, d: slot.dispatch, n: slot.resends, t: slot.atMs };
    case "leased":
      if (slot.beatAtMs !== undefined) entries[beatEntries.atMs] = slot.beatAtMs;
      if (slot.details !== undefined) entries[beatEntries.details] = slot.details;
      if (slot.second) Object.assign(entries, encodeSecond(slot.second));
      return {
        ...entries,
        s: letters.leased,
        d: slot.dispatch,
        o: slot.owner,
        c: slot.carrier,
        u: slot.untilMs,
        b: slot.startedAtMs,
      };
    case "waiting":
      if (slot.timer) entries.w = 1;
      if (slot.error) entries.e = encodeError(slot.error);
      return { ...entries, s: letters.waiting, d: slot.dispatch, t: slot.atMs };
    case "settled":
      return { ...entries, ...encodeSettled(slot) };
  }
}

/** A second lease, as the table holds it beside the first. */
export function encodeSecond(second: SecondLease): Readonly<Record<string, Value>> {
  const entries = Object.entries(secondEntries) as [keyof SecondLease, string][];
  return Object.fromEntries(
    entries.flatMap(([name, entry]) => (second[name] === undefined ? [] : [[entry, second[name]]])),
  );
}

function decodeSecond(entry: Readonly<Record<string, Value>>): SecondLease {
  const { attempt, owner, carrier, untilMs, startedAtMs, beatAtMs, details } = secondEntries;
  return {
    attempt: Number(entry[attempt]),
    owner: String(entry[owner]),
    carrier: String(entry[carrier]),
    untilMs: Number(entry[untilMs]),
    startedAtMs: Number(entry[startedAtMs]),
    ...(entry[beatAtMs] === undefined ? {} : { beatAtMs: Number(entry[beatAtMs]) }),
    ...(entry[details] === undefined ? {} : { details: String(entry[details]) }),
  };
}

function encodeSettled(slot: SettledSlot): Entries {
  const entries: Entries = { s: slot.status, o: slot.owner, f: slot.settledAtMs };
  if (slot.startedAtMs !== undefined) entries.b = slot.startedAtMs;
  if (slot.error) entries.e = encodeError(slot.error);
  if (slot.skip) entries.k = encodeSkip(slot.skip);
  if (slot.late) entries.x = slot.late;
  return slot.value === undefined ? entries : { ...entries, ...encodeValue(slot.value) };
}

/** Where a value is, as the table holds it: in a slot, or beside a decision. */
export function encodeValue(value: StoredValue): Entries {
  if (value.kind === "inline") return { v: value.text };
  if (value.kind === "reference") return {};
  const item = { h: value.hash, z: value.bytes };
  return value.parts === undefined ? item : { ...item, p: value.parts };
}

/** Why something was skipped by choice, as the table holds it: in a slot, or beside a decision. */
export function encodeSkip({ reason, taskId }: Skip): Entries {
  return { ...(reason === undefined ? {} : { m: reason }), ...(taskId === undefined ? {} : { t: taskId }) };
}

/** The inverse of {@link encodeSkip}. */
export function decodeSkip(entry: Readonly<Record<string, Value>>): Skip {
  return {
    ...(entry.m === undefined ? {} : { reason: String(entry.m) }),
    ...(entry.t === undefined ? {} : { taskId: String(entry.t) }),
  };
}

/** A failure, as the table holds it: in a slot, or beside a decision. */
export function encodeError(error: StoredError): Value {
  return error.taskId === undefined
    ? { n: error.name, m: error.message }
    : { n: error.name, m: error.message, t: error.taskId };
}

/** Reads a slot attribute; `undefined` is an absent slot. */
export function decodeSlot(value: Value | undefined): Slot {
  if (value === undefined || value === null) return { state: "absent" };
  const entry = value as Readonly<Record<string, Value>>;
  const counts = { attempt: Number(entry.a), lost: Number(entry.l ?? 0) };
  switch (entry.s) {
    case letters.queued:
      return { state: "queued", ...counts, dispatch: Number(entry.d), resends: Number(entry.n), atMs: Number(entry.t) };
    case letters.leased:
      return {
        state: "leased",
        ...counts,
        dispatch: Number(entry.d),
        owner: String(entry.o),
        carrier: String(entry.c),
        untilMs: Number(entry.u),
        startedAtMs: Number(entry.b),
        ...(entry[beatEntries.atMs] === undefined ? {} : { beatAtMs: Number(entry[beatEntries.atMs]) }),
        ...(entry[beatEntries.details] === undefined ? {} : { details: String(entry[beatEntries.details]) }),
        ...(entry[secondEntries.attempt] === undefined ? {} : { second: decodeSecond(entry) }),
      };
    case letters.waiting:
      return {
        state: "waiting",
        ...counts,
        dispatch: Number(entry.d),
        atMs: Number(entry.t),
        timer: entry.w === 1,
        ...(entry.e === undefined ? {} : { error: decodeError(entry.e) }),
      };
    default:
      return decodeSettled(entry, counts);
  }
}

function decodeSettled(
  entry: Readonly<Record<string, Value>>,
  counts: { readonly attempt: number; readonly lost: number },
): SettledSlot {
  const status = outcomeStatuses.find((known) => known === entry.s);
  if (!status) throw new TypeError(`unknown slot state ${JSON.stringify(entry.s)}`);
  return {
    state: "settled",
    status,
    ...counts,
    owner: String(entry.o),
    settledAtMs: Number(entry.f),
    ...(entry.b === undefined ? {} : { startedAtMs: Number(entry.b) }),
    ...(entry.e === undefined ? {} : { error: decodeError(entry.e) }),
    ...(status === "SUCCEEDED" ? { value: decodeValue(entry) } : {}),
    ...(entry.k === undefined ? {} : { skip: decodeSkip(entry.k as Readonly<Record<string, Value>>) }),
    ...(entry.x === undefined ? {} : { late: entry.x as OutcomeStatus }),
  };
}

/** The inverse of {@link encodeValue}. */
export function decodeValue(entry: Readonly<Record<string, Value>>): StoredValue {
  if (typeof entry.v === "string") return { kind: "inline", text: entry.v };
  if (typeof entry.h === "string") {
    const item = { kind: "item", hash: entry.h, bytes: Number(entry.z) } as const;
    return entry.p === undefined ? item : { ...item, parts: Number(entry.p) };
  }
  return { kind: "reference" };
}

/** The inverse of {@link encodeError}. */
export function decodeError(value: Value): StoredError {
  const entry = value as Readonly<Record<string, Value>>;
  const error = { name: String(entry.n), message: String(entry.m) };
  return entry.t === undefined ? error : { ...error, taskId: String(entry.t) };
}

/**
 * The condition "exactly what was seen", for every open state: a repair or take-over may act on nothing older or newer.
 *
 * (dispatch, attempt) only grow, so the entries named here pin the state; a lease is pinned by its end as well, since every
 * heartbeat moves that (S15; G1, G2, G3, G12), and by what is beside it.
 */
export function asSeen(attribute: string, slot: OpenSlot): Condition {
  if (slot.state === "absent") return { is: "absent", path: [attribute] };
  const entry = (name: string, value: string | number): Condition => ({ is: "equal", path: [attribute, name], value });
  const of: Condition[] = [entry("s", letters[slot.state]), entry("d", slot.dispatch), entry("a", slot.attempt)];
  if (slot.state === "leased") of.push(entry("o", slot.owner), entry("u", slot.untilMs), ...second(attribute, slot));
  else of.push(entry("t", slot.atMs));
  if (slot.state === "queued") of.push(entry("n", slot.resends));
  return { is: "all", of };
}

/** The second lease as it was seen: one may come between a look and a write, and one that is there may move its end. */
function second(attribute: string, slot: LeasedSlot): readonly Condition[] {
  const { attempt, untilMs } = secondEntries;
  if (slot.second === undefined) return [{ is: "absent", path: [attribute, attempt] }];
  return [
    { is: "equal", path: [attribute, attempt], value: slot.second.attempt },
    { is: "equal", path: [attribute, untilMs], value: slot.second.untilMs },
  ];
}

/** What a lease is known by. */
type Fence = Pick<LeasedSlot, "owner" | "attempt">;

/** The condition "leased by me, same attempt": of everything only a live owner may do (G4, G5). */
export function leasedBy(attribute: string, lease: Fence): Condition {
  return {
    is: "all",
    of: [
      { is: "equal", path: [attribute, "s"], value: letters.leased },
      { is: "equal", path: [attribute, "o"], value: lease.owner },
      { is: "equal", path: [attribute, "a"], value: lease.attempt },
    ],
  };
}

/** The same of a second lease. */
export function secondBy(attribute: string, lease: Fence): Condition {
  return {
    is: "all",
    of: [
      { is: "equal", path: [attribute, "s"], value: letters.leased },
      { is: "equal", path: [attribute, secondEntries.owner], value: lease.owner },
      { is: "equal", path: [attribute, secondEntries.attempt], value: lease.attempt },
    ],
  };
}

/** The same in either place: a copy may have taken the place of what it was a copy of. */
export function leasedInEither(attribute: string, lease: Fence): Condition {
  return { is: "any", of: [leasedBy(attribute, lease), secondBy(attribute, lease)] };
}

/** Leased by me, and nobody has a second lease: nobody else is at work. */
export function leasedAlone(attribute: string, lease: Fence): Condition {
  return { is: "all", of: [leasedBy(attribute, lease), { is: "absent", path: [attribute, secondEntries.attempt] }] };
}
