/**
 * The faults of the crash lane: what can go wrong at one call of a port.
 */
export type CallKind = "read" | "write" | "send" | "message";

export const faultModes = {
  /** The process dies before the call has an effect. */
  "crash-before": { kinds: ["read", "write", "send", "message"] },
  /** The process dies after the effect, before it learns of it. */
  "crash-after": { kinds: ["write", "send", "message"] },
  /** The answer is lost and the SDK repeats the call: a write meets its own effect. */
  "reply-lost": { kinds: ["write", "send", "message"] },
  /** The answer is lost for good: the call fails though it had its effect. */
  "failed-after": { kinds: ["write", "send", "message"] },
  /** Throttled, conflict, time-out: the call fails without effect. */
  throttled: { kinds: ["read", "write", "send", "message"] },
  /** A copy of the call stays in the network and is applied once more soon after. */
  "late-copy": { kinds: ["write"] },
  /** The same, after leases and visibility timeouts have run out. */
  "very-late-copy": { kinds: ["write"] },
  /** The service refuses the first entry of the batch. */
  partial: { kinds: ["send"] },
  /** The process stands still before the call until leases and visibility timeouts have run out. */
  paused: { kinds: ["read", "write", "send", "message"] },
  /** The process stands still before the call until nothing else can move. */
  stalled: { kinds: ["read", "write", "send", "message"] },
  /** The message in hand is delivered once more while its first delivery stands before the call. */
  "twice-at-once": { kinds: ["read", "write", "send", "message"] },
  /** The sent messages are lost: the sweeper has to find out. */
  lost: { kinds: ["send"] },
  /** The process dies after the effect, and what it has received of ours does not come again: the sweeper has to go on. */
  gone: { kinds: ["write", "send"] },
} as const satisfies Record<string, { readonly kinds: readonly CallKind[] }>;

export type FaultMode = keyof typeof faultModes;

/** Whether a message is one that the deployment sends itself: what people and programs ask, only their queue can bring again. */
export const isOurs = ({ body }: { readonly body: string }): boolean =>
  /^{"tutti":1,"type":"(?:task|pack|wake|range|map|follow|hedge)"/.test(body);

/** One fault: what happens at the call of that number. */
export interface Fault {
  readonly call: number;
  readonly mode: FaultMode;
}

/** Why a cell of the table cannot be: printed instead of a count. */
export function applies(mode: FaultMode, kind: CallKind): boolean {
  return (faultModes[mode].kinds as readonly CallKind[]).includes(kind);
}
