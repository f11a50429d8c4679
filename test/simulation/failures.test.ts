/**
 * Cases of docs/failures.md that need a fault at one place: the scenario, the calls at which it happens, and what happens there.
 * The crash lane tries every call; here each case is named by its number.
 */
import { expect, it } from "vitest";
import { applies, type FaultMode } from "./faults.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";

interface Case {
  readonly scenarios: readonly string[];
  /** Nothing for a scenario that begins with the fault in question. */
  readonly sites?: readonly string[];
  readonly modes?: readonly FaultMode[];
}

const dies: readonly FaultMode[] = ["crash-before", "crash-after"];
const stands: readonly FaultMode[] = ["paused", "stalled"];
const repeated: readonly FaultMode[] = ["reply-lost", "failed-after", "late-copy", "very-late-copy", "twice-at-once"];

const cases: readonly (readonly [name: string, what: Case])[] = [
  [
    "A1: the last member's outcome is recorded, counted or acknowledged twice",
    {
      scenarios: ["chord of 5", "chord of 9, three levels", "acknowledgement lost"],
      sites: ["slot.commit", "tally.arrive", "message.acknowledge"],
      modes: repeated,
    },
  ],
  [
    "A14 J9: a count is repeated by the SDK",
    { scenarios: ["chord of 9, three levels"], sites: ["tally.arrive"], modes: repeated },
  ],
  [
    "B1: parents end while the submit stands still or dies",
    {
      scenarios: ["diamond", "nested chord"],
      sites: ["plan.write", "head.create", "release.send"],
      modes: [...dies, ...stands],
    },
  ],
  [
    "B2: members end before the last of them is sent",
    {
      scenarios: ["ranges of a header", "ranges of packs, three levels"],
      sites: ["range.claim", "range.send", "release.send", "range.commit"],
      modes: [...dies, ...stands],
    },
  ],
  [
    "B3: a successor is taken up while what released it stands between record and send",
    {
      scenarios: ["callback on another queue", "retried member"],
      sites: ["slot.commit", "slot.wait", "node.send", "retry.send"],
      modes: [...dies, ...stands],
    },
  ],
  [
    "B4: the submit dies at any call",
    {
      scenarios: ["ranges of packs, three levels", "chord of 5"],
      sites: ["head.read", "plan.write", "head.create", "release.send", "range.send"],
      modes: dies,
    },
  ],
  [
    "C1: a worker dies between the last count and the callback's message",
    {
      scenarios: ["callback on another queue", "chord of 9, three levels"],
      sites: ["slot.commit", "tally.arrive", "slot.carry", "node.send"],
      modes: dies,
    },
  ],
  [
    "C5: a queue takes a part of a batch, or takes it and does not say so",
    {
      scenarios: ["chord of 5", "callback on another queue", "retried member"],
      sites: ["release.send", "node.send", "retry.send"],
      modes: ["partial", "throttled", "failed-after"],
    },
  ],
  [
    "C8: several members count themselves last",
    {
      scenarios: ["chord in one batch", "a stalled copy completes the join"],
      sites: ["slot.commit", "tally.arrive"],
      modes: [...stands, ...repeated],
    },
  ],
  [
    "E3: members that end by error, time-out, dead worker or dead letter are settled alike",
    {
      scenarios: [
        "failing member, all-settled",
        "task time-out",
        "chord deadline",
        "task that kills its worker",
        "task kills its worker, dead-lettered",
        "task kills its worker, messages gone",
      ],
    },
  ],
  [
    "E7 F3: the worker is killed",
    { scenarios: ["worker dies once", "worker dies, message gone", "pack of which one lease runs out"] },
  ],
  [
    "E8: an attempt is lost, and the next one succeeds",
    { scenarios: ["worker dies once", "worker dies once, then is slow", "worker dies, message dead-lettered"] },
  ],
  [
    "G9: a process dies between the end of a run and what is told of it",
    {
      scenarios: ["map: revoke of the run", "end of a map not told, message gone"],
      sites: ["head.end", "follow.send"],
      modes: dies,
    },
  ],
  [
    "H3: a process dies between a decision and each of the messages it owes",
    {
      scenarios: ["failing callback", "two failing members", "nested chord"],
      sites: ["node.send", "head.end"],
      modes: dies,
    },
  ],
  [
    "H5: messages vanish",
    {
      scenarios: [
        "lost members",
        "lost packs",
        "lost callback",
        "lost retry",
        "lost ranges",
        "worker dies, message gone",
      ],
    },
  ],
];

it.each(cases)("%s", async (_name, { scenarios: names, sites = [], modes = [] }) => {
  const faults: string[] = [];
  const reached = new Set<string>();
  for (const name of names) {
    const scenario = scenarios.find((candidate) => candidate.name === name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    const clean = await runScenario({ scenario });
    faults.push(...clean.faults.map((fault) => `${name}: ${fault}`));
    for (const call of clean.calls.filter(({ site }) => sites.includes(site))) {
      reached.add(call.site);
      for (const mode of modes.filter((candidate) => applies(candidate, call.kind))) {
        const injected = [{ call: call.number, mode }];
        const outcome = await runScenario({ scenario, injected, ...(clean.state ? { clean: clean.state } : {}) });
        faults.push(...outcome.faults.map((fault) => `${name}, ${mode} at ${call.site}: ${fault}`));
      }
    }
  }
  expect(faults).toEqual([]);
  expect([...reached].sort()).toEqual([...sites].sort());
});
