/** What is counted under kills comes from the lines that bodies leave, whatever a system says of itself. */
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Deployed } from "../../../bench/peers/deployed.ts";
import { type KillPlan, measureKills } from "../../../bench/peers/kills.ts";
import { type Ledger, openLedger } from "../../../bench/peers/ledger.ts";

let folder: string;
let ledger: Ledger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-kills-"));
  ledger = openLedger(join(folder, "ledger"));
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const lines = (...all: string[]) => appendFileSync(ledger.file, all.map((line) => `${line}\n`).join(""));
const plan: KillPlan = {
  chords: 4,
  members: 2,
  killsAtMost: 1,
  betweenMs: [1, 2],
  quietSeconds: 0.1,
  settleSeconds: 0.1,
  limitSeconds: 10,
};
/** A worker that leaves these lines when it is replaced. */
const system = (...left: string[]): Deployed => ({
  ledger,
  submit: async () => ({ beganMs: 1000, submittedMs: 1000 }),
  replaceWorker: async () => lines(...left),
  close: async () => {},
});

it("tells once, twice, never and given up apart, and results that are missing", async () => {
  const deployed = system(
    "begin kill-0 0 1000000000",
    "begin kill-0 0 1000000000",
    "end kill-0 0 1500000000",
    "end kill-0 1 1500000000",
    "fired kill-0 2 2000000000",
    "fired kill-1 2 2000000000",
    "fired kill-1 1 3000000000",
    "gave-up kill-2 0 2000000000",
  );
  expect(await measureKills(deployed, 1, plan)).toEqual({
    seed: 1,
    kills: 1,
    chords: 4,
    members: 8,
    firedOnce: 1,
    firedTwiceOrMore: 1,
    never: 1,
    gaveUp: 1,
    tooFewResults: 1,
    membersBegunTwiceOrMore: 1,
    membersEndedTwiceOrMore: 0,
    membersNeverEnded: 6,
    cutOff: false,
  });
});

it("says when the last of them was done, once all are", async () => {
  const fired = [0, 1, 2, 3].map((chord) => `fired kill-${chord} 2 ${2 + chord}000000000`);
  const figure = await measureKills(system(...fired), 1, plan);
  expect(figure).toMatchObject({ firedOnce: 4, never: 0, allDoneSeconds: 4 });
});

it("reads a line that is written in two parts as one", () => {
  appendFileSync(ledger.file, "fired a 2 10");
  expect(ledger.read()).toBe(0);
  appendFileSync(ledger.file, "00000000\n");
  expect(ledger.read()).toBe(1);
  expect(ledger.of("fired", "a")).toEqual([{ value: 2, atMs: 1000 }]);
});
