/**
 * Where a child run belongs, as its head says (docs/maps.md).
 */
import type { NodeId, RunId } from "../model/ids.ts";
import type { Key, Value } from "../ports/store.ts";

export interface ParentRef {
  readonly run: RunId;
  /** An id may be used again long after its run was removed: this tells the two apart. */
  readonly submittedAtMs: number;
  readonly node: NodeId;
  /** Generation of the parent that waits for it. */
  readonly generation: number;
  /** The node's slot: its item, and the attribute in it. */
  readonly key: Key;
  readonly attribute: string;
  /** Whose work the messages to the parent are. */
  readonly fairnessKey?: string;
}

export function encodeParent(parent: ParentRef): Value {
  const { run, submittedAtMs, node, generation, key, attribute, fairnessKey } = parent;
  const entries = { r: run, t: submittedAtMs, n: node, g: generation, p: key.pk, k: key.sk, s: attribute };
  return fairnessKey === undefined ? entries : { ...entries, f: fairnessKey };
}

export function decodeParent(value: Value): ParentRef {
  const entry = value as Readonly<Record<string, Value>>;
  return {
    run: String(entry.r),
    submittedAtMs: Number(entry.t),
    node: String(entry.n),
    generation: Number(entry.g),
    key: { pk: String(entry.p), sk: String(entry.k) },
    attribute: String(entry.s),
    ...(entry.f === undefined ? {} : { fairnessKey: String(entry.f) }),
  };
}
