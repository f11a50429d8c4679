import { describe, expect, it } from "vitest";
import type { RunStatus, TaskStatus } from "../../../lib/model/outcome.ts";
import type { Slot } from "../../../lib/protocol/slot.ts";
import { mayStart, taskStatus } from "../../../lib/protocol/status.ts";
import { absent, failedSlot, leased, queued, succeeded, waiting } from "./support.ts";

describe("taskStatus while the run is going on", () => {
  const rows: [name: string, slot: Slot, released: boolean, status: TaskStatus][] = [
    ["nothing stored, not released", absent, false, "WAITING"],
    ["nothing stored, released", absent, true, "QUEUED"],
    ["sent again", queued(), true, "QUEUED"],
    ["leased", leased(), true, "RUNNING"],
    ["waiting after an attempt", waiting(), true, "RETRYING"],
    ["waiting for its first time", waiting({ attempt: 0, timer: true }), true, "WAITING"],
    ["succeeded", succeeded(), true, "SUCCEEDED"],
    ["failed", failedSlot, true, "FAILED"],
    ["timed out", { ...failedSlot, status: "TIMED_OUT" }, true, "TIMED_OUT"],
    ["revoked", { ...failedSlot, status: "REVOKED" }, true, "REVOKED"],
    ["sent again, by a release that is not known any more", queued(), false, "QUEUED"],
    ["revoked before it was begun", { ...failedSlot, status: "REVOKED", attempt: 0 }, true, "REVOKED"],
    [
      "revoked before it was begun, for another task",
      { ...failedSlot, status: "REVOKED", attempt: 0, error: { name: "Error", message: "", taskId: "r/x" } },
      true,
      "REVOKED",
    ],
    [
      "it ran, and failed for what another task did",
      { ...failedSlot, error: { name: "Error", message: "broken", taskId: "r/x" } },
      true,
      "FAILED",
    ],
    [
      "failed before it was begun, nobody says why",
      { ...failedSlot, attempt: 0, error: undefined } as never,
      true,
      "FAILED",
    ],
    ["given up, never started, with an error of its own", { ...failedSlot, attempt: 0 }, true, "FAILED"],
    [
      "its slot holds the failure of another task, and it never ran",
      { ...failedSlot, attempt: 0, error: { name: "Error", message: "broken", taskId: "r/x" } },
      true,
      "SKIPPED",
    ],
  ];

  it.each(rows)("S10: %s", (_, slot, released, status) => {
    expect(taskStatus(slot, "RUNNING", released, false)).toBe(status);
  });
});

describe("taskStatus after the end", () => {
  const open: [name: string, slot: Slot][] = [
    ["absent", absent],
    ["queued", queued()],
    ["leased", leased()],
    ["waiting", waiting()],
  ];
  const ends: [run: RunStatus, status: TaskStatus][] = [
    ["SUCCEEDED", "SKIPPED"],
    ["FAILED", "SKIPPED"],
    ["TIMED_OUT", "TIMED_OUT"],
    ["REVOKED", "REVOKED"],
  ];

  for (const [run, status] of ends) {
    it.each(open)(`S10: %s in a run that ended ${run} is ${status}`, (_, slot) => {
      expect(taskStatus(slot, run, true, false)).toBe(status);
    });

    it(`S10: an outcome in a run that ended ${run} stays what it is`, () => {
      expect(taskStatus(succeeded(), run, true, false)).toBe("SUCCEEDED");
      expect(taskStatus(failedSlot, run, true, false)).toBe("FAILED");
    });
  }

  const branch: [name: string, slot: Slot, run: RunStatus, released: boolean, status: TaskStatus][] = [
    ["released, FAILED: still on its way", absent, "FAILED", true, "QUEUED"],
    ["leased, FAILED: still running", leased(), "FAILED", true, "RUNNING"],
    ["waiting, FAILED: still retrying", waiting(), "FAILED", true, "RETRYING"],
    ["released, TIMED_OUT: still on its way", absent, "TIMED_OUT", true, "QUEUED"],
    ["never released, FAILED: skipped", absent, "FAILED", false, "SKIPPED"],
    ["never released, SUCCEEDED: skipped", absent, "SUCCEEDED", false, "SKIPPED"],
    ["released, REVOKED: revoked too", leased(), "REVOKED", true, "REVOKED"],
  ];

  it.each(branch)("S9: an error branch %s", (_, slot, run, released, status) => {
    expect(taskStatus(slot, run, released, true)).toBe(status);
  });
});

describe("mayStart", () => {
  const rows: [run: RunStatus, afterEnd: boolean, may: boolean][] = [
    ["RUNNING", false, true],
    ["RUNNING", true, true],
    ["SUCCEEDED", false, false],
    ["SUCCEEDED", true, true],
    ["FAILED", false, false],
    ["FAILED", true, true],
    ["TIMED_OUT", false, false],
    ["TIMED_OUT", true, true],
    ["REVOKED", false, false],
    ["REVOKED", true, false],
  ];

  it.each(rows)("S9: run %s, error branch %s: %s", (run, afterEnd, may) => {
    expect(mayStart({ status: run }, afterEnd)).toBe(may);
    expect(mayStart({ status: run, pausedAtMs: 1 }, afterEnd)).toBe(false);
    expect(mayStart({ status: run, removeAtMs: 1 }, afterEnd)).toBe(false);
    expect(mayStart({ status: run, removedAtMs: 1 }, afterEnd)).toBe(false);
  });
});
