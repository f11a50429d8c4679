/**
 * What is waited for, put in words: counts, members folded, the worst first, and the commands that mend it.
 */
import { describe, expect, it } from "vitest";
import type { Cause } from "../../../lib/model/causes.ts";
import type { Image } from "../../../lib/ports/store.ts";
import type { Finding } from "../../../lib/protocol/findings.ts";
import { snapshotOf } from "../../../lib/protocol/snapshot.ts";
import { causeOf, type Found, type Missing, membersText, ofFinding, waitOf } from "../../../lib/protocol/wait.ts";
import { headOf, joinOfSize, planOf } from "./support.ts";

const finding = (more: Partial<Finding>): Finding => ({
  kind: "failure-not-driven",
  sinceMs: 7000,
  explanation: "it has not followed",
  repair: { do: "drive-join", join: "." },
  ...more,
});
const missing = (cause: Cause, path = "header[0]"): Missing => ({
  path,
  where: "queued",
  cause,
  why: `${cause}!`,
  sinceMs: 5000,
});
const group = (cause: Cause, members: string, count = 1) => {
  const { path: _path, sinceMs: _sinceMs, ...rest } = missing(cause);
  return { ...rest, members, count };
};
const found = (more: Partial<Found>): Found => ({
  cause: "unseen",
  join: ".",
  kind: "chord",
  sinceMs: 5000,
  expected: 4,
  arrived: 1,
  missing: [],
  missingCount: 3,
  groups: [],
  firsts: [],
  own: undefined,
  faultSinceMs: undefined,
  ...more,
});
const text = (more: Partial<Found>) => waitOf(found(more), "r", []).explanation;

describe("the words of a wait", () => {
  it("count what has arrived and name what is missing", () => {
    expect(text({ groups: [group("unseen", "header[1]"), group("paused", "header[2..3]", 2)] })).toBe(
      "1 of 4 members have arrived, 3 missing: header[1] is queued: unseen!; header[2..3] are queued: paused!",
    );
  });

  it("name three reasons, and count the others", () => {
    const groups = ["unseen", "paused", "runs-long", "queue-long", "map-runs"] as const;
    const told = groups.map((cause, i) => group(cause, `[${i}]`));
    expect(text({ groups: told.slice(0, 3) })).not.toContain("other reasons");
    expect(text({ groups: told.slice(0, 4) })).toMatch(/\[2\] is queued: runs-long!; and 1 other reasons$/);
    expect(text({ groups: told })).toMatch(/\[2\] is queued: runs-long!; and 2 other reasons$/);
  });

  it("say that all have arrived, of what no join waits for nothing", () => {
    const groups = [group("unseen", "callback")];
    expect(text({ arrived: 4, missingCount: 1, groups })).toBe(
      "all 4 members have arrived: callback is queued: unseen!",
    );
    expect(text({ join: null, arrived: 0, expected: 1, groups })).toBe("callback is queued: unseen!");
  });

  it("end with what was found of the join itself", () => {
    expect(text({ own: finding({}), arrived: 4 })).toBe("all 4 members have arrived: it has not followed");
    expect(text({ own: finding({}), groups: [group("unseen", "[1]")] })).toMatch(/unseen!; it has not followed$/);
  });
});

describe("the commands of a wait", () => {
  const fix = (more: Partial<Found>, children: string[] = []) => waitOf(found(more), "r", children).fix;

  it("mend the worst first, and each is told once", () => {
    const firsts = [missing("paused"), missing("message-lost"), missing("unseen", "header[2]"), missing("worker-lost")];
    expect(fix({ firsts })).toEqual([
      "tutti fix r",
      "tutti worker --only tasks --tasks FILE",
      "tutti revoke 'r/header[2]'",
      "tutti resume r",
    ]);
    expect(fix({ firsts: firsts.toReversed() })).toEqual(fix({ firsts }));
  });

  it("look into the runs of its maps, and mend what was found of the join itself", () => {
    expect(fix({ firsts: [missing("map-runs")] }, ["map-1", "map-2"])).toEqual([
      "tutti check map-1",
      "tutti check map-2",
    ]);
    expect(fix({ firsts: [missing("paused")], own: finding({}) })).toEqual(["tutti resume r", "tutti fix r"]);
  });

  it("are five at most", () => {
    const children = ["1", "2", "3", "4", "5", "6"].map((one) => `map-${one}`);
    expect(fix({ firsts: [missing("map-runs")] }, children)).toHaveLength(5);
  });
});

it("a wait says since when it is an issue, where it is one, and nothing of how it was found", () => {
  const { firsts: _firsts, own: _own, faultSinceMs: _fault, ...plain } = found({});
  const words = { explanation: "1 of 4 members have arrived, 3 missing: ", fix: [] };
  expect(waitOf(found({}), "r", [])).toStrictEqual({ ...plain, ...words });
  expect(waitOf(found({ faultSinceMs: 6000 }), "r", [])).toStrictEqual({ ...plain, ...words, faultSinceMs: 6000 });
});

it("members are told by number, those of a dag by name", () => {
  expect(membersText(joinOfSize(9), [], [0, 1, 2, 5])).toBe("header[0..2,5]");
  expect(membersText(joinOfSize(9, { kind: "group", id: "[3]" }), [], [4])).toBe("[3]/[4]");
  const sources = [
    { kind: "node", node: "load" },
    { kind: "join", join: "checks" },
    { kind: "item", value: 1 },
  ] as const;
  expect(membersText(joinOfSize(3, { kind: "dag" }), sources, [0, 1, 2])).toBe("load, checks, 2");
});

describe("a finding of what nothing waits for", () => {
  it.each<[Finding["kind"], Cause]>([
    ["join-deadline-passed", "deadline-passed"],
    ["run-deadline-passed", "deadline-passed"],
    ["end-missing", "not-driven"],
    ["unseen", "not-driven"],
  ])("%s has the cause %s", (kind, cause) => {
    expect(causeOf(finding({ kind }))).toBe(cause);
  });

  const workflow = { chord: { header: [{ task: "a" }, { task: "b" }], callback: { task: "c" } } };
  const told = (one: Finding, images: Readonly<Record<string, Image>> = {}) => {
    const items = Object.entries(images).map(([sk, image]) => ({ key: { pk: "r", sk }, image }));
    return ofFinding(snapshotOf(headOf(), planOf(workflow), items), one);
  };
  const nothing = { missing: [], missingCount: 0, groups: [] };

  it("is told of its join, since its decision", () => {
    const about = {
      cause: "not-driven",
      join: ".",
      kind: "chord",
      sinceMs: 7000,
      expected: 2,
      arrived: 2,
      ...nothing,
      explanation: "r/.: it has not followed",
      fix: ["tutti fix r"],
      faultSinceMs: 7000,
    };
    expect(told(finding({ join: "." }))).toEqual(about);
    const top = { "tally#.#0#0": { g: 1, remaining: 0, lastBy: "w", lastAt: 6000 } };
    expect(told(finding({ join: "." }), top)).toEqual({ ...about, sinceMs: 6000 });
  });

  it("is told of its task, or of the run", () => {
    expect(told(finding({ node: "callback" }))).toMatchObject({
      join: null,
      kind: null,
      expected: 1,
      arrived: 0,
      explanation: "r/callback: it has not followed",
    });
    expect(told(finding({})).explanation).toBe("it has not followed");
  });
});
