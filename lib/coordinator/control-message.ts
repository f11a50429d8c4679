/**
 * Messages that control gets from our own functions, beside ranges: maps to bring on, runs that follow their
 * parents, and hedged joins to look at.
 */
import { InvalidRequestError } from "../errors.ts";
import {
  type FollowMessage,
  followMessageSchema,
  type HedgeMessage,
  hedgeMessageSchema,
  type MapMessage,
  mapMessageSchema,
} from "../model/message.ts";

/** How every one of them begins; no request does. */
const openings = {
  map: '{"tutti":1,"type":"map"',
  follow: '{"tutti":1,"type":"follow"',
  hedge: '{"tutti":1,"type":"hedge"',
} as const;

export function isMapMessage(body: string): boolean {
  return body.startsWith(openings.map);
}

export function isFollowMessage(body: string): boolean {
  return body.startsWith(openings.follow);
}

export function isHedgeMessage(body: string): boolean {
  return body.startsWith(openings.hedge);
}

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export function parseHedgeMessage(body: string): HedgeMessage {
  const parsed = hedgeMessageSchema.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  throw notOne(parsed.error.issues);
}

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export function parseMapMessage(body: string): MapMessage {
  const parsed = mapMessageSchema.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  throw notOne(parsed.error.issues);
}

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export function parseFollowMessage(body: string): FollowMessage {
  const parsed = followMessageSchema.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  throw notOne(parsed.error.issues);
}

function notOne([issue]: readonly { readonly path: PropertyKey[]; readonly message: string }[]): InvalidRequestError {
  const path = ["message", ...(issue?.path ?? [])].map(String).join(".");
  return new InvalidRequestError(path, undefined, issue?.message ?? "is no message of control");
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidRequestError("message", undefined, "must be JSON");
  }
}
