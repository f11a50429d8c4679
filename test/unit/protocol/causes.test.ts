/**
 * Causes: which is told first, who mends it, and the commands of a shell that do.
 */
import { describe, expect, it } from "vitest";
import { type Cause, causes } from "../../../lib/model/causes.ts";
import { commandsFor, isMendedBySweeper, isWanted, isWrong, worstOf } from "../../../lib/protocol/causes.ts";

const fix = "tutti fix r";
const worker = (role: string) => `tutti worker --only ${role} --tasks FILE`;
const revoke = "tutti revoke 'r/header[3]'";

/** Who ends it: the sweeper, an operator as soon as it is late, nobody since it is wanted; else somebody who looks. */
const table: Readonly<Record<Cause, readonly [who: "sweeper" | "operator" | "wanted" | "", ...commands: string[]]>> = {
  "sweeper-not-running": ["", worker("sweep")],
  "requests-not-read": ["", worker("control")],
  "dead-letters": ["", worker("dead-letter")],
  "queue-missing": ["", "npx cdk deploy", fix],
  "task-unknown": ["operator", worker("tasks"), revoke],
  "task-moved": ["operator", worker("tasks"), revoke],
  "dead-lettered": ["sweeper", fix, worker("dead-letter")],
  "queue-not-read": ["operator", worker("tasks"), revoke],
  "message-lost": ["sweeper", fix],
  "worker-lost": ["sweeper", fix],
  "not-driven": ["sweeper", fix],
  "deadline-passed": ["sweeper", fix],
  "result-too-large": ["", revoke],
  "task-failing": ["", revoke],
  "not-taken": ["", worker("tasks"), revoke],
  unseen: ["", worker("tasks"), revoke],
  "not-sent": ["sweeper", fix, worker("control")],
  "queue-long": ["wanted", worker("tasks"), revoke],
  paused: ["wanted", "tutti resume r"],
  "waits-for-report": ["wanted", "tutti report 'r/header[3]' --succeeded"],
  "runs-long": ["wanted", revoke],
  "map-runs": ["wanted"],
  "waits-for-turn": ["wanted"],
  "waits-for-time": ["wanted"],
  "waits-for-others": ["wanted"],
  "run-failed": ["", "tutti retry r"],
};

describe("a cause", () => {
  it.each(causes)("%s is mended by whom it says, with what it says", (cause) => {
    const [who, ...commands] = table[cause];
    expect(commandsFor(cause, "r", "header[3]")).toEqual(commands);
    expect({ sweeper: isMendedBySweeper(cause), operator: isWrong(cause), wanted: isWanted(cause) }).toEqual({
      sweeper: who === "sweeper",
      operator: who === "operator",
      wanted: who === "wanted",
    });
  });

  it("that is of no task is mended for its run", () => {
    expect(commandsFor("runs-long", "r")).toEqual(["tutti revoke r"]);
    expect(commandsFor("waits-for-report", "r")).toEqual(["tutti report r --succeeded"]);
  });

  it("among others is the worst of them", () => {
    expect(worstOf([])).toBeUndefined();
    expect(worstOf(["runs-long", "worker-lost", "unseen"])).toBe("worker-lost");
    expect(worstOf(["waits-for-time"])).toBe("waits-for-time");
  });
});
