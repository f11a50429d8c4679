/**
 * What an audit is given of a run: everything that is stored of it, as it was at one moment.
 */
import type { RunId } from "../../model/ids.ts";
import type { Plan } from "../../plan/types.ts";
import type { Image, Item } from "../../ports/store.ts";
import type { Head } from "../head.ts";
import type { StoredValue } from "../slot.ts";

/** A value that is stored in items of its own, put together. */
export type Unpacked = { readonly text: string } | { readonly problem: string };

export interface AuditedRun {
  readonly runId: RunId;
  readonly head: Image;
  /** All other items, those of its buckets too. */
  readonly items: readonly Item[];
  /** Its plan, or why that cannot be read. */
  readonly plan: { readonly plan: Plan } | { readonly problem: string };
  /** Puts a value together, and holds it against its hash. */
  readonly unpack: (value: Extract<StoredValue, { kind: "item" }>) => Unpacked;
  /** The heads of runs that its maps have expanded into; null: there is no such run. Undefined: nobody has looked. */
  readonly childHead: (child: RunId) => Head | null | undefined;
  /** The time of that moment, or a later one. */
  readonly nowMs: number;
}
