/**
 * What came about in a history of each feature: so that none drops out of the cases, or is drawn and never does anything.
 */
import { decodeToken } from "../../lib/model/outside.ts";
import { decodeSlot } from "../../lib/protocol/slot.ts";
import type { World } from "./world.ts";

/** What is looked for; a history counts once for each. */
export const happenings = [
  "a map was expanded",
  "members of a bounded map were at work together",
  "an outside task was handed out",
  "a report was refused",
  "an attempt elsewhere was lost",
  "a member was not needed any more",
  "a chord ran out of time",
  "a budget was used up",
  "second copies were asked for",
  "a process died with its message",
  "a run was removed",
  "a request came after the removal",
] as const;

export type Happening = (typeof happenings)[number];

export function happeningsIn({ table, outsideMessages, sideBySide, happened }: World): ReadonlySet<Happening> {
  const items = [...table.images.values()];
  const heads = items.filter(({ key }) => key.sk === "head").map(({ image }) => image);
  const rejected = items.filter(({ key }) => key.sk === "rejected").map(({ image }) => JSON.stringify(image));
  const errors = items.flatMap(({ key, image }) =>
    /^(?:tally|node)#/.test(key.sk) ? Object.keys(image).flatMap((name) => errorIn(name, image[name])) : [],
  );
  const found: Readonly<Record<Happening, boolean>> = {
    "a map was expanded": heads.some(({ parent }) => parent !== undefined),
    "members of a bounded map were at work together": sideBySide(),
    "an outside task was handed out": outsideMessages.length > 0,
    "a report was refused": rejected.some((text) => text.includes("must be of an attempt that runs")),
    "an attempt elsewhere was lost": outsideMessages.some(({ token }) => (decodeToken(token)?.lost ?? 0) > 0),
    "a member was not needed any more": errors.includes("not-needed"),
    "a chord ran out of time": errors.includes("chord-timed-out"),
    "a budget was used up": errors.includes("budget-exceeded"),
    "second copies were asked for": items.some(({ image }) => image.hedgedAt !== undefined),
    "a process died with its message": happened.some(({ fault }) => fault === "gone"),
    "a run was removed": heads.some(({ removedAt }) => removedAt !== undefined),
    "a request came after the removal": rejected.some((text) => text.includes("removed")),
  };
  return new Set(happenings.filter((one) => found[one]));
}

function errorIn(name: string, value: unknown): string[] {
  if (!/^s\d+$/.test(name)) return [];
  const slot = decodeSlot(value as never);
  return slot.state === "settled" && slot.error ? [slot.error.name] : [];
}
