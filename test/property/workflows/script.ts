/**
 * What a task of a random workflow does, written into its `headers`: so the document alone says everything, and a body needs
 * nothing else.
 */
import type { Json } from "../../../lib/model/json.ts";
import type { Headers } from "../../../lib/model/workflow.ts";

/** What an entered body does: return, fail in one of three ways, kill the process it runs in, or choose to do nothing. */
export type Act = "succeed" | "throw" | "hang" | "fatal" | "die" | "skip";

export const valueKinds = ["object", "null", "false", "list", "reference-like", "medium", "large"] as const;
export type ValueKind = (typeof valueKinds)[number];

export interface Script {
  /** One for each attempt; the last is repeated. */
  readonly does: readonly Act[];
  /** How long each attempt takes before it does it. */
  readonly seconds: number;
  readonly value: ValueKind;
}

export function headersOf({ does, seconds, value }: Script): Headers {
  return {
    does: does.join(" "),
    ...(seconds > 0 ? { seconds: String(seconds) } : {}),
    ...(value === "object" ? {} : { value }),
  };
}

export function scriptOf(headers: Readonly<Record<string, string | null>>): Script {
  const { does, seconds, value } = headers;
  return {
    does: (does ?? "succeed").split(" ") as Act[],
    seconds: Number(seconds ?? 0),
    value: (value ?? "object") as ValueKind,
  };
}

/** What the task at a path returns. Sizes: in the slot, or apart from it in a pack, or apart from any. */
export function resultOf(kind: ValueKind, path: string): Json {
  switch (kind) {
    case "object":
      return { of: path, more: [1, { deep: path }] };
    case "null":
      return null;
    case "false":
      return false;
    case "list":
      return [path, null, []];
    case "reference-like":
      return { $result: "n0", $literal: path };
    case "medium":
      return path.padEnd(300, "m");
    case "large":
      return path.padEnd(1200, "l");
  }
}

/** Why a body does nothing: it need not say. */
export function reasonOf(kind: ValueKind, path: string): string | undefined {
  return kind === "null" ? undefined : `nothing at ${path}`.slice(0, 200);
}

/** Of what a body throws. */
export function messageOf(act: Act, path: string): string {
  return `${act} at ${path}`.slice(0, 200);
}
