/**
 * Messages that control gets from our own functions, beside ranges: maps to bring on, runs that follow their
 * parents, and hedged joins to look at.
 */
import {
  type FollowMessage,
  followMessageSchema,
  type HedgeMessage,
  hedgeMessageSchema,
  type MapMessage,
  mapMessageSchema,
} from "../model/message.ts";
import { parseMessage } from "../plan/parse-message.ts";

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
export const parseHedgeMessage = (body: string): HedgeMessage => parseMessage(hedgeMessageSchema, body);

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export const parseMapMessage = (body: string): MapMessage => parseMessage(mapMessageSchema, body);

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export const parseFollowMessage = (body: string): FollowMessage => parseMessage(followMessageSchema, body);
