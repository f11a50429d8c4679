/**
 * One request to an engine on this machine, in the protocol that DynamoDB and SQS share (AWS JSON 1.0): a target, a JSON text,
 * an answer. What speaks to AWS itself is the SDK.
 */
export interface JsonCallOptions {
  /** One try that takes longer than this counts as lost. @default that of the caller */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface JsonAnswer {
  /** False for a refusal. */
  readonly ok: boolean;
  readonly text: string;
  /** How the older protocol of SQS calls the refusal. */
  readonly queryCode?: string;
}

/**
 * Repeats what was throttled or not answered, as the SDK does: a write whose answer was lost may so be made twice.
 *
 * @throws Error when the last try has no answer, or the signal is aborted.
 */
export type JsonCall = (target: string, body: string, options?: JsonCallOptions) => Promise<JsonAnswer>;
