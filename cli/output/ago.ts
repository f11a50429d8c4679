/**
 * Times for people: how long ago, or how long still. JSON has them as they are.
 */
import { durationText } from "./duration.ts";

/** `5 min ago`, `in 12 s`. */
export function agoText(iso: string, nowMs: number): string {
  const ms = nowMs - Date.parse(iso);
  return ms >= 0 ? `${durationText(ms)} ago` : `in ${durationText(-ms)}`;
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`;

/** A sentence with its times made relative. */
export function relativeTimes(text: string, nowMs: number): string {
  return text
    .replace(new RegExp(`\\bat (${time})`, "g"), (_, iso: string) => agoText(iso, nowMs))
    .replace(new RegExp(`\\buntil (${time})`, "g"), (_, iso: string) =>
      Date.parse(iso) > nowMs ? `for another ${durationText(Date.parse(iso) - nowMs)}` : `until ${agoText(iso, nowMs)}`,
    )
    .replace(new RegExp(time, "g"), (iso) => agoText(iso, nowMs));
}
