/**
 * Scenarios of commands of the CLI, which die at any of their calls as every process does, and are typed again.
 */
import { fails, onError, one, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const mended = (value: number) => ({ task: "mended", args: [value] });
const slow = (seconds: number, value: number) => ({ task: "slow", args: [seconds, value] });
/** Longer than any process stands still; and few calls that only keep a lease. */
const leases = { leaseSeconds: 300 };
const plus = (more: number) => ({ task: "plus", args: [more] });

export const commandScenarios: readonly Scenario[] = [
  {
    name: "command: revoke a run",
    workflow: { chain: [slow(400, 1), one(2)] },
    settings: leases,
    operations: [
      { command: ["revoke", "run-1", "--yes", "--reason", "wrong input"], atStartOf: "[0]", afterSeconds: 5 },
    ],
    status: "REVOKED",
    open: true,
  },
  {
    name: "command: revoke a member",
    workflow: settledChord(one(1), slow(400, 2), one(3)),
    settings: leases,
    operations: [{ command: ["revoke", "run-1/header[1]", "--yes"], atStartOf: "header[1]", afterSeconds: 5 }],
    status: "SUCCEEDED",
    value: [1, "REVOKED", 3],
  },
  {
    name: "command: revoke a chord",
    workflow: settledChord(settledChord(one(1), slow(400, 2)), one(3)),
    settings: leases,
    operations: [{ command: ["revoke", "run-1", "--task", "header[0]", "--yes"], atStartOf: "header[0]/header[1]" }],
    status: "SUCCEEDED",
    open: true,
  },
  {
    name: "command: retry",
    workflow: { chord: { header: [one(1), mended(2), one(3)], callback: sum } },
    operations: [{ command: ["retry", "run-1"] }],
    status: "SUCCEEDED",
    value: 6,
    open: true,
  },
  {
    name: "command: retry with other arguments",
    workflow: { chain: [one(1), plus(2)] },
    operations: [{ command: ["retry", "run-1", "--args", "[1]=[10]"] }],
    status: "SUCCEEDED",
    value: 11,
  },
  {
    name: "command: clean",
    workflow: { chord: { header: [slow(20, 1), fails, one(3)], callback: sum, onError } },
    sweeper: true,
    operations: [{ command: ["clean", "run-1", "--yes"], atStartOf: "onError", afterSeconds: 1 }],
    status: "FAILED",
    ends: "removed",
  },
  {
    name: "command: clean a run that runs",
    workflow: { chain: [slow(400, 1), one(2)] },
    settings: leases,
    sweeper: true,
    operations: [{ command: ["clean", "run-1", "--force"], atStartOf: "[0]", afterSeconds: 5 }],
    status: "REVOKED",
    ends: "removed",
  },
  {
    name: "command: fix a run whose message is lost",
    workflow: { chain: [one(1), plus(2)] },
    base: [{ site: "release.send", mode: "lost" }],
    operations: [{ command: ["fix", "run-1", "--yes"], afterSeconds: 600 }],
    status: "SUCCEEDED",
    value: 3,
  },
  {
    name: "command: fix all that is stuck",
    workflow: { chord: { header: [one(1), one(2), one(3)], callback: sum } },
    shape: { leafSize: 2, fan: 2 },
    base: [{ site: "release.send", mode: "lost" }],
    operations: [{ command: ["fix", "--yes"], afterSeconds: 3600 }],
    status: "SUCCEEDED",
    value: 6,
  },
];
