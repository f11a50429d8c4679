/**
 * Receipt handles: which message of which queue, and by which of its receives.
 *
 * The handle carries a digest over the queue's secret, so that a made-up handle, a damaged one and one of another queue
 * (also of an earlier queue with the same name) are told from a handle that is merely old.
 */
import { createHash } from "node:crypto";
import { SqsError } from "./errors.ts";

/** What a handle stands for. */
export interface Receipt {
  /** Number of the message in its queue. */
  readonly key: number;
  /** Which receive of that message, counted from 1. */
  readonly receive: number;
}

/** Writes a handle. */
export function writeReceipt(secret: string, { key, receive }: Receipt): string {
  const seal = createHash("md5").update(`${secret}/${key}/${receive}`).digest("hex");
  return Buffer.from(`${key}.${receive}.${seal}`).toString("base64url");
}

/**
 * Reads a handle.
 *
 * @throws {@link SqsError} `ReceiptHandleIsInvalid` when this queue never gave it out.
 */
export function readReceipt(secret: string, handle: string): Receipt {
  const [key, receive] = Buffer.from(handle, "base64url").toString().split(".");
  const receipt: Receipt = { key: Number(key), receive: Number(receive) };
  if (writeReceipt(secret, receipt) !== handle) {
    throw new SqsError("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
  }
  return receipt;
}
