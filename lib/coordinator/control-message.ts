/**
 * Messages that control gets from our own functions, beside ranges: maps to bring on, and runs that follow their parents.
 */
import type { z } from "zod";
import { InvalidRequestError } from "../errors.ts";
import { type FollowMessage, followMessageSchema, type MapMessage, mapMessageSchema } from "../model/message.ts";

/** How every one of them begins; no request does. */
const openings = { map: '{"tutti":1,"type":"map"', follow: '{"tutti":1,"type":"follow"' } as const;

export function isMapMessage(body: string): boolean {
  return body.startsWith(openings.map);
}

export function isFollowMessage(body: string): boolean {
  return body.startsWith(openings.follow);
}

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export function parseMapMessage(body: string): MapMessage {
  return parse(mapMessageSchema, body);
}

/** Parses at the border. @throws InvalidRequestError when it is no such message */
export function parseFollowMessage(body: string): FollowMessage {
  return parse(followMessageSchema, body);
}

function parse<Message>(schema: z.ZodType<Message>, body: string): Message {
  const parsed = schema.safeParse(jsonIn(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ["message", ...(issue?.path ?? [])].join(".");
  throw new InvalidRequestError(path, undefined, issue?.message ?? "is no message of control");
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidRequestError("message", undefined, "must be JSON");
  }
}
