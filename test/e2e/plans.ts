/**
 * Which scenarios a round is made of.
 */
import { commands } from "./commands.ts";
import { packedProject } from "./packed.ts";
import {
  chordOf,
  cleaned,
  deadline,
  killed,
  killedFromInside,
  looking,
  pause,
  poison,
  policies,
  rejected,
  retries,
  revoke,
  update,
} from "./scenarios.ts";
import type { Scenario } from "./world.ts";

/**
 * Steps, one after the other; tracks of a step run side by side, the scenarios of a track one after the other. First a small
 * chord by itself: for it the functions start one by one, and not all at once.
 */
export type Plan = readonly (readonly (readonly Scenario[])[])[];

const requests = [policies, retries, revoke, pause, rejected];

export const plans = {
  all: [
    [[chordOf(10)]],
    [[chordOf(100), chordOf(1000)], requests, [deadline, killedFromInside], [poison], [killed], [cleaned]],
    [[looking, commands, update], [packedProject]],
  ],
  leastPrivilege: [
    [[chordOf(10)]],
    [[chordOf(100), chordOf(1000)], requests, [deadline, killedFromInside], [poison], [killed], [cleaned]],
    [[looking, commands, update]],
  ],
  droppedAnswers: [
    [[chordOf(10)]],
    [[chordOf(100), chordOf(1000)], requests.filter((one) => one !== rejected), [deadline], [poison], [killed]],
  ],
  core: [[[chordOf(10)]], [[chordOf(100)], requests], [[looking, commands]]],
} as const satisfies Readonly<Record<string, Plan>>;
