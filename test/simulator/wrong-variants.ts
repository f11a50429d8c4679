/**
 * Known wrong drivers, of the crash lane and of the property lane.
 */
import { wrongDrivers } from "../property/workflows/wrong-drivers.ts";
import { variants } from "../simulation/variants.ts";
import type { Variant } from "../simulation/world.ts";
import { type LaneReport, simulate } from "./lane.ts";

const all: Readonly<Record<string, Variant>> = { ...variants, ...wrongDrivers };

/**
 * What the simulator finds within a few hundred histories. The others need a situation that is made on purpose elsewhere: a
 * message that is gone at one exact call, say, or a feature that is not drawn here.
 */
export const wrongVariants: readonly string[] = [
  "loser of an arrival just returns",
  "driver drops a waiting slot",
  "own message acknowledged on a foreign lease",
  "driver acknowledges its own carried lease",
  "error callback refused after FAILED",
  "full-but-bad join left undecided",
  "absorbed failure not handed on",
  "sweeper does not look for unseen tasks",
  "sweeper does not look for leases that are over",
  "commit without condition",
  "arrival without condition",
  "claim without fence",
  "take-over names only the state",
  "early decision without condition",
  "settling for others without condition",
  "end of the run without condition",
  "head created without condition",
  "re-sends and take-overs of the sweeper without condition",
  "acknowledged when part of a pack is done",
  "commit of a pack counts one arrival",
  "range done before it is sent",
  "range claimed without condition",
  "counting join: only full leaves climb",
  "counting join: blind marks",
  "quorum decided without its accepted set",
  "quorum decided without condition",
  "finish: skip stops after one link",
  "lanes: generation 2 not skipping",
  "lanes: go on when a part of a pack is settled",
  "lanes: sweeper does not look for dead ones",
  "members ended that others have settled",
  "skip without condition",
  "a graph's join forgets that a parent was skipped",
  "pause forgets what came meanwhile",
  "generation raised without condition",
  "wait acknowledged before it is recorded",
  "sleep settled before its time",
  "loser of a wake just returns",
  "sweeper does not look for sleeps",
  "sweeper does not look for starts that are due",
  "acknowledged before the send",
  "lease taken over while it lives",
  "tells outcomes where values are due",
  "gives one attempt only",
  "ends with the first task",
  "never retries",
  "calls a time-out a failure",
  "counts a lost worker as a failure",
  "lets a failure vanish that a chord absorbs",
  "tolerates one failure more",
  "tolerates none",
  "is content with one success less than a quorum",
  "waits for all members before it decides a quorum",
  "accepts who comes after the quorum",
  "ends a run at once that is to finish",
  "calls a skip a success",
];

export function variantOf(name: string): Variant {
  const variant = all[name];
  if (!variant) throw new Error(`no wrong driver ${name}`);
  return variant;
}

/** Histories under a wrong driver, from the first seed on, until one fails. */
export function findVariant(name: string, histories: number, small = false): Promise<LaneReport> {
  return simulate({ small, from: 1, histories, variant: variantOf(name) });
}
